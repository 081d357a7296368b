/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Intel's VMX: SDM volume 3 (325384-083) chapters 24 to 29.  Translates between struct vcpu and
 * the VMCS, and decides nothing.
 */
#include "vmx.h"

#include "lib/string.h"
#include "nested_paging.h"
#include "para_faults.h"
#include "passed.h"
#include "vmx_insn.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define CPUID_VMX BIT(5) /* leaf 1 ECX */

/* What the exit that reports no other reason than this has in the bits above. */
#define REASON_MASK 0xffffu

/* VMX operation demands these bits (A.7, A.8), of which the guest must not see anything. */
#define CR0_OURS CR0_NE
#define CR4_OURS CR4_VMXE

/* Of all vCPUs alike; vmx_init() makes them, and nobody changes them. */
static const uint8_t *io_bitmap;
static uint8_t msr_bitmap[4096] __attribute__((aligned(4096)));

/* ---- what the CPU has ---- */

static bool vmx_offered(void)
{
	return cpuid(1, 0).ecx & CPUID_VMX;
}

/* A.3 to A.5: a control may be 1 where the upper half of its MSR says so. */
#define MAY_BE_1(control) ((control) << 32)

/* In this order: an MSR can be read if what stands before it is there. */
static const struct {
	uint32_t msr;
	uint64_t wanted;
	const char *why;
} capabilities[] = {
	{MSR_VMX_BASIC, VMX_BASIC_TRUE,
	 "this CPU has no TRUE VMX controls: wanted bit 55 of MSR 0x480"},
	{MSR_VMX_TRUE_PROC_CONTROLS, MAY_BE_1(PROC_SECONDARY),
	 "this CPU has no secondary VMX controls: wanted bit 63 of MSR 0x48e"},
	{MSR_VMX_PROC_CONTROLS2, MAY_BE_1(PROC2_EPT),
	 "this CPU has no EPT: wanted bit 33 of MSR 0x48b"},
	{MSR_VMX_PROC_CONTROLS2, MAY_BE_1(PROC2_UNRESTRICTED),
	 "this CPU has no unrestricted guests: wanted bit 39 of MSR 0x48b"},
	{MSR_VMX_EPT_VPID, EPT_FOUR_LEVELS | EPT_WRITE_BACK | EPT_LARGE_PAGES,
	 "this CPU's EPT lacks four levels, write-back tables or 2 MiB pages: wanted bits 6, 14 and "
	 "16 of MSR 0x48c"},
	{MSR_VMX_TRUE_PROC_CONTROLS, MAY_BE_1(PROC_IO_BITMAPS | PROC_MSR_BITMAPS | PROC_HLT),
	 "this CPU has no bitmaps of ports and MSRs: wanted bits 39, 57 and 60 of MSR 0x48e"},
	{MSR_VMX_TRUE_EXIT_CONTROLS,
	 MAY_BE_1(VM_EXIT_SAVE_DEBUG | VM_EXIT_HOST_64 | VM_EXIT_LOAD_PAT | VM_EXIT_SAVE_EFER |
		  VM_EXIT_LOAD_EFER),
	 "this CPU's VM exits don't switch EFER and PAT: wanted bits 34, 41, 51, 52 and 53 of MSR "
	 "0x48f"},
	{MSR_VMX_TRUE_ENTRY_CONTROLS,
	 MAY_BE_1(VM_ENTRY_LOAD_DEBUG | VM_ENTRY_LOAD_PAT | VM_ENTRY_LOAD_EFER),
	 "this CPU's VM entries don't switch EFER and PAT: wanted bits 34, 46 and 47 of MSR 0x490"},
};

