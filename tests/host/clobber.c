/* SPDX-License-Identifier: GPL-2.0-only */
#include "clobber.h"

#include <stddef.h>

#include "config.h"
#include "x86/cpu.h"
#include "x86/insn.h"

/* Each general purpose register's fault, in the order of struct gprs; NONE where it is not simple. */
static const enum fault gpr_faults[] = {
	FAULT_NONE,     FAULT_CALL_RCX, FAULT_CALL_RDX, FAULT_CALL_RBX,
	FAULT_NONE,     FAULT_CALL_RBP, FAULT_CALL_RSI, FAULT_CALL_RDI,
	FAULT_CALL_R8,  FAULT_CALL_R9,  FAULT_CALL_R10, FAULT_CALL_R11,
	FAULT_CALL_R12, FAULT_CALL_R13, FAULT_CALL_R14, FAULT_CALL_R15,
};

static struct {
	uint64_t rip, rsp, rax;
} last_io;

void clobber_remember_io(struct vcpu *vcpu)
{
	last_io.rip = vcpu->rip;
	last_io.rsp = vcpu->slow.rsp;
	last_io.rax = vcpu->regs.rax;
}

/* Likewise for 32-bit calls: the low halves. */
static const enum fault gpr32_faults[] = {
	FAULT_NONE, FAULT_CALL_ECX, FAULT_CALL_EDX, FAULT_CALL_EBX,
	FAULT_NONE, FAULT_CALL_EBP, FAULT_CALL_ESI, FAULT_CALL_EDI,
};

static void clobber_gpr(struct vcpu *vcpu)
{
	uint64_t *reg = &vcpu->regs.rax;
	bool long_mode = vcpu->efer & EFER_LME;

	for (unsigned i = 0; i < 16; i++) {
		if (gpr_faults[i] == config.fault)
			reg[i] ^= BIT(40);
		if (i < 8 && !long_mode && gpr32_faults[i] == config.fault)
			reg[i] ^= BIT(20);
	}
}

static uint64_t flag(void)
{
	switch (config.fault) {
	case FAULT_CALL_CF:
		return RFLAGS_CF;
	case FAULT_CALL_PF:
		return RFLAGS_PF;
	case FAULT_CALL_AF:
		return RFLAGS_AF;
	case FAULT_CALL_ZF:
		return RFLAGS_ZF;
	case FAULT_CALL_SF:
		return RFLAGS_SF;
	case FAULT_CALL_OF:
		return RFLAGS_OF;
	case FAULT_CALL_DF:
		return RFLAGS_DF;
	default:
		return 0;
	}
}

/* Registers that the CPU keeps beside the guest's and ours: the guest's are still in them. */
static void clobber_live(void)
{
	static const uint32_t mxcsr = 0x1f80;

	switch (config.fault) {
	case FAULT_CALL_X87:
		__asm__ volatile("fninit");
		break;
	case FAULT_CALL_MXCSR:
		__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
		break;
	case FAULT_CALL_XMM7:
		__asm__ volatile("pxor %%xmm7, %%xmm7" : :);
		break;
	case FAULT_CALL_DR1:
		WRITE_REG(dr1, 0);
		break;
	default:
		break;
	}
}

static void clobber_slow(struct vcpu *vcpu)
{
	struct vcpu_slow_state *s = &vcpu->slow;

	switch (config.fault) {
	case FAULT_CALL_RSP:
		s->rsp += 8;
		break;
	case FAULT_CALL_ESP:
		s->rsp += vcpu->efer & EFER_LME ? 0 : 4;
		break;
	case FAULT_CALL_IF:
		s->rflags &= ~RFLAGS_IF;
		break;
	case FAULT_CALL_CR2:
		s->cr2 ^= BIT(12);
		break;
	case FAULT_CALL_CR4:
		s->cr4 ^= BIT(2);
		break;
	case FAULT_CALL_DS:
		s->ds ^= SEL_DATA_B ^ SEL_DATA_C;
		break;
	case FAULT_CALL_FS_BASE:
		s->fs_base = (uint32_t)s->fs_base;
		break;
	case FAULT_CALL_GS_BASE:
		s->gs_base = (uint32_t)s->gs_base;
		break;
	case FAULT_CALL_LSTAR:
		s->lstar ^= BIT(12);
		break;
	case FAULT_CALL_IDTR:
		s->idtr_limit ^= 0xf000;
		break;
	default:
		break;
	}
	s->rflags ^= flag();
}

/* Where a call ends for good. */
static void never_return(void)
{
	static const struct table_register no_idt;

	if (config.fault == FAULT_RESET) /* a trap without an IDT is a triple fault */
		__asm__ volatile("lidt %0; ud2" : : "m"(no_idt));
	for (;;)
		__asm__ volatile("cli; hlt");
}

void clobber(struct vcpu *vcpu)
{
	if (config.fault == FAULT_HANG || config.fault == FAULT_RESET ||
	    (config.fault == FAULT_VCPU1_HANGS && vcpu->id == 1))
		never_return();
	vcpu_sync(vcpu);
	clobber_gpr(vcpu);
	clobber_live();
	clobber_slow(vcpu);
	if (config.fault == FAULT_VCPU1_LOST && vcpu->id == 1)
		vcpu->rip = 0;
	if (config.fault == FAULT_RIP_2)
		vcpu->rip -= 1;
	if (config.fault == FAULT_RIP_4)
		vcpu->rip += 1;
	if (config.fault == FAULT_LOST_RIP) { /* the guest's first code, which it needs no more */
		guest_write(vcpu->memory, vcpu->entry, "\xeb\xfe", 2); /* JMP to itself */
		vcpu->rip = vcpu->entry;
	}
	if (config.fault == FAULT_STALE_RIP) {
		vcpu->rip = last_io.rip;
		vcpu->slow.rsp = last_io.rsp;
		vcpu->regs.rax = last_io.rax;
	}
}
