/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Intel's VMX: translates between struct vcpu and the VMCS.  SDM volume 3 (325384-083) chapters 26
 * to 28.
 */
#include "host/vmx.h"

#include "host/interrupt.h"
#include "host/vmx_insn.h"
#include "x86/insn.h"

#define BASIC_REASON 0xffffu /* the higher bits of an exit reason are flags: 25.9.1 */

static COLD void vmx_start(struct vcpu *vcpu, const struct vcpu_start *start)
{
	vmx_prepare(vcpu, start);
	vcpu->entered = true;
	if (!vcpu_must_leave(vcpu)) /* an INIT that came until now */
		vmx_run(vcpu);
	vcpu->entered = false;
	vmxoff();
}

/* Between the last look for an INIT and the guest: an exit at once. */
static COLD void kicked(void)
{
	vmx_set_trap(true);
}

static COLD void vmx_sync(struct vcpu *vcpu)
{
	uint64_t cr0 = vmread(VMCS_GUEST_CR0), cr4 = vmread(VMCS_GUEST_CR4);
	uint64_t cs = vmread(VMCS_GUEST_CS_RIGHTS);

	vcpu->rip = vmread(VMCS_GUEST_RIP);
	vcpu->efer = (vcpu->efer & ~EFER_LMA) | (vmread(VMCS_GUEST_EFER) & EFER_LMA);
	vcpu->slow = (struct vcpu_slow_state){
		.rsp = vmread(VMCS_GUEST_RSP),
		.rflags = vmread(VMCS_GUEST_RFLAGS),
		.cr0 = (cr0 & ~CR0_HOST_OWNED) | (vmread(VMCS_CR0_SHADOW) & CR0_HOST_OWNED),
		.cr2 = READ_REG(cr2),
		.cr3 = vmread(VMCS_GUEST_CR3),
		.cr4 = cr4 & ~CR4_HOST_OWNED,
		.fs_base = vmread(VMCS_GUEST_FS_BASE),
		.gs_base = vmread(VMCS_GUEST_GS_BASE),
		.lstar = rdmsr(MSR_LSTAR),
		.ds = (uint16_t)vmread(VMCS_GUEST_DS_SELECTOR),
		.idtr_limit = (uint16_t)vmread(VMCS_GUEST_IDTR_LIMIT),
		.cs_base = vmread(VMCS_GUEST_CS_BASE),
		.cpl = vmread(VMCS_GUEST_SS_RIGHTS) >> 5 & 3, /* 25.4.1: SS's DPL */
		.code_bits = code_bits(vcpu, cs & BIT(13), cs & BIT(14)),
	};
}

/* The reverse of vmx_sync().  EFER.LMA stays as the CPU has set it. */
static COLD void write_back(struct vcpu *vcpu)
{
	const struct vcpu_slow_state *s = &vcpu->slow;

	vmwrite(VMCS_GUEST_RIP, vcpu->rip);
	vmwrite(VMCS_GUEST_EFER, (vcpu->efer & ~EFER_LMA) | (vmread(VMCS_GUEST_EFER) & EFER_LMA));
	vmwrite(VMCS_GUEST_PAT, vcpu->pat);
	vmwrite(VMCS_GUEST_RSP, s->rsp);
	vmwrite(VMCS_GUEST_RFLAGS, s->rflags);
	WRITE_REG(cr2, s->cr2);
	vmwrite(VMCS_CR0_SHADOW, s->cr0);
	vmwrite(VMCS_GUEST_CR4, s->cr4 | CR4_HOST_OWNED);
	vmwrite(VMCS_GUEST_FS_BASE, s->fs_base);
	vmwrite(VMCS_GUEST_GS_BASE, s->gs_base);
	wrmsr(MSR_LSTAR, s->lstar);
	vmwrite(VMCS_GUEST_DS_SELECTOR, s->ds);
	vmwrite(VMCS_GUEST_IDTR_LIMIT, s->idtr_limit);
	vcpu->synced = false;
	if (!vcpu->event.pending)
		return;
	if (vcpu->event.has_error)
		vmwrite(VMCS_ENTRY_EVENT_ERROR, vcpu->event.error);
	vmwrite(VMCS_ENTRY_EVENT, vcpu_take_event(vcpu));
}

static COLD void intercept_interrupts(struct vcpu *vcpu, bool on)
{
	(void)vcpu;
	vmx_set_interrupt_exits(on);
	vmx_set_window_exits(false);
}

