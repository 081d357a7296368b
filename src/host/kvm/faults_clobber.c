/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that change what a call must leave alone: rules KC3 and KC32.3. */
#include "host/kvm/faults.h"

#define GPR(name) (offsetof(struct gprs, name) / sizeof(uint64_t))

/* .arg is the register's number in struct gprs. */
static void clobber_gpr(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	(&q->vcpu->regs.rax)[kvm_on->arg] ^= BIT(40);
}

static void clobber_gpr32(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	if (!q->long_mode)
		(&q->vcpu->regs.rax)[kvm_on->arg] ^= BIT(20);
}

static void clobber_if_known(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	if (q->index == KVM_HC_VAPIC_POLL_IRQ)
		q->vcpu->regs.rbx ^= BIT(20);
}

static void move_rsp(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	q->vcpu->slow.rsp += 8;
}

/* .arg is the flag. */
static void flip_flag(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	q->vcpu->slow.rflags ^= kvm_on->arg;
}

static void clear_if(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	q->vcpu->slow.rflags &= ~RFLAGS_IF;
}

static void clobber_cr2(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	q->vcpu->slow.cr2 ^= BIT(12);
}

static void cut_fs_base(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	q->vcpu->slow.fs_base &= UINT32_MAX;
}

static void flip_sce(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	q->vcpu->efer ^= EFER_SCE;
}

/* The world switch leaves the guest's values in XMM registers and debug registers. */
static void clear_xmm7(struct kvm_request *q)
{
	kvm_honest.give_result(q);
	__asm__ volatile("pxor %%xmm7, %%xmm7" : :);
}

const struct kvm_row kvm_clobber_faults[] = {
	{ROW("vmcall-rbx", "KC3", give_result, clobber_gpr, "today's call clobbers RBX"),
	 .arg = GPR(rbx)},
	{ROW("vmcall-rcx", "KC3", give_result, clobber_gpr, "today's call clobbers RCX"),
	 .arg = GPR(rcx)},
	{ROW("vmcall-rdx", "KC3", give_result, clobber_gpr, "today's call clobbers RDX"),
	 .arg = GPR(rdx)},
	{ROW("vmcall-rsi", "KC3", give_result, clobber_gpr, "today's call clobbers RSI"),
	 .arg = GPR(rsi)},
	{ROW("vmcall-rsp", "KC3", give_result, move_rsp, "today's call moves RSP")},
	{ROW("vmcall-r8", "KC3", give_result, clobber_gpr, "today's call clobbers R8"),
	 .arg = GPR(r8)},
	{ROW("vmcall-r11", "KC3", give_result, clobber_gpr, "today's call clobbers R11"),
	 .arg = GPR(r11)},
	{ROW("vmcall-known-rbx", "KC3", give_result, clobber_if_known, "call 1 clobbers RBX")},
	{ROW("vmcall-cf", "KC3", give_result, flip_flag, "today's call flips CF"),
	 .arg = RFLAGS_CF},
	{ROW("vmcall-df", "KC3", give_result, flip_flag, "today's call flips DF"),
	 .arg = RFLAGS_DF},
	{ROW("vmcall-if-cleared", "KC3", give_result, clear_if, "today's call clears IF")},
	{ROW("vmcall-cr2", "KC3", give_result, clobber_cr2, "today's call changes CR2")},
	{ROW("vmcall-fs", "KC3", give_result, cut_fs_base, "today's call cuts FS's base")},
	{ROW("vmcall-sce", "KC3", give_result, flip_sce, "today's call flips EFER.SCE")},
	{ROW("vmcall-xmm7", "KC3", give_result, clear_xmm7, "today's call clears XMM7")},
	{ROW("vmcall32-ebx", "KC32.3", give_result, clobber_gpr32,
	     "today's call clobbers EBX in 32-bit code"),
	 .arg = GPR(rbx)},
	{ROW("vmcall32-ebp", "KC32.3", give_result, clobber_gpr32,
	     "today's call clobbers EBP in 32-bit code"),
	 .arg = GPR(rbp)},
	{.fault.name = NULL},
};
