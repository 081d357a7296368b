/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Intel's VMX: SDM volume 3 (325384-083) chapters 26 to 28.  Translates between struct vcpu and
 * the VMCS, and decides nothing.
 */
#include "host/vmx.h"

#include "host/vmx_insn.h"
#include "x86/insn.h"

/* What the exit that reports no other reason than this has in the bits above. */
#define REASON_MASK 0xffffu

static COLD void vmx_start(struct vcpu *vcpu, const struct vcpu_start *start)
{
	vmx_prepare(vcpu, start);
	vmx_run(vcpu);
	vmxoff();
}

static COLD void vmx_sync(struct vcpu *vcpu)
{
	uint64_t cr0 = vmread(VMCS_GUEST_CR0), cr4 = vmread(VMCS_GUEST_CR4);
	uint64_t cs = vmread(VMCS_GUEST_CS_RIGHTS);

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
		.code_bits = code_bits(vcpu, cs & BIT(13), cs & BIT(14)),
	};
}

static void inject(struct vcpu *vcpu)
{
	const struct vcpu_event *e = &vcpu->event;
	uint64_t event = EVENT_VALID | EVENT_EXCEPTION | e->vector;

	if (e->has_error) {
		event |= EVENT_ERROR;
		vmwrite(VMCS_ENTRY_EVENT_ERROR, e->error);
	}
	vmwrite(VMCS_ENTRY_EVENT, event);
	vcpu->event.pending = false;
}

/* Back what vmx_sync() gave.  EFER: LMA stays the CPU's. */
static COLD void write_back(struct vcpu *vcpu)
{
	const struct vcpu_slow_state *s = &vcpu->slow;

	vmwrite(VMCS_GUEST_EFER, (vcpu->efer & ~EFER_LMA) | (vmread(VMCS_GUEST_EFER) & EFER_LMA));
	vmwrite(VMCS_GUEST_PAT, vcpu->pat);
	vmwrite(VMCS_GUEST_RSP, s->rsp);
	vmwrite(VMCS_GUEST_RFLAGS, s->rflags);
	WRITE_REG(cr2, s->cr2);
	vmwrite(VMCS_GUEST_CR4, s->cr4 | CR4_HOST_OWNED);
	vmwrite(VMCS_GUEST_FS_BASE, s->fs_base);
	vmwrite(VMCS_GUEST_GS_BASE, s->gs_base);
	wrmsr(MSR_LSTAR, s->lstar);
	vmwrite(VMCS_GUEST_DS_SELECTOR, s->ds);
	vmwrite(VMCS_GUEST_IDTR_LIMIT, s->idtr_limit);
	vcpu->synced = false;
	if (vcpu->event.pending)
		inject(vcpu);
}

static void translate_io(struct vcpu_exit *exit)
{
	uint64_t q = exit->information;

	exit->kind = EXIT_IO;
	exit->io.port = (uint16_t)(q >> IO_PORT_SHIFT);
	exit->io.size = (uint8_t)((q & IO_SIZE_MASK) + 1);
	exit->io.in = q & IO_IN;
	exit->io.string = q & IO_STRING;
	exit->io.repeated = q & IO_REPEATED;
}

static void translate_exception(struct vcpu_exit *exit)
{
	uint64_t event = vmread(VMCS_EXIT_EVENT);

	exit->kind = EVENT_TYPE(event) == EVENT_NMI ? EXIT_STOP : EXIT_EXCEPTION;
	exit->event = (struct vcpu_event){
		.pending = true, .has_error = event & EVENT_ERROR, .vector = (uint8_t)event};
	if (exit->event.has_error)
		exit->event.error = (uint32_t)vmread(VMCS_EXIT_EVENT_ERROR);
}

/*
 * A move to CR0 or CR4 that would change a bit of ours.  CR4.VMXE the guest's CPU does not have.
 * CR0.NE it has: the shadow gets the new value, the guest goes on at the same instruction, and the CPU
 * itself does what else that changes, PG included.  Where it faults instead, NE reads as if it had not.
 */
static void translate_cr(struct vcpu_exit *exit)
{
	if ((exit->information & CR_NUMBER_MASK) != 0) {
		exit->kind = EXIT_INJECT_GP;
		return;
	}
	vmwrite(VMCS_CR0_SHADOW, vmread(VMCS_CR0_SHADOW) ^ CR0_HOST_OWNED);
	exit->kind = EXIT_RETRY;
}

