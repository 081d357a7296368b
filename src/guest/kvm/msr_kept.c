/* SPDX-License-Identifier: GPL-2.0-only */
/* KM5-KM8: refusals change nothing, CPL 3 has no access, and addresses are guest-physical. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "lib/boot.h"
#include "lib/string.h"
#include "x86/defs.h"

#define FOUR_GIB  BIT(32)
#define TIME_SIZE sizeof(struct pvclock_vcpu_time_info)

/*
 * Of each MSR that refuses values one such, and a good one.  In a bad one that has an address, all
 * else would make the host write there.
 */
static const struct {
	uint32_t msr;
	uint8_t feature;
	bool address;
	uint64_t good, bad;
} refusals[] = {
	{KVM_MSR_ASYNC_PF_EN, KVM_FEATURE_ASYNC_PF, true, 0, KVM_MSR_ENABLED | BIT(4)},
	{KVM_MSR_STEAL_TIME, KVM_FEATURE_STEAL_TIME, true, 0, KVM_MSR_ENABLED | BIT(3)},
	{KVM_MSR_PV_EOI_EN, KVM_FEATURE_PV_EOI, true, 0, KVM_MSR_ENABLED | BIT(1)},
	{KVM_MSR_POLL_CONTROL, KVM_FEATURE_POLL_CONTROL, false, 1, 2},
	{KVM_MSR_ASYNC_PF_INT, KVM_FEATURE_ASYNC_PF_INT, false, 0x80, BIT(32)},
};

#define REFUSALS (sizeof(refusals) / sizeof(refusals[0]))

/* KM5: registers, the value and memory stay. */
static void refused(struct run *run)
{
	unsigned tried = 0;
	struct outcome o;

	refill();
	for (unsigned i = 0; i < REFUSALS; i++) {
		uint64_t good = refusals[i].good, bad = refusals[i].bad;

		if (!has_feature(refusals[i].feature))
			continue;
		tried++;
		if (refusals[i].address) {
			good |= page_gpa(PAGE_B);
			bad |= page_gpa(PAGE_A);
		}
		set_msr(run, refusals[i].msr, good);
		interact_wrmsr(refusals[i].msr, bad, &o);
		expect(run, o.faulted, "WRMSR of %#x, value %#lx: wanted #GP(0), got no fault",
		       refusals[i].msr, bad);
		expect_registers_kept(run, &o, 0);
		expect_msr(run, refusals[i].msr, good);
		expect_kept(run, PAGE_A, 0, AROUND);
		set_msr(run, refusals[i].msr, refusals[i].good);
	}
	if (!tried)
		skip(run, "CPUID shows no MSR that refuses a value");
}

/* Runs the instruction @code at CPL 3. */
static void access_cpl3(const uint8_t code[2], uint32_t msr, uint64_t value,
			struct trap_frame *fault)
{
	static const uint8_t ud2[] = {0x0f, 0x0b};
	struct gprs gprs = noise_gprs();

	memcpy(page_bytes(PAGE_SITE_A), code, 2);
	memcpy(page_bytes(PAGE_SITE_A) + 2, ud2, sizeof(ud2));
	gprs.rcx = msr;
	gprs.rax = (uint32_t)value;
	gprs.rdx = value >> 32;
	interact_enter(FROM_USER, page_entry(PAGE_SITE_A), &gprs, fault);
}

/* KM6: from CPL 3 each access is #GP(0), and nothing is written. */
static void cpl3(struct run *run)
{
	static const uint8_t codes[2][2] = {{0x0f, 0x32}, {0x0f, 0x30}};
	struct trap_frame f;

	refill();
	page_user(PAGE_SITE_A, true);
	for (unsigned i = 0; i < 2 * MSRS; i++) {
		const struct kvm_msr *m = &kvm_msrs[i / 2];

		if (!has_feature(m->feature))
			continue;
		access_cpl3(codes[i % 2], m->number, page_gpa(PAGE_A) | KVM_MSR_ENABLED, &f);
		if (f.vector != VECTOR_GP)
			set_msr(run, m->number, 0); /* or the host would go on writing */
		expect(run, f.vector == VECTOR_GP && !f.error && f.rip == page_entry(PAGE_SITE_A),
		       "%s of %#x from CPL 3: wanted #GP(0), got exception %u error %#lx rip %#lx",
		       i % 2 ? "WRMSR" : "RDMSR", m->number, (unsigned)f.vector, f.error, f.rip);
	}
	page_user(PAGE_SITE_A, false);
	expect_kept(run, PAGE_A, 0, AROUND);
}