static bool vmx_available(const char **why)
{
	uint64_t features = rdmsr(MSR_FEATURE_CONTROL);

	*why = "the firmware has disabled VMX: wanted bit 2 of IA32_FEATURE_CONTROL (MSR 0x3a) set, "
	       "or bit 0 clear";
	if (features & FEATURE_CONTROL_LOCKED && !(features & FEATURE_CONTROL_VMX))
		return false;
	for (unsigned i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		*why = capabilities[i].why;
		if ((rdmsr(capabilities[i].msr) & capabilities[i].wanted) != capabilities[i].wanted)
			return false;
	}
	return true;
}

/* ---- before the first entry ---- */

/* 24.7: what the CPU demands before VMXON. */
static void enter_vmx_operation(struct vmx *vmx)
{
	uint64_t features = rdmsr(MSR_FEATURE_CONTROL);
	uint32_t revision = (uint32_t)rdmsr(MSR_VMX_BASIC) & 0x7fffffff;

	if (!(features & FEATURE_CONTROL_LOCKED))
		wrmsr(MSR_FEATURE_CONTROL, features | FEATURE_CONTROL_VMX | FEATURE_CONTROL_LOCKED);
	WRITE_REG(cr0, READ_REG(cr0) | CR0_OURS);
	WRITE_REG(cr4, READ_REG(cr4) | CR4_OURS);
	memcpy(vmx->vmxon, &revision, sizeof(revision));
	memcpy(vmx->vmcs, &revision, sizeof(revision));
	VMX_REGION("vmxon", vmx->vmxon);
	VMX_REGION("vmclear", vmx->vmcs);
	VMX_REGION("vmptrld", vmx->vmcs);
}

/* 25.6.9: reads of the low MSRs, of the high ones, then writes likewise; a bit is set where it exits. */
static void init_msr_bitmap(void)
{
	memset(msr_bitmap, 0xff, sizeof(msr_bitmap));
	for (unsigned i = 0; i < passed_msr_count; i++) {
		uint32_t msr = passed_msrs[i];
		uint32_t byte = (msr & 0x1fff) / 8 + (msr >= 0xc0000000 ? 0x400 : 0);

		msr_bitmap[byte] &= (uint8_t)~BIT(msr % 8);
		msr_bitmap[byte + 0x800] &= (uint8_t)~BIT(msr % 8);
	}
}

static void vmx_init(void)
{
	io_bitmap = io_bitmap_init();
	init_msr_bitmap();
}

/* A.2: what must be 1 is, and what may not be is not. */
static uint64_t controls(uint32_t msr, uint64_t wanted)
{
	uint64_t allowed = rdmsr(msr);

	return (wanted | (uint32_t)allowed) & allowed >> 32;
}

static void init_controls(void)
{
	vmwrite(VMCS_PIN_CONTROLS, controls(MSR_VMX_TRUE_PIN_CONTROLS, PIN_NMI));
	vmwrite(VMCS_PROC_CONTROLS,
		controls(MSR_VMX_TRUE_PROC_CONTROLS, PROC_HLT | PROC_MWAIT | PROC_MONITOR |
							     PROC_IO_BITMAPS | PROC_MSR_BITMAPS |
							     PROC_SECONDARY));
	vmwrite(VMCS_PROC_CONTROLS2,
		controls(MSR_VMX_PROC_CONTROLS2, PROC2_EPT | PROC2_UNRESTRICTED));
	vmwrite(VMCS_EXIT_CONTROLS,
		controls(MSR_VMX_TRUE_EXIT_CONTROLS, VM_EXIT_SAVE_DEBUG | VM_EXIT_HOST_64 |
							     VM_EXIT_LOAD_PAT | VM_EXIT_SAVE_EFER |
							     VM_EXIT_LOAD_EFER));
	vmwrite(VMCS_ENTRY_CONTROLS,
		controls(MSR_VMX_TRUE_ENTRY_CONTROLS,
			 VM_ENTRY_LOAD_DEBUG | VM_ENTRY_LOAD_PAT | VM_ENTRY_LOAD_EFER));
	vmwrite(VMCS_EXCEPTION_BITMAP, fault_exceptions());
	vmwrite(VMCS_IO_BITMAP_A, (uint64_t)io_bitmap);
	vmwrite(VMCS_IO_BITMAP_B, (uint64_t)io_bitmap + PAGE_SIZE);
	vmwrite(VMCS_MSR_BITMAP, (uint64_t)msr_bitmap);
	vmwrite(VMCS_EPT_POINTER, nested_root() | EPTP_FOUR_LEVELS | EPTP_WRITE_BACK);
	vmwrite(VMCS_LINK_POINTER, UINT64_MAX);
	vmwrite(VMCS_CR0_MASK, CR0_OURS);
	vmwrite(VMCS_CR4_MASK, CR4_OURS);
}

