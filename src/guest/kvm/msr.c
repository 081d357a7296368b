/* SPDX-License-Identifier: GPL-2.0-only */
/* KD6, KM1-KM4: which MSRs there are, what they read at the start, and that they keep values. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "x86/defs.h"

/* An address above 4 GiB, aligned for all structures; bit 0 of it is clear. */
#define HIGH_ADDRESS UINT64_C(0x12345678abcdefc0)

/* All others start at 0, and with 0 the host writes nowhere later. */
static bool starts_at_1(uint32_t msr)
{
	return msr == KVM_MSR_POLL_CONTROL || msr == KVM_MSR_MIGRATION_CONTROL;
}

/* A WRMSR of these makes the host write at once, and RDMSR gives an address of page A. */
static bool is_wall_clock(uint32_t msr)
{
	return msr == KVM_MSR_WALL_CLOCK || msr == KVM_MSR_WALL_CLOCK_OLD;
}

/* KD6: if its feature bit is set, an MSR can be read and written. */
static void works(struct run *run)
{
	uint64_t value;

	refill();
	for (unsigned i = 0; i < MSRS; i++) {
		uint32_t msr = kvm_msrs[i].number;

		if (!has_feature(kvm_msrs[i].feature))
			continue;
		get_msr(run, msr, &value);
		set_msr(run, msr, is_wall_clock(msr) ? page_gpa(PAGE_A) : starts_at_1(msr));
	}
}

static bool is_time(uint32_t msr)
{
	return msr == KVM_MSR_SYSTEM_TIME || msr == KVM_MSR_SYSTEM_TIME_OLD;
}

/* KM2: what discovery read before anything was written. */
static void initial(struct run *run)
{
	for (unsigned i = 0; i < MSRS; i++) {
		uint32_t msr = kvm_msrs[i].number;

		if (!has_feature(kvm_msrs[i].feature) || is_time(msr) || starts_at_1(msr))
			continue;
		expect(run, !kvm_found.msr_value[i], "%#x at the start: wanted 0, got %#lx", msr,
		       kvm_found.msr_value[i]);
	}
}

static void initial_time(struct run *run)
{
	if (!run->options.fresh) {
		skip(run, "firmware may have registered a clock: see the option fresh");
		return;
	}
	for (unsigned i = 0; i < MSRS; i++) {
		uint32_t msr = kvm_msrs[i].number;

		if (is_time(msr) && has_feature(kvm_msrs[i].feature))
			expect(run, !kvm_found.msr_value[i], "%#x at the start: wanted 0, got %#lx",
			       msr, kvm_found.msr_value[i]);
	}
}

/* KM1: all 64 bits.  All values are valid, and none lets the host write later. */
static void read_back(struct run *run)
{
	refill();
	for (unsigned i = 0; i < MSRS; i++) {
		uint32_t msr = kvm_msrs[i].number;
		uint64_t values[] = {HIGH_ADDRESS, page_gpa(PAGE_B), 0};

		if (!has_feature(kvm_msrs[i].feature) || msr == KVM_MSR_ASYNC_PF_ACK)
			continue;
		if (starts_at_1(msr)) {
			values[0] = 1;
			values[1] = 0;
			values[2] = 1;
		} else if (msr == KVM_MSR_ASYNC_PF_INT) {
			values[0] = 0xff;
			values[1] = 0x80;
		} else if (is_wall_clock(msr)) {
			values[0] = page_gpa(PAGE_A);
			values[2] = page_gpa(PAGE_A) + 16;
		}
		for (unsigned k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			if (set_msr(run, msr, values[k]))
				expect_msr(run, msr, values[k]);
		}
	}
}

/* KM1: an old number and a new one are one MSR. */
static void expect_shared(struct run *run, uint32_t old, uint32_t new, uint64_t value)
{
	if (!needs(run, KVM_FEATURE_CLOCKSOURCE) || !needs(run, KVM_FEATURE_CLOCKSOURCE2))
		return;
	refill();
	if (set_msr(run, old, value))
		expect_msr(run, new, value);
	if (set_msr(run, new, value + 64))
		expect_msr(run, old, value + 64);
}

static void shared_wall(struct run *run)
{
	expect_shared(run, KVM_MSR_WALL_CLOCK_OLD, KVM_MSR_WALL_CLOCK, page_gpa(PAGE_A));
}

