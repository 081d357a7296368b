/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S4, S5, S9, S10, V1, V2: what a registration leaves alone, however it ends; and versions that
 * depend on the host's own.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "x86/defs.h"

extern const uint8_t image_start[], rodata_end[];

/* ---- memory ---- */

/* Expects that the @n registrations, of state page A, change no more than they must. */
static void expect_clean(struct run *run, const struct registration all[], unsigned n)
{
	const struct site site = fresh_site();
	struct page_sums before;
	struct answer answer;

	pages_sum(&before);
	for (unsigned i = 0; i < n; i++) {
		registration_prepare(&all[i], state_of(PAGE_STATE_A), &answer);
		before.of[PAGE_STATE_A] = page_sum(PAGE_STATE_A);
		registration_make(&all[i], 0, &answer);
		expect_ending(run, &all[i], &answer, &site);
		expect_rest_kept(run, &before, &answer, &site);
	}
}

static void expect_all_clean(struct run *run, enum ending ending)
{
	struct registration all[REGISTRATIONS_MAX];
	unsigned n = registrations(ending, page_gpa(PAGE_STATE_A),
				   page_gpa(PAGE_SITE_A) + SITE_OFFSET, all);

	expect_clean(run, all, n);
}

/* S2, S4, P7: of each kind of refusal that does not fault. */
static void refusals(struct run *run)
{
	const struct registration both = {SITE_OUTSIDE, UINT32_MAX, BIT(63) | SITE_OFFSET,
					  page_gpa(PAGE_STATE_A)};

	expect_all_clean(run, NEWER);
	expect_all_clean(run, SITE_OUTSIDE);
	expect_clean(run, &both, 1);
}

static void clean_accepted(struct run *run)
{
	expect_all_clean(run, ACCEPTED);
}

static void clean_gp(struct run *run)
{
	expect_all_clean(run, MISALIGNED);
	expect_all_clean(run, OUTSIDE);
}

/* V2: a guest of exactly the host's version is accepted; V1: of one more it is refused. */
static void exact_version(struct run *run)
{
	uint32_t version = first_contact.host_version + run->check->arg;
	struct site site = fresh_site();
	struct answer answer;

	if (run->check->arg && !needs_newer(run))
		return;
	register_page(PAGE_STATE_A, version, site.gpa, &answer);
	if (run->check->arg)
		expect_refusal(run, &answer, &site);
	else
		expect_success(run, &answer, &site);
}

/* ---- registers ---- */

static struct comparison compared;

/* An access of the magic MSR, by @wrmsr or not, with noise, and all flags but IF set or clear. */
static void expect_msr_preserves(struct run *run, bool wrmsr, uint64_t value, uint64_t rflags)
{
	struct outcome access;

	comparison_begin(&compared, 0);
	interact_msr(KVM2007_MSR_API_MAGIC, wrmsr, value, rflags, &access);
	comparison_end(&compared);
	expect_registers_kept(run, &access, wrmsr ? 0 : GPR_BIT(rax) | GPR_BIT(rdx));
	expect_groups(run, &compared, ALL_GROUPS);
}

static void expect_ending_preserves(struct run *run, enum ending ending)
{
	struct registration all[REGISTRATIONS_MAX];
	struct site site = fresh_site();
	struct answer answer;

	if (!registrations(ending, page_gpa(PAGE_STATE_A), site.gpa, all))
		return;
	for (unsigned i = 0; i < 2; i++) {
		registration_prepare(&all[0], state_of(PAGE_STATE_A), &answer);
		expect_msr_preserves(run, true, all[0].page, i ? NOISE_FLAGS : 0);
	}
}

/* S9: on a success, on both kinds of refusal; and RDMSR. */
static void msr_preserves(struct run *run)
{
	expect_ending_preserves(run, ACCEPTED);
	expect_ending_preserves(run, NEWER);
	expect_ending_preserves(run, SITE_OUTSIDE);
	expect_msr_preserves(run, false, 0, 0);
	expect_msr_preserves(run, false, 0, NOISE_FLAGS);
}

/* S5: what is at the #GP is as it was before. */
static void gp_preserves(struct run *run)
{
	expect_ending_preserves(run, MISALIGNED);
	expect_ending_preserves(run, OUTSIDE);
}

/* S9 for a WRMSR in legacy mode, which has general purpose registers of 32 bits. */
static void expect_kept_in(struct run *run, enum mode32 mode, uint32_t eflags)
{
	struct site site = fresh_site();
	struct answer answer;
	struct call32 call;

	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
	comparison_begin(&compared, 0);
	interact_wrmsr32(KVM2007_MSR_API_MAGIC, page_gpa(PAGE_STATE_A), mode, eflags, &call);
	comparison_end(&compared);
	if (!expect_returned32(run, &call))
		return;
	expect_equal(run, "eax", (uint32_t)call.out.rax, (uint32_t)call.in.rax);
	expect_preserved32(run, &call);
	expect_groups(run, &compared, LEGACY_GROUPS);
}

static void legacy_preserves(struct run *run)
{
	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++) {
		expect_kept_in(run, mode, NOISE_FLAGS);
		expect_kept_in(run, mode, 0);
	}
}

/* S10: neither code nor constants of the guest's image change. */
static void image(struct run *run)
{
	struct site site = fresh_site();
	uint64_t before = sum_words(image_start, rodata_end);
	struct outcome call;

	expect_registration(run, &site);
	if (run->failed)
		return;
	hypercall64(&site, 0, no_args, &call);
	expect_equal(run, "sum of the image", sum_words(image_start, rodata_end), before);
}

static const struct check checks[] = {
	{"state.refusals", "S4", .body = refusals},
	{"state.image", "S10", .body = image},
	{"register.exact-version", "V2", .body = exact_version, .arg = 0},
	{"register.one-more", "V1", .body = exact_version, .arg = 1},
	{"register.keeps-all", "S9", .body = msr_preserves},
	{"register.clean-accepted", "S4", .body = clean_accepted},
	{"register.clean-gp", "S5", .body = clean_gp},
	{"register.keeps-all-gp", "S5", .body = gp_preserves},
	{"register.keeps-all-legacy", "S9", CHECK_LAST, .body = legacy_preserves},
};

const struct area nothing_else_area = AREA(checks);