static void init_host(void)
{
	vmwrite(VMCS_HOST_CS_SELECTOR, READ_SEL(cs));
	vmwrite(VMCS_HOST_SS_SELECTOR, READ_SEL(ss));
	vmwrite(VMCS_HOST_DS_SELECTOR, READ_SEL(ds));
	vmwrite(VMCS_HOST_ES_SELECTOR, READ_SEL(es));
	vmwrite(VMCS_HOST_FS_SELECTOR, READ_SEL(fs));
	vmwrite(VMCS_HOST_GS_SELECTOR, READ_SEL(gs));
	vmwrite(VMCS_HOST_TR_SELECTOR, SEL_TSS);
	vmwrite(VMCS_HOST_TR_BASE, (uint64_t)&this_cpu()->tss);
	vmwrite(VMCS_HOST_GDTR_BASE, read_gdtr().base);
	vmwrite(VMCS_HOST_IDTR_BASE, read_idtr().base);
	vmwrite(VMCS_HOST_CR0, READ_REG(cr0));
	vmwrite(VMCS_HOST_CR3, READ_REG(cr3));
	vmwrite(VMCS_HOST_CR4, READ_REG(cr4));
	vmwrite(VMCS_HOST_EFER, rdmsr(MSR_EFER));
	vmwrite(VMCS_HOST_PAT, rdmsr(MSR_PAT));
}

/* 25.11.3: a VMCS may hold anything before, so what starts as 0 has to be written too. */
static void init_zeros(void)
{
	static const enum vmcs_field fields[] = {
		VMCS_TSC_OFFSET,         VMCS_GUEST_DEBUGCTL,
		VMCS_PAGE_FAULT_MASK,    VMCS_PAGE_FAULT_MATCH,
		VMCS_CR3_TARGETS,        VMCS_EXIT_MSR_STORES,
		VMCS_EXIT_MSR_LOADS,     VMCS_ENTRY_MSR_LOADS,
		VMCS_ENTRY_EVENT,        VMCS_GUEST_INTERRUPTIBILITY,
		VMCS_GUEST_ACTIVITY,     VMCS_GUEST_SYSENTER_CS,
		VMCS_HOST_SYSENTER_CS,   VMCS_GUEST_CR3,
		VMCS_GUEST_GDTR_BASE,    VMCS_GUEST_IDTR_BASE,
		VMCS_GUEST_RSP,          VMCS_GUEST_PENDING_DEBUG,
		VMCS_GUEST_SYSENTER_ESP, VMCS_GUEST_SYSENTER_EIP,
		VMCS_HOST_FS_BASE,       VMCS_HOST_GS_BASE,
		VMCS_HOST_SYSENTER_ESP,  VMCS_HOST_SYSENTER_EIP,
		VMCS_GUEST_EFER,         VMCS_CR4_SHADOW,
	};

	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		vmwrite(fields[i], 0);
}

static void init_segment(unsigned i, const struct vcpu_segment *s)
{
	vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES_SELECTOR, i), s->selector);
	vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES_LIMIT, i), s->limit);
	vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES_RIGHTS, i), s->rights);
	vmwrite(VMCS_SEGMENT(VMCS_GUEST_ES_BASE, i), s->base);
}

