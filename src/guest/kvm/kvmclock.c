/* SPDX-License-Identifier: GPL-2.0-only */
/* KT: what a registration of the system time writes, and where. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "lib/string.h"
#include "x86/defs.h"

#define LINE   64 /* bytes of a cache line */
#define SIZE   sizeof(struct pvclock_vcpu_time_info)
#define OFFSET 0x100

/* Registers @offset of page A with what is there, and turns it off again. */
static bool fill(struct run *run, uint32_t msr, unsigned offset)
{
	return set_msr(run, msr, gpa_at(PAGE_A, offset) | KVM_MSR_ENABLED) && set_msr(run, msr, 0);
}

/* KT1: one update, or a few. */
static void expect_versions(struct run *run, uint32_t msr)
{
	static const uint32_t old[] = {0, 4, 5, 0x5a5a5a5a, UINT32_MAX};
	struct pvclock_vcpu_time_info *info = page_at(PAGE_A, OFFSET);

	for (unsigned i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		refill();
		info->version = old[i];
		if (!fill(run, msr, OFFSET))
			return;
		expect(run, is_later_version(info->version, old[i]),
		       "version after %#x: wanted %#x, got %#x", old[i], next_version(old[i]),
		       info->version);
		expect(run, info->tsc_to_system_mul, "tsc_to_system_mul: wanted a number, got 0");
	}
}

static void version(struct run *run)
{
	if (needs(run, KVM_FEATURE_CLOCKSOURCE2))
		expect_versions(run, KVM_MSR_SYSTEM_TIME);
}

static void old_number(struct run *run)
{
	if (needs(run, KVM_FEATURE_CLOCKSOURCE))
		expect_versions(run, KVM_MSR_SYSTEM_TIME_OLD);
}

/* KT3: the second structure is filled as well as the first. */
static void second(struct run *run)
{
	if (!needs_clock(run))
		return;
	refill();
	for (unsigned page = PAGE_A; page <= PAGE_B; page += PAGE_B - PAGE_A) {
		time_start(run, page, OFFSET);
		expect_written(run, page, OFFSET, OFFSET + SIZE);
	}
	time_stop(run);
}

/* KT4: whatever was there, pads are 0. */
static void pads(struct run *run)
{
	const struct pvclock_vcpu_time_info *info = page_at(PAGE_A, OFFSET);

	if (!needs_clock(run))
		return;
	refill();
	memset(page_at(PAGE_A, OFFSET), 0x5a, SIZE);
	if (!fill(run, time_msr(), OFFSET))
		return;
	expect_equal(run, "pad0", info->pad0, 0);
	expect_equal(run, "pad[0]", info->pad[0], 0);
	expect_equal(run, "pad[1]", info->pad[1], 0);
}

/* KT4: at any multiple of 4 the host writes the structure there, and no other byte. */
static void offsets(struct run *run)
{
	unsigned at = OFFSET;

	pages_reset();
	for (; at < OFFSET + LINE && needs_clock(run) && !run->failed; at += 4) {
		if (!fill(run, time_msr(), at))
			return;
		expect_kept(run, PAGE_A, OFFSET - LINE, at);
		expect_written(run, PAGE_A, at, at + SIZE);
		expect_kept(run, PAGE_A, at + SIZE, OFFSET + 3 * LINE);
		page_refill(PAGE_A, OFFSET, OFFSET + 2 * LINE);
	}
	expect_page_kept(run, PAGE_CANARY_0);
	expect_page_kept(run, PAGE_A);
	expect_page_kept(run, PAGE_CANARY_1);
}

/*
 * KT5: half of it is at the end of page A, the rest at the start of the canary after that.  Linux
 * 6.1 fills the structure that was registered before, although that was turned off.
 */
