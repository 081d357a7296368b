/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/smp_areas.h"

#include "lib/string.h"

#define WORDS (sizeof(struct smp_area) / sizeof(uint64_t))

void area_fill(struct vcpu_pages *own, unsigned n)
{
	volatile uint64_t *words = (uint64_t *)&own->area[n];

	for (unsigned i = 0; i < WORDS; i++)
		words[i] = own->noise + n;
}

void areas_reset(struct run *run)
{
	for (unsigned id = 0; id < run->vcpus; id++) {
		vcpu_pages(id)->noise = random64();
		area_fill(vcpu_pages(id), 0);
		area_fill(vcpu_pages(id), 1);
	}
}

void expect_area_kept(struct run *run, unsigned id, unsigned n)
{
	const volatile uint64_t *words = (uint64_t *)&vcpu_pages(id)->area[n];

	for (unsigned i = 0; i < WORDS; i++) {
		if (words[i] == vcpu_pages(id)->noise + n)
			continue;
		fail_check(run, "area %u of vCPU %u: wanted nothing written there, got byte %#x", n,
			   id, i * 8);
		return;
	}
}

bool needs_renewals(struct run *run)
{
	return time_msr() || needs(run, KVM_FEATURE_STEAL_TIME);
}

bool start_own_time(struct run *run, struct vcpu_pages *own, unsigned n)
{
	return set_msr(run, time_msr(), own_gpa(&own->area[n].time) | KVM_MSR_ENABLED);
}

/* KS3: the guest makes it of zeros. */
bool start_own_steal(struct run *run, struct vcpu_pages *own, unsigned n)
{
	memset(&own->area[n].steal, 0, sizeof(own->area[n].steal));
	return set_msr(run, KVM_MSR_STEAL_TIME, own_gpa(&own->area[n].steal) | KVM_MSR_ENABLED);
}

void stop_own(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	if (time_msr())
		time_stop(run);
	if (has_feature(KVM_FEATURE_STEAL_TIME))
		set_msr(run, KVM_MSR_STEAL_TIME, 0);
}
