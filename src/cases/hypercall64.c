/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C1, C3-C5: any index, with any arguments, returns -KVM_EINVAL in all of RAX, and the
 * guest goes on behind the call.
 */
#include "cases/cases.h"
#include "x86/defs.h"

static const uint64_t distinct[6] = {
	0xd1a1a2a3a4a5a6a7, 0xd2b1b2b3b4b5b6b7, 0xd3c1c2c3c4c5c6c7,
	0xd4d1d2d3d4d5d6d7, 0xd5e1e2e3e4e5e6e7, 0xd6f1f2f3f4f5f6f7,
};

static void expect_einval(struct run *run, uint64_t index, const uint64_t args[6])
{
	struct outcome outcome;
	struct site site;

	if (!register_default(run, &site))
		return;
	para_call(&site, index, args, &outcome);
	if (expect_returned(run, "call", &outcome))
		expect_equal(run, "rax", outcome.after.rax, (uint64_t)-KVM_EINVAL);
}

/* The first @n arguments have values, the others are 0. */
static void expect_einval_args(struct run *run, unsigned n)
{
	uint64_t args[6] = {0};

	for (unsigned i = 0; i < n; i++)
		args[i] = distinct[i];
	expect_einval(run, 0, args);
}

void hypercall64_args_0(struct run *run)
{
	expect_einval_args(run, 0);
}

void hypercall64_args_1(struct run *run)
{
	expect_einval_args(run, 1);
}

void hypercall64_args_2(struct run *run)
{
	expect_einval_args(run, 2);
}

void hypercall64_args_3(struct run *run)
{
	expect_einval_args(run, 3);
}

void hypercall64_args_4(struct run *run)
{
	expect_einval_args(run, 4);
}

void hypercall64_args_5(struct run *run)
{
	expect_einval_args(run, 5);
}

void hypercall64_args_6(struct run *run)
{
	expect_einval_args(run, 6);
}

void hypercall64_index_0(struct run *run)
{
	expect_einval(run, 0, distinct);
}

void hypercall64_index_1(struct run *run)
{
	expect_einval(run, 1, distinct);
}

/* The first index that no version 1 host defines. */
void hypercall64_index_nr(struct run *run)
{
	expect_einval(run, __NR_hypercalls, distinct);
}

void hypercall64_index_bit31(struct run *run)
{
	expect_einval(run, BIT(31), distinct);
}

void hypercall64_index_bit32(struct run *run)
{
	expect_einval(run, BIT(32), distinct);
}

void hypercall64_index_bit63(struct run *run)
{
	expect_einval(run, BIT(63), distinct);
}

void hypercall64_index_all_ones(struct run *run)
{
	expect_einval(run, UINT64_MAX, distinct);
}

/* C5: a call from any alignment goes on three bytes later; all else around the site traps. */
void hypercall64_continues(struct run *run)
{
	for (unsigned offset = 0x400; offset < 0x410; offset += 5) {
		struct outcome outcome;
		struct answer answer;
		struct site site;

		para_reset();
		site = para_site(PAGE_SITE_A, offset);
		register_page(PAGE_STATE_A, KVM_PARA_API_VERSION, site.gpa, &answer);
		expect_success(run, &answer, &site);
		if (run->failed)
			return;
		para_call(&site, 0, distinct, &outcome);
		expect_returned(run, "call", &outcome);
	}
}
