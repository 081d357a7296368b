/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of a call's arguments, of its convention and of its result: rules C1, C3, C4 and C32. */
#include "host/kvm2007/faults.h"
#include "lib/string.h"

/* ---- arguments; .arg is the number of the first one that changes, from 0 on ---- */

static void swap_with_next(uint64_t *arg)
{
	const uint64_t kept = arg[0];

	arg[0] = arg[1];
	arg[1] = kept;
}

static void read_honestly(struct request *q)
{
	if (q->vcpu->efer & EFER_LME)
		kvm2007_honest.read_call64(q);
	else
		kvm2007_honest.read_call32(q);
}

static void swap_args(struct request *q)
{
	read_honestly(q);
	swap_with_next(&q->args[kvm2007_on->arg]);
}

static void drop_arg(struct request *q)
{
	read_honestly(q);
	q->args[kvm2007_on->arg] = 0;
}

static void cut_arg(struct request *q)
{
	read_honestly(q);
	q->args[kvm2007_on->arg] &= UINT32_MAX;
}

static void keep_upper_halves(struct request *q)
{
	const struct gprs *r = &q->vcpu->regs;

	kvm2007_honest.read_call32(q);
	q->args[3] = r->rsi;
	q->args[4] = r->rdi;
	q->args[5] = r->rbp;
}

/* ---- conventions ---- */

static void read_as_64(struct request *q)
{
	kvm2007_honest.read_call64(q);
}

static void read_as_32(struct request *q)
{
	kvm2007_honest.read_call32(q);
}

const struct row kvm2007_argument_faults[] = {
	{ROW("swap-rdi-rsi", "C1", read_call64, swap_args, "arguments 1 and 2 are swapped"),
	 .arg = 0},
	{ROW("swap-rsi-rdx", "C1", read_call64, swap_args, "arguments 2 and 3 are swapped"),
	 .arg = 1},
	{ROW("swap-rdx-rcx", "C1", read_call64, swap_args, "arguments 3 and 4 are swapped"),
	 .arg = 2},
	{ROW("swap-rcx-r8", "C1", read_call64, swap_args, "arguments 4 and 5 are swapped"),
	 .arg = 3},
	{ROW("swap-r8-r9", "C1", read_call64, swap_args, "arguments 5 and 6 are swapped"),
	 .arg = 4},
	{ROW("drop-rdi", "C1", read_call64, drop_arg, "argument 1 is lost"), .arg = 0},
	{ROW("drop-rsi", "C1", read_call64, drop_arg, "argument 2 is lost"), .arg = 1},
	{ROW("drop-rdx", "C1", read_call64, drop_arg, "argument 3 is lost"), .arg = 2},
	{ROW("drop-rcx", "C1", read_call64, drop_arg, "argument 4 is lost"), .arg = 3},
	{ROW("drop-r8", "C1", read_call64, drop_arg, "argument 5 is lost"), .arg = 4},
	{ROW("drop-r9", "C1", read_call64, drop_arg, "argument 6 is lost"), .arg = 5},
	{ROW("swap-eax-ecx", "C32.1", read_call32, swap_args,
	     "32-bit arguments 1 and 2 are swapped"),
	 .arg = 0},
	{ROW("swap-ecx-edx", "C32.1", read_call32, swap_args,
	     "32-bit arguments 2 and 3 are swapped"),
	 .arg = 1},
	{ROW("swap-edx-esi", "C32.1", read_call32, swap_args,
	     "32-bit arguments 3 and 4 are swapped"),
	 .arg = 2},
	{ROW("swap-esi-edi", "C32.1", read_call32, swap_args,
	     "32-bit arguments 4 and 5 are swapped"),
	 .arg = 3},
	{ROW("swap-edi-ebp", "C32.1", read_call32, swap_args,
	     "32-bit arguments 5 and 6 are swapped"),
	 .arg = 4},
	{ROW("drop-eax", "C32.1", read_call32, drop_arg, "32-bit argument 1 is lost"), .arg = 0},
	{ROW("drop-ecx", "C32.1", read_call32, drop_arg, "32-bit argument 2 is lost"), .arg = 1},
	{ROW("drop-edx", "C32.1", read_call32, drop_arg, "32-bit argument 3 is lost"), .arg = 2},
	{ROW("drop-esi", "C32.1", read_call32, drop_arg, "32-bit argument 4 is lost"), .arg = 3},
	{ROW("drop-edi", "C32.1", read_call32, drop_arg, "32-bit argument 5 is lost"), .arg = 4},
	{ROW("drop-ebp", "C32.1", read_call32, drop_arg, "32-bit argument 6 is lost"), .arg = 5},
	{ROW("stale-upper", "C32.4", read_call32, keep_upper_halves,
	     "32-bit arguments keep what is above them")},
	{ROW("calls-64", "C32.5", read_call32, read_as_64,
	     "32-bit calls are read by the 64-bit convention")},
	{ROW("cut-rdi", "C1", read_call64, cut_arg, "argument 1 is cut to 32 bits"), .arg = 0},
	{ROW("cut-rsi", "C1", read_call64, cut_arg, "argument 2 is cut to 32 bits"), .arg = 1},
	{ROW("cut-rdx", "C1", read_call64, cut_arg, "argument 3 is cut to 32 bits"), .arg = 2},
	{ROW("cut-rcx", "C1", read_call64, cut_arg, "argument 4 is cut to 32 bits"), .arg = 3},
	{ROW("cut-r8", "C1", read_call64, cut_arg, "argument 5 is cut to 32 bits"), .arg = 4},
	{ROW("cut-r9", "C1", read_call64, cut_arg, "argument 6 is cut to 32 bits"), .arg = 5},
	{ROW("args-32", "C1", read_call64, read_as_32,
	     "64-bit calls are read by the 32-bit convention")},
	{.fault.name = NULL},
};

