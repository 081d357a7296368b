/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that change what a call must leave alone: rules C2 and C32.2. */
#include "host/kvm2007/faults.h"
#include "x86/cpu.h"
#include "x86/insn.h"

/* ---- general purpose registers; .arg is the register's number in struct gprs ---- */

#define GPR(name) (offsetof(struct gprs, name) / sizeof(uint64_t))

static void clobber_gpr(struct request *q)
{
	kvm2007_honest.give_result(q);
	(&q->vcpu->regs.rax)[kvm2007_on->arg] ^= BIT(40);
}

static void clobber_gpr32(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (!(q->vcpu->efer & EFER_LME))
		(&q->vcpu->regs.rax)[kvm2007_on->arg] ^= BIT(20);
}

/* The slow state that the guest will have after its call. */
static struct vcpu_slow_state *after_call(struct request *q)
{
	kvm2007_honest.give_result(q);
	vcpu_sync(q->vcpu);
	return &q->vcpu->slow;
}

static void clobber_rsp(struct request *q)
{
	after_call(q)->rsp += 8;
}

static void clobber_esp(struct request *q)
{
	after_call(q)->rsp += q->vcpu->efer & EFER_LME ? 0 : 4;
}

const struct row kvm2007_gpr_faults[] = {
	{ROW("call-rcx", "C2", give_result, clobber_gpr, "RCX is clobbered"), .arg = GPR(rcx)},
	{ROW("call-rdx", "C2", give_result, clobber_gpr, "RDX is clobbered"), .arg = GPR(rdx)},
	{ROW("call-rbx", "C2", give_result, clobber_gpr, "RBX is clobbered"), .arg = GPR(rbx)},
	{ROW("call-rsp", "C2", give_result, clobber_rsp, "RSP is clobbered")},
	{ROW("call-rbp", "C2", give_result, clobber_gpr, "RBP is clobbered"), .arg = GPR(rbp)},
	{ROW("call-rsi", "C2", give_result, clobber_gpr, "RSI is clobbered"), .arg = GPR(rsi)},
	{ROW("call-rdi", "C2", give_result, clobber_gpr, "RDI is clobbered"), .arg = GPR(rdi)},
	{ROW("call-r8", "C2", give_result, clobber_gpr, "R8 is clobbered"), .arg = GPR(r8)},
	{ROW("call-r9", "C2", give_result, clobber_gpr, "R9 is clobbered"), .arg = GPR(r9)},
	{ROW("call-r10", "C2", give_result, clobber_gpr, "R10 is clobbered"), .arg = GPR(r10)},
	{ROW("call-r11", "C2", give_result, clobber_gpr, "R11 is clobbered"), .arg = GPR(r11)},
	{ROW("call-r12", "C2", give_result, clobber_gpr, "R12 is clobbered"), .arg = GPR(r12)},
	{ROW("call-r13", "C2", give_result, clobber_gpr, "R13 is clobbered"), .arg = GPR(r13)},
	{ROW("call-r14", "C2", give_result, clobber_gpr, "R14 is clobbered"), .arg = GPR(r14)},
	{ROW("call-r15", "C2", give_result, clobber_gpr, "R15 is clobbered"), .arg = GPR(r15)},
	{ROW("call32-ecx", "C32.2", give_result, clobber_gpr32, "ECX is clobbered in 32-bit calls"),
	 .arg = GPR(rcx)},
	{ROW("call32-edx", "C32.2", give_result, clobber_gpr32, "EDX is clobbered in 32-bit calls"),
	 .arg = GPR(rdx)},
	{ROW("call32-ebx", "C32.2", give_result, clobber_gpr32, "EBX is clobbered in 32-bit calls"),
	 .arg = GPR(rbx)},
	{ROW("call32-esp", "C32.2", give_result, clobber_esp, "ESP is clobbered in 32-bit calls")},
	{ROW("call32-ebp", "C32.2", give_result, clobber_gpr32, "EBP is clobbered in 32-bit calls"),
	 .arg = GPR(rbp)},
	{ROW("call32-esi", "C32.2", give_result, clobber_gpr32, "ESI is clobbered in 32-bit calls"),
	 .arg = GPR(rsi)},
	{ROW("call32-edi", "C32.2", give_result, clobber_gpr32, "EDI is clobbered in 32-bit calls"),
	 .arg = GPR(rdi)},
	{.fault.name = NULL},
};

/* ---- flags; .arg is the flag's bit ---- */

static void flip_flag(struct request *q)
{
	after_call(q)->rflags ^= kvm2007_on->arg;
}

static void clear_if(struct request *q)
{
	after_call(q)->rflags &= ~RFLAGS_IF;
}