static void init_guest(const struct vcpu_start *start)
{
	enum { ES, CS, SS, DS, FS, GS, LDTR, TR };
	static const struct vcpu_segment ldtr = {0, START_LDT, 0, 0}, tr = {0, START_TSS, 0x67, 0};

	for (unsigned i = ES; i <= GS; i++)
		init_segment(i, i == CS ? &start->code : &start->data);
	init_segment(LDTR, &ldtr);
	init_segment(TR, &tr);
	vmwrite(VMCS_GUEST_GDTR_LIMIT, 0xffff);
	vmwrite(VMCS_GUEST_IDTR_LIMIT, 0xffff);
	vmwrite(VMCS_GUEST_CR0, start->cr0 | CR0_OURS);
	vmwrite(VMCS_CR0_SHADOW, start->cr0);
	vmwrite(VMCS_GUEST_CR4, CR4_OURS);
	vmwrite(VMCS_GUEST_DR7, START_DR7);
	vmwrite(VMCS_GUEST_RFLAGS, RFLAGS_RESERVED1);
	vmwrite(VMCS_GUEST_RIP, start->rip);
	vmwrite(VMCS_GUEST_PAT, START_PAT);
}

static void vmx_start(struct vcpu *vcpu, const struct vcpu_start *start)
{
	enter_vmx_operation(vcpu->pages);
	init_zeros();
	init_controls();
	init_host();
	init_guest(start);
	vmx_run(vcpu);
	vmxoff();
}

/* ---- exits ---- */

static void vmx_sync(struct vcpu *vcpu)
{
	uint64_t cr0 = vmread(VMCS_GUEST_CR0), cr4 = vmread(VMCS_GUEST_CR4);
	uint64_t cs = vmread(VMCS_GUEST_CS_RIGHTS);

	vcpu->efer = (vcpu->efer & ~EFER_LMA) | (vmread(VMCS_GUEST_EFER) & EFER_LMA);
	vcpu->slow = (struct vcpu_slow_state){
		.rsp = vmread(VMCS_GUEST_RSP),
		.rflags = vmread(VMCS_GUEST_RFLAGS),
		.cr0 = (cr0 & ~CR0_OURS) | (vmread(VMCS_CR0_SHADOW) & CR0_OURS),
		.cr2 = READ_REG(cr2),
		.cr3 = vmread(VMCS_GUEST_CR3),
		.cr4 = cr4 & ~CR4_OURS,
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
static void write_back(struct vcpu *vcpu)
{
	const struct vcpu_slow_state *s = &vcpu->slow;

	vmwrite(VMCS_GUEST_EFER, (vcpu->efer & ~EFER_LMA) | (vmread(VMCS_GUEST_EFER) & EFER_LMA));
	vmwrite(VMCS_GUEST_PAT, vcpu->pat);
	vmwrite(VMCS_GUEST_RSP, s->rsp);
	vmwrite(VMCS_GUEST_RFLAGS, s->rflags);
	WRITE_REG(cr2, s->cr2);
	vmwrite(VMCS_GUEST_CR4, s->cr4 | CR4_OURS);
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
		exit->kind = EXIT_BAD_VALUE;
		return;
	}
	vmwrite(VMCS_CR0_SHADOW, vmread(VMCS_CR0_SHADOW) ^ CR0_OURS);
	exit->kind = EXIT_AGAIN;
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
		exit->kind = EXIT_FORBIDDEN;
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
		exit->kind = EXIT_REFUSED;
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
static __attribute__((noinline)) bool slow_exit(struct vcpu *vcpu, uint32_t reason)
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
	para_hypercall(vcpu);
	leave_instruction(vcpu);
	if (__builtin_expect(vcpu->synced, 0))
		write_back(vcpu);
	return true;
}

/* 31.4: the CPU did not even try; what it disliked has a number. */
void vmx_refused(struct vcpu *vcpu)
{
	vcpu->rip = vmread(VMCS_GUEST_RIP);
	vcpu->exit = (struct vcpu_exit){.kind = EXIT_REFUSED,
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
