/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C2, C3, C32.2, C32.3: what holds for one call holds for all: of any index, handled or not, from a
 * site at the start, in the middle or at the end of a page, in each mode.  Whoever breaks every
 * fiftieth call is found.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "lib/tap.h"

#define CALLS_EACH 17 /* through each of SITES sites, from each mode; of legacy mode in a stay */
#define SITES      3

/* Odd: what each call flips shows after them. */
_Static_assert(CALLS_EACH % 2 && CALLS_EACH * SITES >= 50, "every fiftieth call");

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

static void report_count(const struct run *run, unsigned calls)
{
	if (!run->failed)
		tap_diag("%u calls", calls);
}

static void compare_call(struct run *run, const struct site *site, uint64_t index)
{
	static struct comparison64 c;
	uint64_t result = (uint64_t)-KVM2007_EINVAL;

	compare_call64(&c, site, index, random_flags() & ~RFLAGS_IF, random64() & 7);
	if (run->check->flags & CHECK_ECHO)
		result = echo_of(&c.call.before);
	expect_compared64(run, &c, result);
	if (run->failed)
		check_diag("index %#lx, site %#lx", index, site->gpa);
}

/* Of undefined indices; or echo calls, for a host may break only what it handles. */
static void every_call(struct run *run)
{
	bool echo = run->check->flags & CHECK_ECHO;
	struct site site;

	for (unsigned s = 0; s < SITES && patched_site(run, s, &site); s++) {
		for (unsigned n = 0; n < CALLS_EACH && !run->failed; n++) {
			comparison_more(n + 1 < CALLS_EACH);
			compare_call(run, &site,
				     echo ? run->options.echo : some_index(s * CALLS_EACH + n));
		}
	}
	report_count(run, SITES * CALLS_EACH);
}

/* The registers that 32-bit code sees, after each call of a stay; the others after all of them. */
static void compare_stay(struct run *run, const struct site *site, enum mode32 mode, unsigned stay)
{
	static struct comparison c;
	static struct call32 calls[CALLS_EACH];

	comparison_begin(&c, 0);
	for (unsigned i = 0; i < CALLS_EACH; i++) {
		uint64_t args[6];

		for (unsigned k = 0; k < 6; k++)
			args[k] = random64();
		hypercall32_prepare(site, mode, (uint32_t)some_index(stay * CALLS_EACH + i), args,
				    (uint32_t)random_flags() & ~RFLAGS_IF, &calls[i]);
	}
	hypercalls32(calls, CALLS_EACH);
	comparison_end(&c);
	for (unsigned i = 0; i < CALLS_EACH && !run->failed; i++) {
		if (!expect_returned32(run, &calls[i]))
			return;
		expect_equal(run, "eax", (uint32_t)calls[i].out.rax, (uint32_t)-KVM2007_EINVAL);
		expect_preserved32(run, &calls[i]);
		if (run->failed)
			check_diag("index %#x", (unsigned)calls[i].in.rbx);
	}
	expect_groups(run, &c, LEGACY_GROUPS);
}

static void every_call32(struct run *run)
{
	struct site site;

	for (unsigned s = 0; s < SITES && patched_site(run, s, &site); s++) {
		for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++) {
			comparison_more(mode < MODE32_PAE);
			compare_stay(run, &site, mode, s);
			if (run->failed)
				return;
		}
	}
	report_count(run, (MODE32_PAE + 1) * SITES * CALLS_EACH);
}

static const struct check checks[] = {
	{"hypercall64.keeps-all", "C2", .body = every_call},
	{"echo.keeps-all", "C2", CHECK_ECHO, .body = every_call},
	{"hypercall32.keeps-all", "C32.2", CHECK_LEGACY, .body = every_call32},
};

const struct area every_call_area = AREA(checks);
