/* SPDX-License-Identifier: GPL-2.0-only */
/* KD4, KM1, KW3, KR2: what each vCPU has for itself, and what all have in common. */
#include "guest/abi.h"
#include "guest/kvm/smp_areas.h"
#include "lib/string.h"
#include "x86/insn.h"

/* Exits: in each of PERIODS a host that renews without a reason has done so. */
#define EXITS   40
#define PERIODS 6

/* KD4: each vCPU sees what discovery saw. */
static void read_cpuid(struct run *run, struct vcpu_pages *own)
{
	struct cpuid_regs r = cpuid(kvm_found.base, 0);

	(void)own;
	expect_hypervisor_bit(run);
	expect(run, is_signature(&r), "leaf %#x: wanted the signature", kvm_found.base);
	expect_features(run);
}

static void same_cpuid(struct run *run)
{
	on_each_vcpu(run, read_cpuid);
}

/* ---- KM1: values ---- */

/* With none of these the host writes or sends anything. */
static uint64_t own_value(const struct vcpu_pages *own, uint32_t msr)
{
	if (msr == KVM_MSR_POLL_CONTROL)
		return this_cpu()->id % 2;
	return msr == KVM_MSR_ASYNC_PF_INT ? this_cpu()->id % 256 : own_gpa(&own->area[0]);
}

static bool is_per_vcpu(const struct kvm_msr *msr)
{
	switch (msr->number) {
	case KVM_MSR_WALL_CLOCK_OLD:
	case KVM_MSR_WALL_CLOCK:
	case KVM_MSR_ASYNC_PF_ACK:
	case KVM_MSR_MIGRATION_CONTROL:
		return false;
	}
	return has_feature(msr->feature);
}

static void write_values(struct run *run, struct vcpu_pages *own)
{
	for (unsigned i = 0; i < MSRS; i++) {
		if (is_per_vcpu(&kvm_msrs[i]))
			set_msr(run, kvm_msrs[i].number, own_value(own, kvm_msrs[i].number));
	}
}

static void read_values(struct run *run, struct vcpu_pages *own)
{
	for (unsigned i = 0; i < MSRS; i++) {
		if (is_per_vcpu(&kvm_msrs[i]))
			expect_msr(run, kvm_msrs[i].number, own_value(own, kvm_msrs[i].number));
	}
}

static void clear_values(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	for (unsigned i = 0; i < MSRS; i++) {
		uint32_t msr = kvm_msrs[i].number;

		if (is_per_vcpu(&kvm_msrs[i]))
			set_msr(run, msr, msr == KVM_MSR_POLL_CONTROL);
	}
}

/* KM1: each vCPU reads what it has written itself. */
static void values(struct run *run)
{
	if (on_each_vcpu(run, write_values))
		on_each_vcpu(run, read_values);
	on_each_vcpu(run, clear_values);
}

/* ---- the wall clock, which all have in common ---- */

static struct pvclock_wall_clock *own_wall(struct vcpu_pages *own)
{
	return (struct pvclock_wall_clock *)&own->area[0];
}

static void ask_wall(struct run *run, struct vcpu_pages *own)
{
	own_wall(own)->version = 0;
	set_msr(run, wall_msr(), own_gpa(own_wall(own)));
}

static void ask_wall_if_last(struct run *run, struct vcpu_pages *own)
{
	if (this_cpu()->id == run->vcpus - 1)
		ask_wall(run, own);
}

/* KM1: there is one MSR for all. */
static void read_wall(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	expect_msr(run, wall_msr(), own_gpa(own_wall(vcpu_pages(run->vcpus - 1))));
}

/* KW3: any vCPU may ask, and gets the same moment. */
static void wall_clock(struct run *run)
{
	const struct pvclock_wall_clock *first = own_wall(vcpu_pages(0));

	if (!needs_clock(run))
		return;
	areas_reset(run);
	if (!on_each_vcpu(run, ask_wall))
		return;
	for (unsigned id = 1; id < run->vcpus; id++)
		expect_same_moment(run, first, own_wall(vcpu_pages(id)));
	if (on_each_vcpu(run, ask_wall_if_last))
		on_each_vcpu(run, read_wall);
}

/* ---- KR2: registrations ---- */

/* The vCPUs that stay registered: those with even numbers, or the others. */
static unsigned staying;

static bool stays(void)
{
	return this_cpu()->id % 2 == staying;
}

static void start_both(struct run *run, struct vcpu_pages *own)
{
	if (time_msr())
		start_own_time(run, own, 0);
	if (has_feature(KVM_FEATURE_STEAL_TIME))
		start_own_steal(run, own, 0);
}

