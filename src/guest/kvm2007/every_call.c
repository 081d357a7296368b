/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C2, C3, C32.2, C32.3: what holds for one call holds for all: of any index, handled or not, from a
 * site at the start, in the middle or at the end of a page, in each mode.  Whoever breaks every
 * fiftieth call is found.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "lib/tap.h"

#define CALLS_EACH 17 /* through each of SITES sites */
#define SITES      3
#define STAYS_32   5 /* in each mode of legacy mode, with CALLS_32 calls each */
#define CALLS_32   10

_Static_assert(CALLS_EACH *SITES >= 50 && STAYS_32 * CALLS_32 >= 50, "every fiftieth call");

/* The @n-th of the sites, on fresh pages, registered.  False: the check has failed. */
static bool patched_site(struct run *run, unsigned n, struct site *site)
{
	static const unsigned offsets[SITES] = {SITE_OFFSET, 0, PAGE_SIZE - SITE_SIZE};

	*site = fresh_site_at(PAGE_SITE_A, offsets[n]);
	expect_registration(run, site);
	return !run->failed;
}

/* A random index of 1 to 31 bits, in turn: C3's range in all its magnitudes. */
static uint64_t some_index(unsigned n)
{
	uint64_t top = BIT(n % 31);

	return top | (random64() & (top - 1));
}

/* A call with noise everywhere, of which everything but RAX is compared. */
static void compare_call(struct run *run, const struct site *site, uint64_t index, uint64_t *args,
			 uint64_t *rax)
{
	static struct comparison c;
	struct gprs gprs = noise_gprs();
	const uint64_t in_order[6] = {gprs.rdi, gprs.rsi, gprs.rdx, gprs.rcx, gprs.r8, gprs.r9};
	struct outcome call;

	gprs.rax = index;
	gprs.rflags |= random64() & COMPARED_FLAGS & ~RFLAGS_IF;
	comparison_begin(&c, random64() & 7);
	hypercall64_gprs(site, &gprs, &call);
	comparison_end(&c);
	for (unsigned i = 0; args && i < 6; i++)
		args[i] = in_order[i];
	if (!expect_returned(run, "call", &call))
		return;
	*rax = call.after.rax;
	expect_gprs(run, &call.before, &call.after, GPR_BIT(rax));
	expect_flags(run, call.before.rflags, call.after.rflags);
	for (unsigned group = GROUP_SEGMENTS; group <= GROUP_XMM; group++)
		expect_group(run, &c, group);
}

static void report_count(const struct run *run, unsigned calls)
{
	if (!run->failed)
		tap_diag("%u calls compared", calls);
}

static void every_call(struct run *run)
{
	struct site site;

	for (unsigned s = 0; s < SITES && patched_site(run, s, &site); s++) {
		for (unsigned n = 0; n < CALLS_EACH && !run->failed; n++) {
			uint64_t index = some_index(s * CALLS_EACH + n), rax = 0;

			compare_call(run, &site, index, NULL, &rax);
			expect_equal(run, "rax", rax, (uint64_t)-KVM2007_EINVAL);
			if (run->failed)
				check_diag("index %#lx, site %#lx", index, site.gpa);
		}
	}
	report_count(run, SITES * CALLS_EACH);
}

/* A host may do for a call that it handles what it does for no other. */
static void every_echo(struct run *run)
{
	struct site site;

	for (unsigned s = 0; s < SITES && patched_site(run, s, &site); s++) {
		for (unsigned n = 0; n < CALLS_EACH && !run->failed; n++) {
			uint64_t args[6], rax = 0;

			compare_call(run, &site, run->options.echo, args, &rax);
			expect_equal(run, "digest", rax, echo_digest(args));
		}
	}
	report_count(run, SITES * CALLS_EACH);
}

/* The registers that 32-bit code sees, after each call of a stay; the others after all of them. */
static void compare_stay(struct run *run, const struct site *site, enum mode32 mode, unsigned stay)
{
	static struct comparison c;
	struct call32 calls[CALLS_32];

	comparison_begin(&c, 0);
	for (unsigned i = 0; i < CALLS_32; i++) {
		uint64_t args[6];

		for (unsigned k = 0; k < 6; k++)
			args[k] = random64();
		hypercall32_prepare(site, mode, (uint32_t)some_index(stay * CALLS_32 + i), args,
				    (uint32_t)random64() & COMPARED_FLAGS & ~RFLAGS_IF, &calls[i]);
	}
	hypercalls32(calls, CALLS_32);
	comparison_end(&c);
	for (unsigned i = 0; i < CALLS_32 && !run->failed; i++) {
		if (!expect_returned32(run, &calls[i]))
			return;
		expect_equal(run, "eax", (uint32_t)calls[i].out.rax, (uint32_t)-KVM2007_EINVAL);
		expect_preserved32(run, &calls[i]);
		if (run->failed)
			check_diag("index %#x", (unsigned)calls[i].in.rbx);
	}
	/* Not those that the way to legacy mode and back changes. */
	for (unsigned group = GROUP_SEGMENTS; group <= GROUP_XMM; group++) {
		if (group != GROUP_SEGMENTS && group != GROUP_BASES && group != GROUP_CONTROL)
			expect_group(run, &c, group);
	}
}

static void every_call32(struct run *run)
{
	struct site site;

	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++) {
		if (run->failed || !patched_site(run, mode % SITES, &site))
			return;
		for (unsigned stay = 0; stay < STAYS_32 && !run->failed; stay++)
			compare_stay(run, &site, mode, stay);
	}
	report_count(run, (MODE32_PAE + 1) * STAYS_32 * CALLS_32);
}

static const struct check checks[] = {
	{"hypercall64.keeps-all", "C2", .body = every_call},
	{"echo.keeps-all", "C2", CHECK_ECHO, .body = every_echo},
	{"hypercall32.keeps-all", "C32.2", CHECK_LEGACY, .body = every_call32},
};

const struct area every_call_area = AREA(checks);
