/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C32.1-C32.4: the 32-bit convention, from legacy protected mode with paging off, with 32-bit
 * paging and with PAE paging.
 */
#include <stddef.h>

#include "cases/cases.h"
#include "lib/string.h"
#include "x86/machine.h"

static const uint32_t distinct[6] = {
	0xe1a1a2a3, 0xe2b1b2b3, 0xe3c1c2c3, 0xe4d1d2d3, 0xe5e1e2e3, 0xe6f1f2f3,
};

static void expect_returned32(struct run *run, const struct call32 *call)
{
	expect(run, !call->faulted, "call: wanted a return, got exception %u error %#x at eip %#x",
	       call32_vector(call), call->fault_error, call->fault_eip);
}

static void expect_einval(struct run *run, enum mode32 mode, uint32_t index, const uint32_t args[6])
{
	struct call32 call;
	struct site site;

	if (!register_default(run, &site))
		return;
	para_call32(&site, mode, index, args, 0, &call);
	expect_returned32(run, &call);
	if (!call.faulted)
		expect_equal(run, "eax", (uint32_t)call.out.rax, (uint32_t)-KVM_EINVAL);
}

static void expect_einval_args(struct run *run, unsigned n)
{
	uint32_t args[6] = {0};

	for (unsigned i = 0; i < n; i++)
		args[i] = distinct[i];
	expect_einval(run, MODE32_UNPAGED, 0, args);
}

void hypercall32_args_0(struct run *run)
{
	expect_einval_args(run, 0);
}

void hypercall32_args_1(struct run *run)
{
	expect_einval_args(run, 1);
}

void hypercall32_args_2(struct run *run)
{
	expect_einval_args(run, 2);
}

void hypercall32_args_3(struct run *run)
{
	expect_einval_args(run, 3);
}

void hypercall32_args_4(struct run *run)
{
	expect_einval_args(run, 4);
}

void hypercall32_args_5(struct run *run)
{
	expect_einval_args(run, 5);
}

void hypercall32_args_6(struct run *run)
{
	expect_einval_args(run, 6);
}

void hypercall32_paging(struct run *run)
{
	expect_einval(run, MODE32_PAGED, 0, distinct);
}

void hypercall32_pae(struct run *run)
{
	expect_einval(run, MODE32_PAE, 0, distinct);
}

void hypercall32_index_0(struct run *run)
{
	expect_einval(run, MODE32_UNPAGED, 0, distinct);
}

void hypercall32_index_1(struct run *run)
{
	expect_einval(run, MODE32_UNPAGED, 1, distinct);
}

void hypercall32_index_bit31(struct run *run)
{
	expect_einval(run, MODE32_UNPAGED, 0x80000000, distinct);
}

void hypercall32_index_all_ones(struct run *run)
{
	expect_einval(run, MODE32_UNPAGED, UINT32_MAX, distinct);
}

/* A call in one mode, with noise in all registers and all flags set but IF, and the machine around it. */
struct comparison32 {
	struct comparison machine;
	struct call32 call;
};

/* C32.2: the checks of its groups all look at the same three calls, which the first of them makes. */
static const struct comparison32 *the_call(struct run *run, enum mode32 mode)
{
	static struct comparison32 calls[3];
	struct comparison32 *c = &calls[mode];
	struct site site;

	if (!c->machine.made) {
		if (!register_default(run, &site))
			return NULL;
		keeps_begin(&c->machine, 0);
		para_call32(&site, mode, 0, distinct, COMPARED_FLAGS & ~RFLAGS_IF, &c->call);
		keeps_end(&c->machine);
	}
	expect_returned32(run, &c->call);
	return c->call.faulted ? NULL : c;
}

static void keeps(struct run *run, void (*compare)(struct run *run, const struct comparison32 *c))
{
	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++) {
		const struct comparison32 *c = the_call(run, mode);

		if (c)
			compare(run, c);
	}
}

static struct gprs low_halves(const struct gprs *gprs)
{
	struct gprs low = {0};
	const uint64_t *from = &gprs->rax;
	uint64_t *to = &low.rax;

	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint32_t)from[i];
	return low;
}