static const char *reason_name(uint32_t reason)
{
	switch (reason) {
#define X(number, symbol, name) \
	case number:            \
		return name;
		VMX_REASONS(X)
#undef X
	default:
		return NULL;
	}
}

static void translate(const struct vcpu *vcpu, uint32_t reason, struct vcpu_exit *exit)
{
	*exit = (struct vcpu_exit){.kind = EXIT_UNKNOWN,
				   .length = (uint8_t)vmread(VMCS_EXIT_INSTRUCTION_LENGTH),
				   .code = reason,
				   .information = vmread(VMCS_EXIT_QUALIFICATION),
				   .name = reason_name(reason & REASON_MASK)};
	switch (reason & REASON_MASK) {
	case VMX_RDMSR:
		exit->kind = EXIT_RDMSR;
		exit->msr = (uint32_t)vcpu->regs.rcx;
		break;
	case VMX_WRMSR:
		exit->kind = EXIT_WRMSR;
		exit->msr = (uint32_t)vcpu->regs.rcx;
		break;
	case VMX_CPUID:
		exit->kind = EXIT_CPUID;
		break;
	case VMX_IO:
		translate_io(exit);
		break;
	case VMX_HLT:
		exit->kind = EXIT_HALT;
		break;
	case VMX_INVD:
		exit->kind = EXIT_WRITE_BACK;
		break;
	case VMX_CR:
		translate_cr(exit);
		break;
	case VMX_GETSEC:
	case VMX_VMCLEAR:
	case VMX_VMLAUNCH:
	case VMX_VMPTRLD:
	case VMX_VMPTRST:
	case VMX_VMREAD:
	case VMX_VMRESUME:
	case VMX_VMWRITE:
	case VMX_VMXOFF:
	case VMX_VMXON:
	case VMX_INVEPT:
	case VMX_INVVPID:
	case VMX_MWAIT:
	case VMX_MONITOR:
	case VMX_XSETBV:
		exit->kind = EXIT_INJECT_UD;
		break;
	case VMX_EXCEPTION:
		translate_exception(exit);
		break;
	case VMX_EPT_VIOLATION:
		exit->kind = EXIT_MEMORY;
		exit->gpa = vmread(VMCS_GUEST_PHYSICAL_ADDRESS);
		break;
	case VMX_INIT:
		exit->kind = EXIT_STOP;
		break;
	case VMX_TRIPLE_FAULT:
		exit->kind = EXIT_SHUTDOWN;
		break;
	case VMX_INVALID_STATE:
	case VMX_MSR_LOADING:
	case VMX_MACHINE_CHECK:
		exit->kind = EXIT_ENTRY_FAILED;
		break;
	default:
		break;
	}
}

/* The guest goes on elsewhere; what STI or MOV SS in front of the instruction blocked, it blocks no more. */
static inline void leave_instruction(const struct vcpu *vcpu)
{
	vmwrite(VMCS_GUEST_RIP, vcpu->rip);
	vmwrite(VMCS_GUEST_INTERRUPTIBILITY,
		vmread(VMCS_GUEST_INTERRUPTIBILITY) & ~BLOCKED_BY_STI_MOV_SS);
}

/* Any exit but a hypercall. */
static COLD __attribute__((noinline)) bool slow_exit(struct vcpu *vcpu, uint32_t reason)
{
	bool going_on;

	vcpu->rip = vmread(VMCS_GUEST_RIP);
	translate(vcpu, reason, &vcpu->exit);
	going_on = vcpu_handle_exit(vcpu);
	leave_instruction(vcpu);
	write_back(vcpu);
	return going_on;
}

/* The hot path: mind each instruction (make bench). */
bool vmx_exit(struct vcpu *vcpu)
{
	uint32_t reason = (uint32_t)vmread(VMCS_EXIT_REASON);

	if (__builtin_expect(reason != VMX_VMCALL, 0))
		return slow_exit(vcpu, reason);
	vcpu->rip = vmread(VMCS_GUEST_RIP) + CALL_LENGTH;
	vcpu->hypercall(vcpu);
	leave_instruction(vcpu);
	if (__builtin_expect(vcpu->synced, 0))
		write_back(vcpu);
	return true;
}

/* 31.4: the CPU did not even try; what it disliked has a number. */
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
	.call_instruction = {0x0f, 0x01, 0xc1}, /* VMCALL */
	.nested_leaf = EPT_LEAF_WRITE_BACK,
	.init = vmx_init,
	.offered = vmx_offered,
	.available = vmx_available,
	.run = vmx_start,
	.sync = vmx_sync,
};