/* KM7: which virtual address the page has does not matter, nor if it can be written there. */
static void two_addresses(struct run *run)
{
	const uint8_t *other;

	if (!needs_clock(run))
		return;
	refill();
	other = page_borrow(page_gpa(PAGE_A));
	page_read_only(PAGE_A, true);
	time_start(run, PAGE_A, 0);
	time_stop(run);
	page_read_only(PAGE_A, false);
	expect_written(run, PAGE_A, 0, TIME_SIZE);
	expect(run, !memcmp(other, page_bytes(PAGE_A), AROUND),
	       "wanted the same bytes at both virtual addresses of the page");
}

/* KM7: EDX is a part of the address, so this one is not in the page.  A host may also fault. */
static void high_half(struct run *run)
{
	const uint64_t gpa = page_gpa(PAGE_A) | outside_gpa();

	if (!needs_clock(run))
		return;
	refill();
	wrmsr_returns(time_msr(), gpa | KVM_MSR_ENABLED);
	wrmsr_returns(wall_msr(), gpa);
	expect_kept(run, PAGE_A, 0, AROUND);
	time_stop(run);
}

static bool find_high_page(const struct boot_region *region, void *arg)
{
	uint64_t *found = arg;
	uint64_t page = (region->base + PAGE_SIZE - 1) & -(uint64_t)PAGE_SIZE;

	if (page < FOUR_GIB)
		page = FOUR_GIB;
	if (region->type == BOOT_MEMORY_AVAILABLE &&
	    page + PAGE_SIZE <= region->base + region->length)
		*found = page;
	return !*found;
}

static void above_4g(struct run *run)
{
	struct pvclock_vcpu_time_info *high, before;
	uint64_t gpa = 0;

	if (!needs_clock(run))
		return;
	if (!boot_each_region(find_high_page, &gpa) || !gpa) {
		skip(run, "no memory above 4 GiB");
		return;
	}
	high = (struct pvclock_vcpu_time_info *)page_borrow(gpa);
	memset(high, 0x5a, sizeof(*high));
	before = *high;
	set_msr(run, time_msr(), gpa | KVM_MSR_ENABLED);
	time_stop(run);
	expect(run, memcmp(high, &before, sizeof(before)),
	       "gpa %#lx: wanted the structure written, got nothing", gpa);
}

/* KM7: the mode of the CPU does not matter. */
static void expect_written_from(struct run *run, enum mode32 first, enum mode32 last)
{
	uint32_t msr = time_msr();
	struct call32 call;

	if (!needs_clock(run))
		return;
	for (enum mode32 mode = first; mode <= last; mode++) {
		if (!interact_mode32_works(mode)) {
			skip(run, "the CPU has no such mode");
			return;
		}
		refill();
		interact_wrmsr32(msr, page_gpa(PAGE_A) | KVM_MSR_ENABLED, mode, 0, &call);
		expect(run, !call.faulted, "WRMSR of %#x: wanted a return, got exception %u", msr,
		       call32_vector(&call));
		time_stop(run);
		expect_written(run, PAGE_A, 0, TIME_SIZE);
	}
}

static void from_unpaged(struct run *run)
{
	expect_written_from(run, MODE32_UNPAGED, MODE32_UNPAGED);
}

static void from_paged(struct run *run)
{
	expect_written_from(run, MODE32_PAGED, MODE32_PAE);
}

/* KM8: what WRMSR makes the host write is there when the next instruction runs. */
static void complete(struct run *run)
{
	static const struct {
		uint32_t msr;
		uint8_t feature, flags;
	} writers[] = {
		{KVM_MSR_WALL_CLOCK_OLD, KVM_FEATURE_CLOCKSOURCE, 0},
		{KVM_MSR_SYSTEM_TIME_OLD, KVM_FEATURE_CLOCKSOURCE, KVM_MSR_ENABLED},
		{KVM_MSR_WALL_CLOCK, KVM_FEATURE_CLOCKSOURCE2, 0},
		{KVM_MSR_SYSTEM_TIME, KVM_FEATURE_CLOCKSOURCE2, KVM_MSR_ENABLED},
	};

	for (unsigned i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		if (!has_feature(writers[i].feature))
			continue;
		refill();
		wrmsr_returns(writers[i].msr, page_gpa(PAGE_A) | writers[i].flags);
		expect_written(run, PAGE_A, 0, sizeof(struct pvclock_wall_clock));
		if (writers[i].flags)
			set_msr(run, writers[i].msr, 0);
	}
}

static const struct check checks[] = {
	{"msr.refused", "KM5", .body = refused},
	{"msr.cpl3", "KM6", .body = cpl3},
	{"msr.two-addresses", "KM7", .body = two_addresses},
	{"msr.high-half", "KM7", .body = high_half},
	{"msr.above-4g", "KM7", .body = above_4g},
	{"msr.complete", "KM8", .body = complete},
	{"msr.from-unpaged", "KM7", CHECK_LAST, .body = from_unpaged},
	{"msr.from-paged", "KM7", CHECK_LAST, .body = from_paged},
};

const struct area msr_kept_area = AREA(checks);