static void compare_gprs(struct run *run, const struct comparison32 *c)
{
	struct gprs before = low_halves(&c->call.in);
	struct gprs after = low_halves(&c->call.out);

	expect_gprs(run, &before, &after, GPR_BIT(rax));
}

static void compare_flags(struct run *run, const struct comparison32 *c)
{
	expect_flags(run, c->call.in.rflags, c->call.out.rflags);
}

static void compare_segments(struct run *run, const struct comparison32 *c)
{
	static const char names[][3] = {"cs", "ss", "ds", "es", "fs", "gs"};

	for (unsigned i = 0; i < 6; i++)
		expect_equal(run, names[i], c->call.segments[i], call32_segments[i]);
}

static void compare_control(struct run *run, const struct comparison32 *c)
{
	expect_equal(run, "cr0", c->call.out_cr0, c->call.cr0);
	expect_equal(run, "cr3", c->call.out_cr3, c->call.cr3);
	expect_equal(run, "cr4", c->call.out_cr4, c->call.cr4);
}

static void compare_x87(struct run *run, const struct comparison32 *c)
{
	expect_group(run, &c->machine, GROUP_X87);
}

static void compare_sse(struct run *run, const struct comparison32 *c)
{
	expect_group(run, &c->machine, GROUP_MXCSR);
	expect_group(run, &c->machine, GROUP_XMM);
}

static void compare_rest(struct run *run, const struct comparison32 *c)
{
	expect_group(run, &c->machine, GROUP_TABLES);
	expect_group(run, &c->machine, GROUP_SYSCALL);
	expect_group(run, &c->machine, GROUP_CR2);
	expect_group(run, &c->machine, GROUP_DEBUG);
}

void hypercall32_keeps_gprs(struct run *run)
{
	keeps(run, compare_gprs);
}

/* All set but IF, and all clear. */
void hypercall32_keeps_flags(struct run *run)
{
	struct call32 call;
	struct site site;

	keeps(run, compare_flags);
	if (!register_default(run, &site))
		return;
	para_call32(&site, MODE32_UNPAGED, 0, distinct, 0, &call);
	expect_returned32(run, &call);
	if (!call.faulted)
		expect_flags(run, call.in.rflags, call.out.rflags);
}

void hypercall32_keeps_segments(struct run *run)
{
	keeps(run, compare_segments);
}

void hypercall32_keeps_control(struct run *run)
{
	keeps(run, compare_control);
}

void hypercall32_keeps_x87(struct run *run)
{
	keeps(run, compare_x87);
}

void hypercall32_keeps_sse(struct run *run)
{
	keeps(run, compare_sse);
}

/* What legacy mode shares with long mode.  Not the FS and GS bases: loading their selectors sets them. */
void hypercall32_keeps_rest(struct run *run)
{
	keeps(run, compare_rest);
}

/* S1: a registration from legacy mode answers as one from long mode does. */
static void expect_registered_from(struct run *run, enum mode32 mode)
{
	const struct kvm_vcpu_para_state *a = para_state(PAGE_STATE_A),
					 *b = para_state(PAGE_STATE_B);
	struct answer answer;
	struct call32 call;
	struct site site;

	if (!register_default(run, &site))
		return;
	prepare(PAGE_STATE_B, KVM_PARA_API_VERSION, site.gpa, &answer);
	site = para_site(PAGE_SITE_A, 0x100);
	para_wrmsr32(MSR_KVM_API_MAGIC, para_gpa(PAGE_STATE_B), mode, &call);
	expect_returned32(run, &call);
	expect(run, !memcmp(a, b, 24), "the page: wanted what a registration from long mode gives");
	expect(run, site_patched(&site), "site: wanted it patched");
}

void register_from_unpaged(struct run *run)
{
	expect_registered_from(run, MODE32_UNPAGED);
}

void register_from_paged(struct run *run)
{
	expect_registered_from(run, MODE32_PAGED);
	expect_registered_from(run, MODE32_PAE);
}
