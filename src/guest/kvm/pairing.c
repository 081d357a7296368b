/* SPDX-License-Identifier: GPL-2.0-only */
/* KH4: the call that tells the host's time together with the TSC. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/hypercall.h"
#include "guest/vcpu.h"
#include "lib/string.h"
#include "x86/insn.h"

#define PAIR_OFFSET 0x40
#define WALL_OFFSET 0x80

#define SECOND      UINT64_C(1000000000) /* ns */
#define MILLISECOND 1000000

/* KH4: makes the call for the gpa @gpa.  False: the check has failed, or there is no such call. */
static bool pair_clocks(struct run *run, uint64_t gpa, uint64_t type, uint64_t *result)
{
	const uint64_t args[4] = {gpa, type, random64(), random64()};

	if (!hypercall(run, CALL_NATIVE, KVM_HC_CLOCK_PAIRING, args, result))
		return false;
	if (*result == KVM_ERROR(KVM_ENOSYS))
		skip(run, "the host has no KVM_HC_CLOCK_PAIRING");
	return *result != KVM_ERROR(KVM_ENOSYS);
}

/* Makes a good call, after pages_reset().  False: the check has failed, or is a skip. */
static bool pair(struct run *run, struct kvm_clock_pairing *copy)
{
	uint64_t result, before, after;

	before = rdtsc();
	if (!pair_clocks(run, gpa_at(PAGE_A, PAIR_OFFSET), KVM_CLOCK_PAIRING_WALLCLOCK, &result))
		return false;
	after = rdtsc();
	if (result == KVM_ERROR(KVM_EOPNOTSUPP)) {
		expect_kept(run, PAGE_A, 0, AROUND);
		skip(run, "the host's clock is not the TSC");
		return false;
	}
	expect_equal(run, "result", result, 0);
	memcpy(copy, page_at(PAGE_A, PAIR_OFFSET), sizeof(*copy));
	expect(run, before < copy->tsc && copy->tsc < after,
	       "tsc: wanted one between %#lx and %#lx, got %#lx", before, after, copy->tsc);
	return !run->failed;
}

static void pairing(struct run *run)
{
	static const uint32_t zeros[9];
	struct kvm_clock_pairing got;

	refill();
	if (!pair(run, &got))
		return;
	expect(run, got.sec >= 0 && got.nsec >= 0 && got.nsec < 1000000000,
	       "nsec: wanted 0 to 999999999, got %ld; sec %ld", got.nsec, got.sec);
	expect_equal(run, "flags", got.flags, 0);
	expect(run, !memcmp(got.pad, zeros, sizeof(zeros)), "pad: wanted all zeros");
	expect_kept(run, PAGE_A, 0, PAIR_OFFSET);
	expect_kept(run, PAGE_A, PAIR_OFFSET + sizeof(got), AROUND);
}

void expect_paired_time(struct run *run, const volatile struct pvclock_wall_clock *wall,
			const struct pvclock_vcpu_time_info *info,
			const struct kvm_clock_pairing *got)
{
	const int64_t clocks = (int64_t)(wall->sec * SECOND + wall->nsec + time_at(info, got->tsc));
	const int64_t paired = got->sec * (int64_t)SECOND + got->nsec;

	expect(run, paired - clocks < MILLISECOND && clocks - paired < MILLISECOND,
	       "time: wanted %ld ns within 1 ms, got %ld", clocks, paired);
}

/* KH4: the time is that of the wall clock and the system time. */
static void pairing_time(struct run *run)
{
	struct pvclock_vcpu_time_info info;
	struct kvm_clock_pairing got;

	if (!needs_clock(run))
		return;
	refill();
	if (!set_msr(run, wall_msr(), gpa_at(PAGE_B, WALL_OFFSET)) || !time_start(run, PAGE_B, 0) ||
	    !time_snapshot(run, page_at(PAGE_B, 0), &info) || !time_stop(run) || !pair(run, &got))
		return;
	expect_paired_time(run, page_at(PAGE_B, WALL_OFFSET), &info, &got);
}

/* KH4: no other type is there, of 64 bits. */
static void pairing_type(struct run *run)
{
	static const uint64_t types[] = {1, BIT(32), UINT64_MAX};
	uint64_t result;

	refill();
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!pair_clocks(run, page_gpa(PAGE_A), types[i], &result))
			return;
		expect_equal(run, "result", result, KVM_ERROR(KVM_EOPNOTSUPP));
	}
	expect_kept(run, PAGE_A, 0, AROUND);
}

/* KH4: where there is no memory; but the host may not come to look at that. */
static void pairing_outside(struct run *run)
{
	uint64_t result;

	if (pair_clocks(run, outside_gpa(), KVM_CLOCK_PAIRING_WALLCLOCK, &result) &&
	    result != KVM_ERROR(KVM_EOPNOTSUPP))
		expect_equal(run, "result", result, KVM_ERROR(KVM_EFAULT));
}

static const struct check checks[] = {
	{"calls.pairing", "KH4", .body = pairing},
	{"calls.pairing-time", "KH4", .body = pairing_time},
	{"calls.pairing-type", "KH4", .body = pairing_type},
	{"calls.pairing-outside", "KH4", .body = pairing_outside},
};

const struct area pairing_area = AREA(checks);
