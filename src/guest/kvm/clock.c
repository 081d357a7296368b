/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/clock.h"

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "x86/deadline.h"
#include "x86/insn.h"

#define TRIES         1000 /* of a structure that the host may be writing */
#define UNUSED_PORT   0x80
#define LATER_UPDATES 16 /* that may come between a registration and the look at it */

uint32_t time_msr(void)
{
	if (has_feature(KVM_FEATURE_CLOCKSOURCE2))
		return KVM_MSR_SYSTEM_TIME;
	return has_feature(KVM_FEATURE_CLOCKSOURCE) ? KVM_MSR_SYSTEM_TIME_OLD : 0;
}

uint32_t wall_msr(void)
{
	if (has_feature(KVM_FEATURE_CLOCKSOURCE2))
		return KVM_MSR_WALL_CLOCK;
	return has_feature(KVM_FEATURE_CLOCKSOURCE) ? KVM_MSR_WALL_CLOCK_OLD : 0;
}

bool needs_clock(struct run *run)
{
	return time_msr() || needs(run, KVM_FEATURE_CLOCKSOURCE2);
}

bool time_start(struct run *run, unsigned page, unsigned offset)
{
	return set_msr(run, time_msr(), gpa_at(page, offset) | KVM_MSR_ENABLED);
}

bool time_stop(struct run *run)
{
	return set_msr(run, time_msr(), 0);
}

void make_exit(void)
{
	inb(UNUSED_PORT);
}

void *page_at(unsigned page, unsigned offset)
{
	return page_bytes(page) + offset;
}

uint64_t gpa_at(unsigned page, unsigned offset)
{
	return page_gpa(page) + offset;
}

/* Copies @words dwords from @from while the structure's @version stays, and is even. */
static bool snapshot(struct run *run, const volatile uint32_t *version,
		     const volatile uint32_t *from, uint32_t *to, unsigned words,
		     struct patience patience)
{
	do {
		uint32_t before = *version;

		for (unsigned k = 0; k < words; k++)
			to[k] = from[k];
		if (!(before & 1) && *version == before)
			return true;
	} while (is_patient(&patience));
	fail_check(run, "version: wanted an even one that stays, got %#x", *version);
	return false;
}

static bool time_copy(struct run *run, const time_info *info, struct pvclock_vcpu_time_info *copy,
		      struct patience patience)
{
	return snapshot(run, &info->version, (const volatile uint32_t *)info, (uint32_t *)copy,
			sizeof(*copy) / sizeof(uint32_t), patience);
}

bool time_snapshot(struct run *run, const time_info *info, struct pvclock_vcpu_time_info *copy)
{
	return time_copy(run, info, copy, patience_of(0, TRIES));
}

bool time_snapshot_of_other(struct run *run, const time_info *info,
			    struct pvclock_vcpu_time_info *copy)
{
	return time_copy(run, info, copy, be_patient());
}

bool steal_snapshot(struct run *run, const steal_info *info, uint64_t *steal)
{
	return snapshot(run, &info->version, (const volatile uint32_t *)&info->steal,
			(uint32_t *)steal, sizeof(*steal) / sizeof(uint32_t),
			patience_of(0, TRIES));
}

uint64_t time_at(const struct pvclock_vcpu_time_info *info, uint64_t tsc)
{
	uint64_t delta = tsc - info->tsc_timestamp;
	int shift = info->tsc_shift;

	delta = shift < 0 ? delta >> (-shift & 63) : delta << (shift & 63);
	return info->system_time +
	       (uint64_t)((unsigned __int128)delta * info->tsc_to_system_mul >> 32);
}

bool time_now(struct run *run, const time_info *info, uint64_t *ns)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct pvclock_vcpu_time_info copy;
		uint64_t tsc;

		if (!time_snapshot(run, info, &copy))
			return false;
		tsc = rdtsc();
		*ns = time_at(&copy, tsc);
		if (info->version == copy.version)
			return true;
	}
	fail_check(run, "version: wanted it to stay within %u reads", TRIES);
	return false;
}

uint32_t next_version(uint32_t old)
{
	return ((old + 1) | 1) + 1;
}

bool is_later_version(uint32_t version, uint32_t old)
{
	uint32_t updates = version - next_version(old);

	return updates % 2 == 0 && updates <= 2 * LATER_UPDATES;
}
