/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C1, C3-C5: a call with any index and any arguments sets all of RAX to -KVM2007_EINVAL, and the
 * guest continues after it.
 */
#include "guest/kvm2007/checks.h"
#include "lib/string.h"
#include "x86/defs.h"

static const uint64_t distinct[6] = {
	0xd1a1a2a3a4a5a6a7, 0xd2b1b2b3b4b5b6b7, 0xd3c1c2c3c4c5c6c7,
	0xd4d1d2d3d4d5d6d7, 0xd5e1e2e3e4e5e6e7, 0xd6f1f2f3f4f5f6f7,
};

/* Makes a call whose first @n arguments have values; the others are 0. */
static void expect_einval(struct run *run, uint64_t index, unsigned n)
{
	uint64_t args[6] = {0};
	struct outcome outcome;
	struct site site;

	if (!register_default(run, &site))
		return;
	memcpy(args, distinct, n * sizeof(args[0]));
	hypercall64(&site, index, args, &outcome);
	if (expect_returned(run, "call", &outcome))
		expect_equal(run, "rax", outcome.after.rax, (uint64_t)-KVM2007_EINVAL);
}

static void with_args(struct run *run)
{
	expect_einval(run, 0, run->check->arg);
}

static void any_index(struct run *run)
{
	expect_einval(run, run->check->arg, 6);
}

static void index_bit(struct run *run)
{
	expect_einval(run, BIT(run->check->arg), 6);
}

static void index_all_ones(struct run *run)
{
	expect_einval(run, UINT64_MAX, 6);
}

/* C5: at any alignment the guest continues three bytes after the call; the bytes around it trap. */
static void continues(struct run *run)
{
	for (unsigned offset = 0x400; offset < 0x410; offset += 5) {
		struct site site = fresh_site_at(PAGE_SITE_A, offset);
		struct outcome outcome;

		expect_registration(run, &site);
		if (run->failed)
			return;
		hypercall64(&site, 0, distinct, &outcome);
		expect_returned(run, "call", &outcome);
	}
}

void sane_call(struct run *run)
{
	struct outcome outcome;
	struct site site;

	if (call_came_back() || !register_default(run, &site))
		return;
	hypercall64(&site, 0, distinct, &outcome);
	expect_returned(run, "call from 64-bit mode", &outcome);
}

/* Before all other calls, so that a host that loses its place is found out by its own rule. */
static const struct check first_checks[] = {
	{"hypercall64.continues", "C5", .body = continues},
};

const struct area first_call_area = AREA(first_checks);

static const struct check checks[] = {
	{"hypercall64.args-0", "C1", .body = with_args, .arg = 0},
	{"hypercall64.args-1", "C1", .body = with_args, .arg = 1},
	{"hypercall64.args-2", "C1", .body = with_args, .arg = 2},
	{"hypercall64.args-3", "C1", .body = with_args, .arg = 3},
	{"hypercall64.args-4", "C1", .body = with_args, .arg = 4},
	{"hypercall64.args-5", "C1", .body = with_args, .arg = 5},
	{"hypercall64.args-6", "C1", .body = with_args, .arg = 6},
	{"hypercall64.index-0", "C3", .body = any_index, .arg = 0},
	{"hypercall64.index-1", "C3", .body = any_index, .arg = 1},
	/* The first index that is not defined. */
	{"hypercall64.index-nr", "C3", .body = any_index, .arg = KVM2007_NR_HYPERCALLS},
	{"hypercall64.index-bit31", "C4", .body = index_bit, .arg = 31, .todo = TODO_ADVICE},
	{"hypercall64.index-bit32", "C4", .body = index_bit, .arg = 32, .todo = TODO_ADVICE},
	{"hypercall64.index-bit63", "C4", .body = index_bit, .arg = 63, .todo = TODO_ADVICE},
	{"hypercall64.index-all-ones", "C4", .body = index_all_ones, .todo = TODO_ADVICE},
};

const struct area hypercall64_area = AREA(checks);