/*
 * 26.2: an interrupt exits even if the guest cannot take it.  It stays pending then, and the next
 * exit is when the guest can.
 */
static COLD void wait_for_window(struct vcpu_exit *exit)
{
	exit->open = vmread(VMCS_GUEST_RFLAGS) & RFLAGS_IF &&
		     !(vmread(VMCS_GUEST_INTERRUPTIBILITY) & BLOCKED_BY_STI_MOV_SS);
	vmx_set_interrupt_exits(exit->open);
	vmx_set_window_exits(!exit->open);
}

static COLD void flip_field(enum vmcs_field field, uint64_t bits)
{
	vmwrite(field, vmread(field) ^ bits);
}

static COLD void flip_msr(uint32_t msr, uint64_t bits)
{
	wrmsr(msr, rdmsr(msr) ^ bits);
}

/* What the VMCS does not have keeps the guest's value in the host. */
static COLD void vmx_flip(struct vcpu *vcpu, enum vcpu_register which, uint64_t bits)
{
	static const uint16_t fields[REGISTERS] = {
		[REGISTER_CS] = VMCS_GUEST_CS_SELECTOR,
		[REGISTER_SS] = VMCS_GUEST_SS_SELECTOR,
		[REGISTER_ES] = VMCS_GUEST_ES_SELECTOR,
		[REGISTER_FS] = VMCS_GUEST_FS_SELECTOR,
		[REGISTER_GS] = VMCS_GUEST_GS_SELECTOR,
		[REGISTER_TR] = VMCS_GUEST_TR_SELECTOR,
		[REGISTER_LDTR] = VMCS_GUEST_LDTR_SELECTOR,
		[REGISTER_GDTR_LIMIT] = VMCS_GUEST_GDTR_LIMIT,
		[REGISTER_GDTR_BASE] = VMCS_GUEST_GDTR_BASE,
		[REGISTER_IDTR_BASE] = VMCS_GUEST_IDTR_BASE,
		[REGISTER_SYSENTER_CS] = VMCS_GUEST_SYSENTER_CS,
		[REGISTER_SYSENTER_ESP] = VMCS_GUEST_SYSENTER_ESP,
		[REGISTER_SYSENTER_EIP] = VMCS_GUEST_SYSENTER_EIP,
		[REGISTER_ES_BASE] = VMCS_GUEST_ES_BASE,
		[REGISTER_ES_RIGHTS] = VMCS_GUEST_ES_RIGHTS,
		[REGISTER_GS_LIMIT] = VMCS_GUEST_GS_LIMIT,
		[REGISTER_CR0] = VMCS_GUEST_CR0,
		[REGISTER_CR3] = VMCS_GUEST_CR3,
		[REGISTER_DR7] = VMCS_GUEST_DR7,
	};
	static const uint32_t msrs[REGISTERS] = {
		[REGISTER_KERNEL_GS_BASE] = MSR_KERNEL_GS_BASE,
		[REGISTER_STAR] = MSR_STAR,
		[REGISTER_CSTAR] = MSR_CSTAR,
		[REGISTER_SFMASK] = MSR_SFMASK,
	};

	(void)vcpu;
	if (which == REGISTER_DR6)
		WRITE_REG(dr6, READ_REG(dr6) ^ bits);
	else if (msrs[which])
		flip_msr(msrs[which], bits);
	else
		flip_field(fields[which], bits);
}

static void translate_io(struct vcpu_exit *exit)
{
	uint64_t q = exit->information;

	exit->io.port = (uint16_t)(q >> IO_PORT_SHIFT);
	exit->io.size = (uint8_t)((q & IO_SIZE_MASK) + 1);
	exit->io.in = q & IO_IN;
	exit->io.string = q & IO_STRING;
	exit->io.repeated = q & IO_REPEATED;
}

static void translate_exception(struct vcpu_exit *exit)
{
	uint64_t event = vmread(VMCS_EXIT_EVENT);

	if (EVENT_TYPE(event) == EVENT_NMI)
		exit->kind = EXIT_NMI;
	exit->event = (struct vcpu_event){
		.pending = true, .has_error = event & EVENT_ERROR, .vector = (uint8_t)event};
	if (exit->event.has_error)
		exit->event.error = (uint32_t)vmread(VMCS_EXIT_EVENT_ERROR);
	exit->gpa = exit->information; /* of a page fault: 28.2.1 */
}

