/* SPDX-License-Identifier: GPL-2.0-only */
/* KS6, KS8: steal time of vCPUs that run, and what others see of it. */
#include "guest/kvm/smp_areas.h"

#define SAMPLES 50
#define EXITS   60 /* in which hosts that write steal time at exits have done so */

static void start_steal(struct run *run, struct vcpu_pages *own)
{
	start_own_steal(run, own, 0);
}

/* KS8: a vCPU that looks at its own byte runs; another one may not. */
static void look_at_bytes(struct run *run, struct vcpu_pages *own)
{
	const unsigned next = (this_cpu()->id + 1) % run->vcpus;
	const steal_info *other = &vcpu_pages(next)->area[0].steal;
	const unsigned bits = KVM_VCPU_PREEMPTED |
			      (has_feature(KVM_FEATURE_PV_TLB_FLUSH) ? KVM_VCPU_FLUSH_TLB : 0);

	for (unsigned i = 0; i < SAMPLES && !run->failed; i++) {
		unsigned byte;

		make_exit();
		expect_equal(run, "its own preempted",
			     ((steal_info *)&own->area[0].steal)->preempted, 0);
		byte = other->preempted;
		expect(run, !(byte & ~bits), "preempted of vCPU %u: wanted no bit but %#x, got %#x",
		       next, bits, byte);
	}
}

static void preempted(struct run *run)
{
	if (!needs(run, KVM_FEATURE_STEAL_TIME))
		return;
	areas_reset(run);
	if (on_each_vcpu(run, start_steal))
		on_each_vcpu(run, look_at_bytes);
	on_each_vcpu(run, stop_own);
}

/* Moves all that the host renews, and then fills the old place. */
static void move(struct run *run, struct vcpu_pages *own)
{
	for (unsigned n = 0; n < 2; n++) {
		if (time_msr())
			start_own_time(run, own, n);
		if (has_feature(KVM_FEATURE_STEAL_TIME))
			start_own_steal(run, own, n);
	}
	area_fill(own, 0);
}

static void make_exits(struct run *run, struct vcpu_pages *own)
{
	(void)run;
	(void)own;
	for (unsigned i = 0; i < EXITS; i++)
		make_exit();
}

/* KS6, KT3: whatever other vCPUs do, old places are left alone. */
static void moved(struct run *run)
{
	if (!needs_renewals(run))
		return;
	areas_reset(run);
	if (on_each_vcpu(run, move))
		on_each_vcpu(run, make_exits);
	for (unsigned id = 0; id < run->vcpus; id++)
		expect_area_kept(run, id, 0);
	on_each_vcpu(run, stop_own);
}

static const struct check checks[] = {
	{"smp.moved", "KS6", CHECK_VCPUS, .body = moved},
	{"smp.preempted", "KS8", CHECK_VCPUS, .body = preempted},
};

const struct area smp_steal_area = AREA(checks);
