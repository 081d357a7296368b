/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that change what a call must leave alone: rules C2 and C32.2. */
#include "host/kvm2007/faults.h"
#include "x86/cpu.h"
#include "x86/insn.h"

/* ---- general purpose registers; .arg is their place in struct gprs ---- */

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

/* The rest of what the guest has after its call. */
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

static const struct row gpr_rows[] = {
	{{"call-rcx", "C2", "RCX is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(rcx))},
	{{"call-rdx", "C2", "RDX is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(rdx))},
	{{"call-rbx", "C2", "RBX is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(rbx))},
	{{"call-rsp", "C2", "RSP is clobbered"}, AT(give_result, clobber_rsp)},
	{{"call-rbp", "C2", "RBP is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(rbp))},
	{{"call-rsi", "C2", "RSI is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(rsi))},
	{{"call-rdi", "C2", "RDI is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(rdi))},
	{{"call-r8", "C2", "R8 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r8))},
	{{"call-r9", "C2", "R9 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r9))},
	{{"call-r10", "C2", "R10 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r10))},
	{{"call-r11", "C2", "R11 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r11))},
	{{"call-r12", "C2", "R12 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r12))},
	{{"call-r13", "C2", "R13 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r13))},
	{{"call-r14", "C2", "R14 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r14))},
	{{"call-r15", "C2", "R15 is clobbered"}, AT_WITH(give_result, clobber_gpr, GPR(r15))},
	{{"call32-ecx", "C32.2", "ECX is clobbered in 32-bit calls"},
	 AT_WITH(give_result, clobber_gpr32, GPR(rcx))},
	{{"call32-edx", "C32.2", "EDX is clobbered in 32-bit calls"},
	 AT_WITH(give_result, clobber_gpr32, GPR(rdx))},
	{{"call32-ebx", "C32.2", "EBX is clobbered in 32-bit calls"},
	 AT_WITH(give_result, clobber_gpr32, GPR(rbx))},
	{{"call32-esp", "C32.2", "ESP is clobbered in 32-bit calls"}, AT(give_result, clobber_esp)},
	{{"call32-ebp", "C32.2", "EBP is clobbered in 32-bit calls"},
	 AT_WITH(give_result, clobber_gpr32, GPR(rbp))},
	{{"call32-esi", "C32.2", "ESI is clobbered in 32-bit calls"},
	 AT_WITH(give_result, clobber_gpr32, GPR(rsi))},
	{{"call32-edi", "C32.2", "EDI is clobbered in 32-bit calls"},
	 AT_WITH(give_result, clobber_gpr32, GPR(rdi))},
};

ROWS(kvm2007_gpr_faults, gpr_rows);

/* ---- flags ---- */

static void flip_flag(struct request *q)
{
	after_call(q)->rflags ^= kvm2007_on->arg;
}

static void clear_if(struct request *q)
{
	after_call(q)->rflags &= ~RFLAGS_IF;
}

static const struct row flag_rows[] = {
	{{"call-cf", "C2", "CF is flipped"}, AT_WITH(give_result, flip_flag, (uint16_t)RFLAGS_CF)},
	{{"call-pf", "C2", "PF is flipped"}, AT_WITH(give_result, flip_flag, (uint16_t)RFLAGS_PF)},
	{{"call-af", "C2", "AF is flipped"}, AT_WITH(give_result, flip_flag, (uint16_t)RFLAGS_AF)},
	{{"call-zf", "C2", "ZF is flipped"}, AT_WITH(give_result, flip_flag, (uint16_t)RFLAGS_ZF)},
	{{"call-sf", "C2", "SF is flipped"}, AT_WITH(give_result, flip_flag, (uint16_t)RFLAGS_SF)},
	{{"call-of", "C2", "OF is flipped"}, AT_WITH(give_result, flip_flag, (uint16_t)RFLAGS_OF)},
	{{"call-df", "C2", "DF is flipped"}, AT_WITH(give_result, flip_flag, (uint16_t)RFLAGS_DF)},
	{{"call-if", "C2", "IF is cleared"}, AT(give_result, clear_if)},
};

ROWS(kvm2007_flag_faults, flag_rows);

/* ---- other registers ---- */

static void clobber_cr2(struct request *q)
{
	after_call(q)->cr2 ^= BIT(12);
}

static void clobber_cr4(struct request *q)
{
	after_call(q)->cr4 ^= BIT(2);
}

static void clobber_ds(struct request *q)
{
	after_call(q)->ds ^= SEL_DATA_B ^ SEL_DATA_C;
}

static void cut_fs_base(struct request *q)
{
	struct vcpu_slow_state *s = after_call(q);

	s->fs_base = (uint32_t)s->fs_base;
}

static void cut_gs_base(struct request *q)
{
	struct vcpu_slow_state *s = after_call(q);

	s->gs_base = (uint32_t)s->gs_base;
}

static void clobber_lstar(struct request *q)
{
	after_call(q)->lstar ^= BIT(12);
}

static void clobber_idtr(struct request *q)
{
	after_call(q)->idtr_limit ^= 0xf000;
}

/* In these the guest's values stay while the host runs. */

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

static const struct row state_rows[] = {
	{{"call-cr2", "C2", "CR2 is clobbered"}, AT(give_result, clobber_cr2)},
	{{"call-cr4", "C2", "CR4.TSD is set"}, AT(give_result, clobber_cr4)},
	{{"call-ds", "C2", "DS is loaded anew"}, AT(give_result, clobber_ds)},
	{{"call-fs-base", "C2", "the FS base is cut to 32 bits"}, AT(give_result, cut_fs_base)},
	{{"call-gs-base", "C2", "the GS base is cut to 32 bits"}, AT(give_result, cut_gs_base)},
	{{"call-lstar", "C2", "LSTAR is clobbered"}, AT(give_result, clobber_lstar)},
	{{"call-idtr", "C2", "the IDTR's limit is changed"}, AT(give_result, clobber_idtr)},
	{{"call-dr1", "C2", "DR1 is clobbered"}, AT(give_result, clobber_dr1)},
	{{"call-x87", "C2", "the x87 unit is reset"}, AT(give_result, reset_x87)},
	{{"call-mxcsr", "C2", "MXCSR is reset"}, AT(give_result, reset_mxcsr)},
	{{"call-xmm7", "C2", "XMM7 is cleared"}, AT(give_result, clear_xmm7)},
};

ROWS(kvm2007_state_faults, state_rows);
