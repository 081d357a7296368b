/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C32.1-C32.3: calls by the 32-bit convention from legacy protected mode: without paging, with
 * 32-bit paging and with PAE paging.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "lib/string.h"
#include "x86/machine.h"

static const uint64_t distinct[6] = {
	0xe1a1a2a3, 0xe2b1b2b3, 0xe3c1c2c3, 0xe4d1d2d3, 0xe5e1e2e3, 0xe6f1f2f3,
};

/* Makes a call whose first @n arguments have values; the others are 0. */
static void expect_einval(struct run *run, enum mode32 mode, uint32_t index, unsigned n)
{
	uint64_t args[6] = {0};
	struct call32 call;
	struct site site;

	if (!register_default(run, &site))
		return;
	memcpy(args, distinct, n * sizeof(args[0]));
	hypercall32(&site, mode, index, args, 0, &call);
	if (expect_returned32(run, &call))
		expect_equal(run, "eax", (uint32_t)call.out.rax, (uint32_t)-KVM2007_EINVAL);
}

static void with_args(struct run *run)
{
	expect_einval(run, MODE32_UNPAGED, 0, run->check->arg);
}

static void in_mode(struct run *run)
{
	expect_einval(run, (enum mode32)run->check->arg, 0, 6);
}

static void any_index(struct run *run)
{
	static const uint32_t indices[] = {0, 1, BIT(31), UINT32_MAX};

	expect_einval(run, MODE32_UNPAGED, indices[run->check->arg], 6);
}

/* A call, and the machine before and after it. */
struct comparison32 {
	struct comparison machine;
	struct call32 call;
};

/*
 * C32.2: all checks of registers look at the same three calls, one in each mode, with noise in all
 * registers and all flags set but IF.  The first check makes them.  NULL: the check has failed.
 */
static const struct comparison32 *compared_call32(struct run *run, enum mode32 mode)
{
	static struct comparison32 calls[3];
	struct comparison32 *c = &calls[mode];
	struct site site;

	if (!c->machine.made) {
		if (!register_default(run, &site))
			return NULL;
		comparison_begin(&c->machine, 0);
		hypercall32(&site, mode, 0, distinct, COMPARED_FLAGS & ~RFLAGS_IF, &c->call);
		comparison_end(&c->machine);
	}
	return expect_returned32(run, &c->call) ? c : NULL;
}

/* What a check compares, in its .arg: what legacy mode saved, or groups of other registers. */
enum { GPRS, FLAGS, SEGMENTS, CONTROL, X87, SSE, REST };

static void compare(struct run *run, const struct comparison32 *c)
{
	/* Not the FS and GS bases: loading their selectors in legacy mode changes them. */
	static const uint16_t groups[] = {
		[X87] = GROUP_BIT(X87),
		[SSE] = GROUP_BIT(MXCSR) | GROUP_BIT(XMM),
		[REST] = GROUP_BIT(TABLES) | GROUP_BIT(SYSCALL) | GROUP_BIT(CR2) | GROUP_BIT(DEBUG),
	};
	const unsigned what = run->check->arg;

	if (what == GPRS)
		expect_gprs32(run, &c->call);
	if (what == FLAGS)
		expect_flags(run, c->call.in.rflags, c->call.out.rflags);
	if (what == SEGMENTS)
		expect_segments32(run, &c->call);
	if (what == CONTROL)
		expect_control32(run, &c->call);
	expect_groups(run, &c->machine, groups[what]);
}

static void preserves(struct run *run)
{
	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++) {
		const struct comparison32 *c = compared_call32(run, mode);

		if (c)
			compare(run, c);
	}
}

/* With all flags set but IF, and with all flags clear. */
static void preserves_flags(struct run *run)
{
	struct call32 call;
	struct site site;

	preserves(run);
	if (!register_default(run, &site))
		return;
	hypercall32(&site, MODE32_UNPAGED, 0, distinct, 0, &call);
	if (expect_returned32(run, &call))
		expect_flags(run, call.in.rflags, call.out.rflags);
}

static const struct check checks[] = {
	{"hypercall32.args-0", "C32.1", CHECK_LEGACY, .body = with_args, .arg = 0},
	{"hypercall32.args-1", "C32.1", CHECK_LEGACY, .body = with_args, .arg = 1},
	{"hypercall32.args-2", "C32.1", CHECK_LEGACY, .body = with_args, .arg = 2},
	{"hypercall32.args-3", "C32.1", CHECK_LEGACY, .body = with_args, .arg = 3},
	{"hypercall32.args-4", "C32.1", CHECK_LEGACY, .body = with_args, .arg = 4},
	{"hypercall32.args-5", "C32.1", CHECK_LEGACY, .body = with_args, .arg = 5},
	{"hypercall32.args-6", "C32.1", CHECK_LEGACY, .body = with_args, .arg = 6},
	{"hypercall32.paging", "C32.1", CHECK_LEGACY, .body = in_mode, .arg = MODE32_PAGED},
	{"hypercall32.pae", "C32.1", CHECK_LEGACY, .body = in_mode, .arg = MODE32_PAE},
	{"hypercall32.index-0", "C32.3", CHECK_LEGACY, .body = any_index, .arg = 0},
	{"hypercall32.index-1", "C32.3", CHECK_LEGACY, .body = any_index, .arg = 1},
	{"hypercall32.index-bit31", "C32.3", CHECK_LEGACY, .body = any_index, .arg = 2},
	{"hypercall32.index-all-ones", "C32.3", CHECK_LEGACY, .body = any_index, .arg = 3},
	{"hypercall32.keeps-gprs", "C32.2", CHECK_LEGACY, .body = preserves, .arg = GPRS},
	{"hypercall32.keeps-flags", "C32.2", CHECK_LEGACY, .body = preserves_flags, .arg = FLAGS},
	{"hypercall32.keeps-segments", "C32.2", CHECK_LEGACY, .body = preserves, .arg = SEGMENTS},
	{"hypercall32.keeps-control", "C32.2", CHECK_LEGACY, .body = preserves, .arg = CONTROL},
	{"hypercall32.keeps-x87", "C32.2", CHECK_LEGACY, .body = preserves, .arg = X87},
	{"hypercall32.keeps-sse", "C32.2", CHECK_LEGACY, .body = preserves, .arg = SSE},
	{"hypercall32.keeps-rest", "C32.2", CHECK_LEGACY, .body = preserves, .arg = REST},
};

const struct area hypercall32_area = AREA(checks);
