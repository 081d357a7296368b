/* SPDX-License-Identifier: GPL-2.0-only */
/* KR1: an INIT ends what a vCPU has registered. */
#include "guest/kvm/smp_areas.h"

#define EXITS 200

#define VECTOR 0x80

/* Of an MSR with the gpa of a structure: bit 0, and where that is in struct smp_area. */
#define ENABLED(member) (KVM_MSR_ENABLED | offsetof(struct smp_area, member))

/* The MSRs that are 0 afterwards.  What they were before makes the host write, if it can. */
static const struct {
	uint32_t msr;
	uint16_t before;
	uint8_t feature;
} lost[] = {
	{KVM_MSR_SYSTEM_TIME, ENABLED(time), KVM_FEATURE_CLOCKSOURCE2},
	{KVM_MSR_ASYNC_PF_EN, ENABLED(apf), KVM_FEATURE_ASYNC_PF},
	{KVM_MSR_STEAL_TIME, ENABLED(steal), KVM_FEATURE_STEAL_TIME},
	{KVM_MSR_PV_EOI_EN, ENABLED(eoi), KVM_FEATURE_PV_EOI},
	{KVM_MSR_ASYNC_PF_INT, VECTOR, KVM_FEATURE_ASYNC_PF_INT},
	{KVM_MSR_POLL_CONTROL, 0, KVM_FEATURE_POLL_CONTROL},
};

#define LOST (sizeof(lost) / sizeof(lost[0]))

/* The last vCPU gets the INIT. */
static bool gets_init(const struct run *run)
{
	return this_cpu()->id == run->vcpus - 1;
}

/* The EOI word must be 0, and so must what steal time adds to. */
static void register_all(struct run *run, struct vcpu_pages *own)
{
	if (!gets_init(run))
		return;
	own->area[0].eoi = 0;
	for (unsigned i = 0; i < LOST; i++) {
		uint64_t value = lost[i].before;

		if (value & KVM_MSR_ENABLED)
			value += own_gpa(&own->area[0]);
		if (has_feature(lost[i].feature))
			set_msr(run, lost[i].msr, value);
	}
}

static void look_after_init(struct run *run, struct vcpu_pages *own)
{
	if (gets_init(run)) {
		area_fill(own, 0);
		for (unsigned i = 0; i < LOST; i++) {
			if (has_feature(lost[i].feature))
				expect_msr(run, lost[i].msr, 0);
		}
	}
	for (unsigned i = 0; i < EXITS; i++)
		make_exit();
}

/* As before, so that later checks find what a vCPU has at first. */
static void end(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	if (!gets_init(run))
		return;
	for (unsigned i = 0; i < LOST; i++) {
		if (lost[i].before & KVM_MSR_ENABLED && has_feature(lost[i].feature))
			set_msr(run, lost[i].msr, 0);
	}
	if (has_feature(KVM_FEATURE_POLL_CONTROL))
		set_msr(run, KVM_MSR_POLL_CONTROL, 1);
}

static void init(struct run *run)
{
	const unsigned id = run->vcpus - 1;

	if (!needs_renewals(run))
		return;
	areas_reset(run);
	if (!on_each_vcpu(run, register_all))
		return;
	if (!smp_restart(smp_cpu(id))) {
		fail_check(run, "vCPU %u: wanted it to start after INIT and start-up IPI", id);
		return;
	}
	on_each_vcpu(run, look_after_init);
	expect_area_kept(run, id, 0);
	expect_area_kept(run, id, 1);
	on_each_vcpu(run, end);
}

static const struct check checks[] = {
	{"smp.init", "KR1", CHECK_VCPUS, .body = init},
};

const struct area smp_init_area = AREA(checks);