/* Counts the periods in which the host has renewed each. */
struct renewals {
	unsigned time, steal;
};

static struct renewals count_renewals(const struct vcpu_pages *own)
{
	const time_info *time = &own->area[0].time;
	const steal_info *steal = &own->area[0].steal;
	struct renewals n = {0, 0};

	for (unsigned i = 0; i < PERIODS; i++) {
		uint32_t time_before = time->version, steal_before = steal->version;

		for (unsigned k = 0; k < EXITS; k++)
			make_exit();
		n.time += time->version != time_before;
		n.steal += steal->version != steal_before;
	}
	return n;
}

static void start_staying(struct run *run, struct vcpu_pages *own)
{
	struct renewals n;

	if (!stays())
		return;
	start_both(run, own);
	n = count_renewals(own);
	own->renews_time = n.time == PERIODS;
	own->renews_steal = n.steal == PERIODS;
}

static void expect_registered(struct run *run, const struct vcpu_pages *own)
{
	struct renewals n = count_renewals(own);

	if (time_msr())
		expect_msr(run, time_msr(), own_gpa(&own->area[0].time) | KVM_MSR_ENABLED);
	if (has_feature(KVM_FEATURE_STEAL_TIME))
		expect_msr(run, KVM_MSR_STEAL_TIME, own_gpa(&own->area[0].steal) | KVM_MSR_ENABLED);
	expect(run, n.time || !own->renews_time, "its clock: wanted it renewed, as before");
	expect(run, n.steal || !own->renews_steal, "its steal time: wanted it renewed, as before");
}

static void start_others(struct run *run, struct vcpu_pages *own)
{
	if (!stays())
		start_both(run, own);
}

static void stop_others(struct run *run, struct vcpu_pages *own)
{
	if (stays())
		return;
	stop_own(run, own);
	area_fill(own, 0);
}

/* The others make exits, too: they have nothing registered. */
static void look_at_staying(struct run *run, struct vcpu_pages *own)
{
	if (stays())
		expect_registered(run, own);
	else
		count_renewals(own);
}

/* KR2: whether others register, or end that, a vCPU's clock and steal time stay as they are. */
static void registered(struct run *run)
{
	if (!needs_renewals(run))
		return;
	for (staying = 0; staying < 2 && !run->failed; staying++) {
		areas_reset(run);
		if (on_each_vcpu(run, start_staying) && on_each_vcpu(run, start_others) &&
		    on_each_vcpu(run, look_at_staying) && on_each_vcpu(run, stop_others))
			on_each_vcpu(run, look_at_staying);
		for (unsigned id = 0; id < run->vcpus; id++) {
			expect_area_kept(run, id, 1);
			if (id % 2 != staying)
				expect_area_kept(run, id, 0);
		}
		on_each_vcpu(run, stop_own);
	}
}

/* ---- another ABI on the same vCPUs ---- */

static void register_beside(struct run *run, const struct guest_abi *abi)
{
	abi->map_pages();
	for (staying = 0; staying < 2 && !run->failed; staying++) {
		abi->beside->prepare(run);
		areas_reset(run);
		if (on_each_vcpu(run, abi->beside->begin) && on_each_vcpu(run, start_staying) &&
		    on_each_vcpu(run, abi->beside->expect_kept) &&
		    on_each_vcpu(run, abi->beside->begin))
			on_each_vcpu(run, look_at_staying);
		on_each_vcpu(run, stop_own);
		if (!run->failed)
			on_each_vcpu(run, abi->beside->expect_kept);
	}
	run->abi->map_pages();
}

/* KR2: what a vCPU registers by another ABI changes nothing here, and the other way round. */
static void beside(struct run *run)
{
	const struct guest_abi *abi;

	if (!needs_renewals(run))
		return;
	skip(run, "no host of another ABI");
	EACH_ABI (abi) {
		if (abi == run->abi || !abi->beside || !abi->host->present)
			continue;
		run->skip_reason = NULL;
		register_beside(run, abi);
	}
	cpuid(kvm_found.base, 0); /* from here on all calls are this ABI's again */
}

static const struct check checks[] = {
	{"smp.cpuid", "KD4", CHECK_VCPUS, .body = same_cpuid},
	{"smp.values", "KM1", CHECK_VCPUS, .body = values},
	{"smp.wall-clock", "KW3", CHECK_VCPUS, .body = wall_clock},
	{"smp.registered", "KR2", CHECK_VCPUS, .body = registered},
	{"smp.beside", "KR2", CHECK_VCPUS, .body = beside},
};

const struct area smp_msr_area = AREA(checks);