/* ---- results ---- */

static bool is_einval(const struct request *q)
{
	return (uint32_t)q->result == (uint32_t)-KVM2007_EINVAL;
}

static void give_zero_if(struct request *q, bool wrong)
{
	if (wrong)
		q->result = 0;
	kvm2007_honest.give_result(q);
}

static void give_low_half(struct request *q)
{
	q->result = (uint32_t)q->result | (q->vcpu->regs.rax & ~UINT64_C(0xffffffff));
	kvm2007_honest.give_result(q);
}

static void give_nothing(struct request *q)
{
	(void)q;
}

static void give_positive(struct request *q)
{
	if (is_einval(q))
		q->result = KVM2007_EINVAL;
	kvm2007_honest.give_result(q);
}

static void answer_index_1(struct request *q)
{
	give_zero_if(q, q->index == 1);
}

static void answer_cut_index(struct request *q)
{
	give_zero_if(q, q->index && !(uint32_t)q->index);
}

static unsigned calls; /* shared: the calls of all vCPUs together */

static void answer_nth_call(struct request *q)
{
	give_zero_if(q, __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % 1000 == 0);
}

static void answer_32_bit_index(struct request *q)
{
	give_zero_if(q, is_einval(q) && !q->long_mode);
}

/* A 32-bit call gives 0 if these bits of CR0 and CR4 are set. */
static void answer_by_mode(struct request *q, uint64_t cr0, uint64_t cr4)
{
	const struct vcpu_slow_state *s = &q->vcpu->slow;

	vcpu_sync(q->vcpu);
	give_zero_if(q, !q->long_mode && (s->cr0 & cr0) == cr0 && (s->cr4 & cr4) == cr4);
}

static void answer_under_paging(struct request *q)
{
	answer_by_mode(q, CR0_PG, 0);
}

static void answer_under_pae(struct request *q)
{
	answer_by_mode(q, CR0_PG, CR4_PAE);
}

const struct row kvm2007_result_faults[] = {
	{ROW("rax-low", "C3", give_result, give_low_half, "the low half of RAX alone is written")},
	{ROW("rax-kept", "C3", give_result, give_nothing, "RAX is not written")},
	{ROW("result-positive", "C3", give_result, give_positive,
	     "the result is KVM_EINVAL, without the sign")},
	{ROW("index-1", "C3", give_result, answer_index_1,
	     "index 1 is taken for a call that there is")},
	{ROW("index-truncated", "C4", give_result, answer_cut_index,
	     "indices are cut to 32 bits, and 0 gives 0")},
	{ROW("nth-call", "C3", give_result, answer_nth_call, "every 1000th call gives 0")},
	{ROW("result-32", "C32.3", give_result, answer_32_bit_index,
	     "32-bit calls of undefined indices give 0")},
	{ROW("paged-32", "C32.1", give_result, answer_under_paging,
	     "32-bit calls under paging give 0")},
	{ROW("pae-32", "C32.1", give_result, answer_under_pae,
	     "32-bit calls under PAE paging give 0")},
	{.fault.name = NULL},
};
