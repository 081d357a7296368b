/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the call itself: rules KC and KC32, but KC3. */
#include "host/kvm/faults.h"

/* ---- whether it is done, and where the guest goes on ---- */

static void refuse_by_ud(struct kvm_request *q)
{
	q->vcpu->rip -= CALL_LENGTH;
	vcpu_inject_ud(q->vcpu);
}

/* As kvm_pvm. */
static void retry_for_ever(struct kvm_request *q)
{
	q->vcpu->rip -= CALL_LENGTH;
}

/* .arg bytes after the call's start. */
static void resume_at_offset(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	q->vcpu->rip += kvm_on->arg - CALL_LENGTH;
}

static void refuse_without_interrupts(struct kvm_request *q)
{
	if (q->vcpu->slow.rflags & RFLAGS_IF)
		kvm_honest.call(q);
	else
		q->vcpu->regs.rax = (uint64_t)-KVM_EPERM;
}

static void refuse_over_pages(struct kvm_request *q)
{
	if (q->vcpu->rip % PAGE_SIZE == 0 || q->vcpu->rip % PAGE_SIZE >= CALL_LENGTH)
		kvm_honest.call(q);
	else
		refuse_by_ud(q);
}

const struct kvm_row kvm_call_faults[] = {
	{ROW("vmcall-ud", "KC1", call, refuse_by_ud, "a call of today's ABI is #UD")},
	{ROW("vmcall-for-ever", "KC1", call, retry_for_ever,
	     "a call of today's ABI is made again for ever")},
	{ROW("vmcall-if", "KC1", call, refuse_without_interrupts,
	     "a call with interrupts off gets -KVM_EPERM")},
	{ROW("vmcall-two-pages", "KC1", call, refuse_over_pages,
	     "a call that is in two pages is #UD")},
	{ROW("vmcall-rip-4", "KC11", give_result, resume_at_offset,
	     "the guest goes on one byte after today's call"),
	 .arg = 4},
	{ROW("vmcall-rip-2", "KC11", give_result, resume_at_offset,
	     "the guest goes on in the last byte of today's call"),
	 .arg = 2},
	{.fault.name = NULL},
};

/* ---- index and arguments ---- */

/* As VirtualBox. */
static void take_rdi_for_rdx(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	q->args[2] = q->vcpu->regs.rdi;
}

/* .arg is its number. */
static void drop_argument(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	q->args[kvm_on->arg] = 0;
}

static void cut_arguments(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	for (unsigned i = 0; i < 4; i++)
		q->args[i] = (uint32_t)q->args[i];
}

static void cut_index(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	q->index = (uint32_t)q->index;
}

static void take_stale_index(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	q->index = q->vcpu->regs.rax;
}

static void take_stale_argument(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	q->args[0] = q->vcpu->regs.rbx;
}

const struct kvm_row kvm_argument_faults[] = {
	{ROW("vmcall-rdi", "KC2", read_call, take_rdi_for_rdx,
	     "the third argument comes from RDI")},
	{ROW("vmcall-no-rbx", "KC2", read_call, drop_argument, "the first argument is 0"),
	 .arg = 0},
	{ROW("vmcall-no-rcx", "KC2", read_call, drop_argument, "the second argument is 0"),
	 .arg = 1},
	{ROW("vmcall-no-rdx", "KC2", read_call, drop_argument, "the third argument is 0"),
	 .arg = 2},
	{ROW("vmcall-no-rsi", "KC2", read_call, drop_argument, "the fourth argument is 0"),
	 .arg = 3},
	{ROW("vmcall-args-32", "KC2", read_call, cut_arguments,
	     "arguments have 32 bits in 64-bit mode")},
	{ROW("vmcall-index-32", "KC5", read_call, cut_index,
	     "the index has 32 bits in 64-bit mode")},
	{ROW("vmcall32-index", "KC32.1", read_call, take_stale_index,
	     "stale upper halves of the index count in 32-bit code")},
	{ROW("vmcall32-rbx", "KC32.1", read_call, take_stale_argument,
	     "stale upper halves of RBX count in 32-bit code")},
	{.fault.name = NULL},
};

/* ---- results ---- */