const struct row kvm2007_flag_faults[] = {
	{ROW("call-cf", "C2", give_result, flip_flag, "CF is flipped"), .arg = RFLAGS_CF},
	{ROW("call-pf", "C2", give_result, flip_flag, "PF is flipped"), .arg = RFLAGS_PF},
	{ROW("call-af", "C2", give_result, flip_flag, "AF is flipped"), .arg = RFLAGS_AF},
	{ROW("call-zf", "C2", give_result, flip_flag, "ZF is flipped"), .arg = RFLAGS_ZF},
	{ROW("call-sf", "C2", give_result, flip_flag, "SF is flipped"), .arg = RFLAGS_SF},
	{ROW("call-of", "C2", give_result, flip_flag, "OF is flipped"), .arg = RFLAGS_OF},
	{ROW("call-df", "C2", give_result, flip_flag, "DF is flipped"), .arg = RFLAGS_DF},
	{ROW("call-if", "C2", give_result, clear_if, "IF is cleared")},
	{.fault.name = NULL},
};

/* ---- other registers ---- */

static void clobber_cr2(struct request *q)
{
	after_call(q)->cr2 ^= BIT(12);
}

static void clobber_cr4(struct request *q)
{
	after_call(q)->cr4 ^= BIT(2);
}

static void flip_sce(struct request *q)
{
	after_call(q);
	q->vcpu->efer ^= EFER_SCE;
}

/* In entry 7, which the guest's page tables don't use. */
static void clobber_pat(struct request *q)
{
	after_call(q);
	q->vcpu->pat ^= BIT(56);
}

static void clobber_ds(struct request *q)
{
	after_call(q)->ds ^= SEL_DATA_B ^ SEL_DATA_C;
}

static void cut_fs_base(struct request *q)
{
	after_call(q)->fs_base &= UINT32_MAX;
}

static void cut_gs_base(struct request *q)
{
	after_call(q)->gs_base &= UINT32_MAX;
}

static void change_fs_base32(struct request *q)
{
	after_call(q)->fs_base ^= q->vcpu->efer & EFER_LME ? 0 : BIT(4);
}

static void change_gs_base32(struct request *q)
{
	after_call(q)->gs_base ^= q->vcpu->efer & EFER_LME ? 0 : BIT(31);
}

static void clobber_lstar(struct request *q)
{
	after_call(q)->lstar ^= BIT(12);
}

static void clobber_idtr(struct request *q)
{
	after_call(q)->idtr_limit ^= 0xf000;
}

/* The world switch leaves the guest's values in these registers. */

static void clobber_dr1(struct request *q)
{
	kvm2007_honest.give_result(q);
	WRITE_REG(dr1, 0);
}

static void reset_x87(struct request *q)
{
	kvm2007_honest.give_result(q);
	__asm__ volatile("fninit");
}

static void reset_mxcsr(struct request *q)
{
	static const uint32_t mxcsr = 0x1f80;

	kvm2007_honest.give_result(q);
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

static void clear_xmm7(struct request *q)
{
	kvm2007_honest.give_result(q);
	__asm__ volatile("pxor %%xmm7, %%xmm7" : :);
}

const struct row kvm2007_state_faults[] = {
	{ROW("call-cr2", "C2", give_result, clobber_cr2, "CR2 is clobbered")},
	{ROW("call-cr4", "C2", give_result, clobber_cr4, "CR4.TSD is set")},
	{ROW("call-efer", "C2", give_result, flip_sce, "EFER.SCE is flipped")},
	{ROW("call-pat", "C2", give_result, clobber_pat, "PAT is changed")},
	{ROW("call-ds", "C2", give_result, clobber_ds, "DS is loaded anew")},
	{ROW("call-fs-base", "C2", give_result, cut_fs_base, "the FS base is cut to 32 bits")},
	{ROW("call-gs-base", "C2", give_result, cut_gs_base, "the GS base is cut to 32 bits")},
	{ROW("call32-fs-base", "C32.2", give_result, change_fs_base32,
	     "the FS base changes in 32-bit calls")},
	{ROW("call32-gs-base", "C32.2", give_result, change_gs_base32,
	     "the GS base changes in 32-bit calls")},
	{ROW("call-lstar", "C2", give_result, clobber_lstar, "LSTAR is clobbered")},
	{ROW("call-idtr", "C2", give_result, clobber_idtr, "the IDTR's limit is changed")},
	{ROW("call-dr1", "C2", give_result, clobber_dr1, "DR1 is clobbered")},
	{ROW("call-x87", "C2", give_result, reset_x87, "the x87 unit is reset")},
	{ROW("call-mxcsr", "C2", give_result, reset_mxcsr, "MXCSR is reset")},
	{ROW("call-xmm7", "C2", give_result, clear_xmm7, "XMM7 is cleared")},
	{.fault.name = NULL},
};