static void translate(uint32_t reason, struct vcpu_exit *exit)
{
	static const struct {
		enum exit_kind kind;
		const char *name;
	} known[] = {
#define X(number, symbol, kind, name) [number] = {EXIT_##kind, name},
		VMX_REASONS(X)
#undef X
	};
	const uint32_t basic = reason & BASIC_REASON;

	*exit = (struct vcpu_exit){.length = (uint8_t)vmread(VMCS_EXIT_INSTRUCTION_LENGTH),
				   .code = reason,
				   .information = vmread(VMCS_EXIT_QUALIFICATION)};
	if (basic < sizeof(known) / sizeof(known[0])) {
		exit->kind = known[basic].kind;
		exit->name = known[basic].name;
	}
	if (exit->kind == EXIT_IO)
		translate_io(exit);
	if (exit->kind == EXIT_EXCEPTION)
		translate_exception(exit);
	if (exit->kind == EXIT_CR_WRITE)
		exit->cr = exit->information & CR_NUMBER_MASK;
	if (exit->kind == EXIT_INTERRUPT)
		wait_for_window(exit);
	if (exit->kind != EXIT_NESTED_FAULT)
		return;
	exit->gpa = vmread(VMCS_GUEST_PHYSICAL_ADDRESS);
	exit->event = vcpu_interrupted(vmread(VMCS_INTERRUPTED_EVENT) | /* 28.2.4 */
					       vmread(VMCS_INTERRUPTED_ERROR) << 32,
				       false);
}

/* The instruction is done: an STI or MOV SS before it blocks nothing any more. */
static inline void end_blocking(void)
{
	const uint64_t blocking = vmread(VMCS_GUEST_INTERRUPTIBILITY);

	if (blocking & BLOCKED_BY_STI_MOV_SS)
		vmwrite(VMCS_GUEST_INTERRUPTIBILITY, blocking & ~BLOCKED_BY_STI_MOV_SS);
}

/* Any exit except a hypercall. */
static COLD __attribute__((noinline)) struct vcpu *slow_exit(struct vcpu *vcpu, uint32_t reason)
{
	uint64_t rip;
	bool going_on;

	vcpu_sync(vcpu);
	rip = vcpu->rip;
	translate(reason, &vcpu->exit);
	if (reason == VMX_MONITOR_TRAP || reason == VMX_TIMER)
		vmx_set_trap(false);
	else if (vcpu->exit.kind == EXIT_NMI)
		vmx_unblock_nmis();
	going_on = vcpu_handle_exit(vcpu);
	if (vcpu->rip != rip || vcpu->event.pending)
		end_blocking();
	write_back(vcpu);
	if (vcpu->flush)
		vmx_flush();
	vcpu->flush = false;
	return going_on ? vcpu : NULL;
}

/* The hot path (make bench). */
struct vcpu *vmx_exit(struct vcpu *vcpu)
{
	uint32_t reason = (uint32_t)vmread(VMCS_EXIT_REASON);

	if (__builtin_expect(reason != VMX_VMCALL, 0))
		return slow_exit(vcpu, reason);
	vmwrite(VMCS_GUEST_RIP, vmread(VMCS_GUEST_RIP) + CALL_LENGTH);
	end_blocking();
	vcpu->hypercall(vcpu);
	if (__builtin_expect(vcpu->synced, 0))
		write_back(vcpu);
	return vcpu;
}

/* 31.4: VMLAUNCH or VMRESUME failed; the number says why. */
COLD void vmx_entry_failed(struct vcpu *vcpu)
{
	vcpu->rip = vmread(VMCS_GUEST_RIP);
	vcpu->exit = (struct vcpu_exit){.kind = EXIT_ENTRY_FAILED,
					.code = vmread(VMCS_INSTRUCTION_ERROR),
					.name = "VM-instruction error"};
	vcpu_handle_exit(vcpu);
}

const struct vcpu_vendor vmx_vendor = {
	.name = "vmx",
	.extension = "VMX",
	.makers = "GenuineIntel, CentaurHauls or   Shanghai  ",
	.call_instruction = {0x0f, 0x01, 0xc1}, /* VMCALL */
	.nested_leaf = EPT_LEAF_WRITE_BACK,
	.msr_bitmap = vmx_msr_bitmap,
	.msr_bitmap_size = sizeof(vmx_msr_bitmap),
	.init = vmx_init,
	.offered = vmx_offered,
	.available = vmx_available,
	.run = vmx_start,
	.kicked = kicked,
	.intercept_interrupts = intercept_interrupts,
	.take_interrupt = interrupt_take,
	.sync = vmx_sync,
	.flip = vmx_flip,
};