/* What an index has that is no call's. */
static void give_other_error(struct kvm_request *q)
{
	kvm_honest.find_result(q);
	if (q->result == (uint64_t)-KVM_ENOSYS)
		q->result = kvm_on->arg;
}

/* .arg is the index. */
static void answer_one_more(struct kvm_request *q)
{
	kvm_honest.find_result(q);
	if (q->index == kvm_on->arg)
		q->result = 0;
}

/* .arg is the index's highest bit. */
static void answer_magnitude(struct kvm_request *q)
{
	kvm_honest.find_result(q);
	if (q->index >> kvm_on->arg == 1)
		q->result = 0;
}

static void answer_cpl3(struct kvm_request *q)
{
	q->vcpu->slow.cpl = 0;
	kvm_honest.call(q);
}

static void give_cpl3_enosys(struct kvm_request *q)
{
	kvm_honest.call(q);
	if (q->vcpu->slow.cpl)
		q->vcpu->regs.rax = (uint64_t)-KVM_ENOSYS;
}

static void refuse_cpl3_by_gp(struct kvm_request *q)
{
	if (!q->vcpu->slow.cpl) {
		kvm_honest.call(q);
		return;
	}
	q->vcpu->rip -= CALL_LENGTH;
	vcpu_inject_gp(q->vcpu);
}

static void cut_result(struct kvm_request *q)
{
	q->result = (uint32_t)q->result;
	kvm_honest.give_result(q);
}

static void extend_result(struct kvm_request *q)
{
	q->vcpu->regs.rax = q->result;
}

static void keep_upper_half(struct kvm_request *q)
{
	uint64_t before = q->vcpu->regs.rax;

	kvm_honest.give_result(q);
	if (!q->long_mode)
		q->vcpu->regs.rax |= before & ~(uint64_t)UINT32_MAX;
}

const struct kvm_row kvm_result_faults[] = {
	{ROW("vmcall-38", "KC4", find_result, give_other_error, "an undefined index gets -38"),
	 .arg = (uint64_t)-38},
	{ROW("vmcall-0", "KC4", find_result, give_other_error, "an undefined index gets 0"),
	 .arg = 0},
	{ROW("vmcall-1", "KC4", find_result, give_other_error, "an undefined index gets -1"),
	 .arg = UINT64_MAX},
	{ROW("vmcall-hc-0", "KC4", find_result, answer_one_more, "index 0 is a call"), .arg = 0},
	{ROW("vmcall-hc-2", "KC4", find_result, answer_one_more, "index 2 is a call"), .arg = 2},
	{ROW("vmcall-hc-14", "KC4", find_result, answer_one_more, "index 14 is a call"), .arg = 14},
	{ROW("vmcall-bit-6", "KC4", find_result, answer_magnitude, "indices 64 to 127 are calls"),
	 .arg = 6},
	{ROW("vmcall-bit-20", "KC4", find_result, answer_magnitude,
	     "indices 2^20 to 2^21-1 are calls"),
	 .arg = 20},
	{ROW("vmcall-bit-31", "KC4", find_result, answer_magnitude,
	     "indices 2^31 to 2^32-1 are calls"),
	 .arg = 31},
	{ROW("vmcall-bit-45", "KC5", find_result, answer_magnitude,
	     "indices 2^45 to 2^46-1 are calls"),
	 .arg = 45},
	{ROW("vmcall-cpl3", "KC6", call, answer_cpl3, "a call from CPL 3 is done")},
	{ROW("vmcall-cpl3-1000", "KC6", call, give_cpl3_enosys, "a call from CPL 3 gets -1000")},
	{ROW("vmcall-cpl3-gp", "KC6", call, refuse_cpl3_by_gp, "a call from CPL 3 is #GP")},
	{ROW("vmcall-result-32", "KC4", give_result, cut_result,
	     "a result has 32 bits in 64-bit mode")},
	{ROW("vmcall32-extended", "KC32.2", give_result, extend_result,
	     "a result is sign-extended after 32-bit code")},
	{ROW("vmcall32-upper", "KC32.2", give_result, keep_upper_half,
	     "a result of 32-bit code leaves the upper half of RAX")},
	{.fault.name = NULL},
};