static void straddle(struct run *run)
{
	const unsigned at = PAGE_SIZE - SIZE / 2, end = OFFSET + SIZE;
	bool returned, first, second, old;

	if (!needs_clock(run) || !fill(run, time_msr(), OFFSET))
		return;
	pages_reset();
	returned = wrmsr_returns(time_msr(), gpa_at(PAGE_A, at) | KVM_MSR_ENABLED);
	time_stop(run);
	first = !page_untouched(PAGE_A, at, PAGE_SIZE);
	second = !page_untouched(PAGE_CANARY_1, 0, SIZE / 2);
	old = !page_untouched(PAGE_A, OFFSET, end);
	report("kvmclock.straddle", "%s%s",
	       !returned         ? "fault"
	       : first || second ? "filled"
				 : "not-filled",
	       old ? ", but where it was before" : "");
	expect(run, first == second, "the structure: wanted both halves written, or none");
	expect_page_kept(run, PAGE_CANARY_0);
	expect_kept(run, PAGE_A, 0, OFFSET);
	expect_kept(run, PAGE_A, end, at);
	expect_kept(run, PAGE_CANARY_1, SIZE / 2, PAGE_SIZE);
	expect_page_kept(run, PAGE_B);
}

/* KT10: the host sets bit 1 of the flags when it stopped the vCPU, and the guest clears it. */
static void stopped(struct run *run)
{
	struct pvclock_vcpu_time_info *info = page_at(PAGE_A, OFFSET);

	if (!needs_clock(run))
		return;
	for (unsigned set = 0; set < 2; set++) {
		refill();
		memset(info, 0, sizeof(*info));
		for (unsigned i = 0; i < 3; i++) {
			if (i == 1)
				info->flags = set ? PVCLOCK_GUEST_STOPPED : 0;
			if (!fill(run, time_msr(), OFFSET))
				return;
			expect(run, !(info->flags & PVCLOCK_GUEST_STOPPED) == (!i || !set),
			       "bit 1 of the flags, which the guest left %s: wanted it kept, got flags %#x",
			       i && set ? "set" : "clear", info->flags);
		}
	}
}

/* KT12: no fault, and no harm for what comes after it. */
static void outside(struct run *run)
{
	uint64_t addresses[ADDRESSES_MAX];
	unsigned n = outside_addresses(addresses);

	if (!needs_clock(run))
		return;
	refill();
	for (unsigned i = 0; i < n; i++)
		set_msr(run, time_msr(), addresses[i] | KVM_MSR_ENABLED);
	expect_kept(run, PAGE_A, 0, AROUND);
	if (fill(run, time_msr(), OFFSET))
		expect_written(run, PAGE_A, OFFSET, OFFSET + SIZE);
}

static const struct check checks[] = {
	{"kvmclock.version", "KT1", .body = version},
	{"kvmclock.old-number", "KT1", .body = old_number},
	{"kvmclock.second", "KT3", .body = second},
	{"kvmclock.pads", "KT4", .body = pads},
	{"kvmclock.offsets", "KT4", .body = offsets},
	{"kvmclock.straddle", "KT5", .body = straddle},
	{"kvmclock.stopped", "KT10", .body = stopped},
	{"kvmclock.outside", "KT12", .body = outside},
};

const struct area kvmclock_area = AREA(checks);

/* KT11: what bit 0 of the flags says after a registration by each number. */
static void report_stable(void)
{
	static const uint32_t msrs[] = {KVM_MSR_SYSTEM_TIME_OLD, KVM_MSR_SYSTEM_TIME};
	const struct pvclock_vcpu_time_info *info = page_at(PAGE_A, OFFSET);
	unsigned stable[2];

	for (unsigned i = 0; i < 2; i++) {
		refill();
		wrmsr_returns(msrs[i], gpa_at(PAGE_A, OFFSET) | KVM_MSR_ENABLED);
		stable[i] = info->flags & PVCLOCK_TSC_STABLE;
		wrmsr_returns(msrs[i], 0);
	}
	report("kvmclock.stable", "old %u new %u", stable[0], stable[1]);
}

void kvmclock_report(struct run *run)
{
	if (has_feature(KVM_FEATURE_CLOCKSOURCE) && has_feature(KVM_FEATURE_CLOCKSOURCE2))
		report_stable();
	kvmclock_time_report(run);
}