static void shared_time(struct run *run)
{
	expect_shared(run, KVM_MSR_SYSTEM_TIME_OLD, KVM_MSR_SYSTEM_TIME, page_gpa(PAGE_A));
}

/*
 * Which MSRs without their feature bit answer, each a bit of the sets.  Migration control is not
 * one of them: KVM leaves it to the VMM, which may have none (KG1).
 */
struct gates {
	unsigned missing, read, written;
};

static const struct gates *find_gates(void)
{
	static struct gates gates;
	static bool found;
	struct outcome o;

	for (unsigned i = 0; i < MSRS - 1 && !found; i++) {
		uint32_t msr = kvm_msrs[i].number;

		if (has_feature(kvm_msrs[i].feature))
			continue;
		gates.missing |= 1u << i;
		interact_rdmsr(msr, &o);
		if (!o.faulted)
			gates.read |= 1u << i;
		if (wrmsr_returns(msr, is_wall_clock(msr) ? page_gpa(PAGE_A) : starts_at_1(msr)))
			gates.written |= 1u << i;
	}
	found = true;
	return &gates;
}

enum enforcement kvm_enforcement(void)
{
	const struct gates *g = find_gates();

	if (!g->missing)
		return NONE_MISSING;
	if (!g->read && !g->written)
		return ENFORCED;
	return g->read == g->missing && g->written == g->missing ? NOT_ENFORCED : MIXED;
}

/* KM3: features are enforced for all MSRs, or for none. */
static void gating(struct run *run)
{
	static const char *const words[] = {
		[ENFORCED] = "yes",
		[NOT_ENFORCED] = "no",
		[MIXED] = "mixed",
	};
	enum enforcement enforcement = kvm_enforcement();
	const struct gates *g = find_gates();

	if (enforcement == NONE_MISSING) {
		skip(run, "CPUID shows each feature whose MSR could tell");
		return;
	}
	report("msr.enforced", "%s", words[enforcement]);
	for (unsigned i = 0; i < MSRS && enforcement == MIXED; i++) {
		if (g->missing >> i & 1)
			expect(run, false, "%#x without feature bit %u: RDMSR %s, WRMSR %s",
			       kvm_msrs[i].number, kvm_msrs[i].feature,
			       g->read >> i & 1 ? "answers" : "faults",
			       g->written >> i & 1 ? "answers" : "faults");
	}
}

/* KM3: a WRMSR that is refused for its feature writes nothing. */
static void gated_memory(struct run *run)
{
	if (kvm_enforcement() != ENFORCED) {
		skip(run, "no MSR is refused for its feature");
		return;
	}
	refill();
	for (unsigned i = 0; i < MSRS - 1; i++) {
		if (!has_feature(kvm_msrs[i].feature))
			wrmsr_returns(kvm_msrs[i].number, page_gpa(PAGE_A) | KVM_MSR_ENABLED);
	}
	expect_kept(run, PAGE_A, 0, AROUND);
}

/* KM4: all other numbers are no MSRs; or the VMM ignores what it does not know, and reads 0. */
static void unknown(struct run *run)
{
	static const uint32_t numbers[] = {
		KVM_MSR_MIGRATION_CONTROL + 1,
		KVM_MSR_MIGRATION_CONTROL + 2,
		0x4b564d80,
		KVM_MSR_LAST,
	};
	const unsigned n = sizeof(numbers) / sizeof(numbers[0]);
	unsigned answered = 0;

	for (unsigned i = 0; i < n; i++) {
		answered += expect_gp_or_0(run, numbers[i]);
		answered += wrmsr_returns(numbers[i], 0);
	}
	expect(run, !answered || answered == 2 * n,
	       "RDMSR and WRMSR of %u unknown numbers: wanted all or none refused, got %u answered",
	       n, answered);
	report("msr.unknown", "%s", answered ? "ignored" : "fault");
}

static const struct check checks[] = {
	{"msr.works", "KD6", .body = works},
	{"msr.initial", "KM2", .body = initial},
	{"msr.initial-time", "KM2", .body = initial_time},
	{"msr.read-back", "KM1", .body = read_back},
	{"msr.shared-wall", "KM1", .body = shared_wall},
	{"msr.shared-time", "KM1", .body = shared_time},
	{"msr.gating", "KM3", .body = gating},
	{"msr.gated-memory", "KM3", .body = gated_memory},
	{"msr.unknown", "KM4", .body = unknown},
};

const struct area msr_area = AREA(checks);
