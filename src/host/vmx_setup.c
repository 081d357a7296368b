/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX before the guest's first instruction: SDM volume 3 (325384-083) chapters 24, 25, appendix A.
 */
#include "host/nested_paging.h"
#include "host/passthrough.h"
#include "host/vmx.h"
#include "host/vmx_insn.h"
#include "lib/string.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define CPUID_VMX BIT(5) /* leaf 1 ECX */

#define EXIT_CONTROLS                                                                  \
	(VM_EXIT_SAVE_DEBUG | VM_EXIT_HOST_64 | VM_EXIT_LOAD_PAT | VM_EXIT_SAVE_EFER | \
	 VM_EXIT_LOAD_EFER)
#define ENTRY_CONTROLS (VM_ENTRY_LOAD_DEBUG | VM_ENTRY_LOAD_PAT | VM_ENTRY_LOAD_EFER)

/* Shared by all vCPUs, and only read after vmx_init(). */
uint8_t vmx_msr_bitmap[PAGE_SIZE] __attribute__((aligned(4096)));

/* ---- what the CPU has ---- */

bool vmx_offered(void)
{
	return cpuid(1, 0).ecx & CPUID_VMX;
}

/* A.3 to A.5: a control may be 1 if its bit in the MSR's upper half is 1. */
#define MAY_BE_1(control) ((control) << 32)

/* In this order: each MSR exists if the CPU has what the rows before it want. */
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
	 "this CPU's EPT lacks four levels, write-back tables or 2 MiB pages: wanted bits 6, 14 "
	 "and 16 of MSR 0x48c"},
	{MSR_VMX_TRUE_PROC_CONTROLS, MAY_BE_1(PROC_IO_BITMAPS | PROC_MSR_BITMAPS | PROC_HLT),
	 "this CPU has no bitmaps of ports and MSRs: wanted bits 39, 57 and 60 of MSR 0x48e"},
	{MSR_VMX_TRUE_EXIT_CONTROLS, MAY_BE_1(EXIT_CONTROLS),
	 "this CPU's VM exits don't switch EFER and PAT: wanted bits 34, 41, 51, 52 and 53 of MSR "
	 "0x48f"},
	{MSR_VMX_TRUE_ENTRY_CONTROLS, MAY_BE_1(ENTRY_CONTROLS),
	 "this CPU's VM entries don't switch EFER and PAT: wanted bits 34, 46 and 47 of MSR 0x490"},
};

bool vmx_available(const char **why)
{
	uint64_t features = rdmsr(MSR_FEATURE_CONTROL);

	*why = "the firmware has disabled VMX: wanted bit 2 of IA32_FEATURE_CONTROL (MSR 0x3a) "
	       "set, or bit 0 clear";
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

/* 24.7: what VMXON needs; then VMXON, and the VMCS becomes current. */
static void enter_vmx_operation(struct vmx *vmx)
{
	uint64_t features = rdmsr(MSR_FEATURE_CONTROL);
	uint32_t revision = (uint32_t)rdmsr(MSR_VMX_BASIC) & 0x7fffffff;

	if (!(features & FEATURE_CONTROL_LOCKED))
		wrmsr(MSR_FEATURE_CONTROL, features | FEATURE_CONTROL_VMX | FEATURE_CONTROL_LOCKED);
	WRITE_REG(cr0, READ_REG(cr0) | CR0_HOST_OWNED);
	WRITE_REG(cr4, READ_REG(cr4) | CR4_HOST_OWNED);
	memcpy(vmx->vmxon, &revision, sizeof(revision));
	memcpy(vmx->vmcs, &revision, sizeof(revision));
	VMX_REGION("vmxon", vmx->vmxon);
	VMX_REGION("vmclear", vmx->vmcs);
	VMX_REGION("vmptrld", vmx->vmcs);
}

/* 25.6.9: a bit for each MSR, set if it exits: reads of low MSRs, of high ones, writes of both. */
static void init_msr_bitmap(void)
{
	memset(vmx_msr_bitmap, 0xff, sizeof(vmx_msr_bitmap));
	for (unsigned i = 0; i < passthrough_msr_count; i++) {
		uint32_t msr = passthrough_msrs[i];
		uint32_t byte = (msr & 0x1fff) / 8 + (msr >= 0xc0000000 ? 0x400 : 0);

		vmx_msr_bitmap[byte] &= (uint8_t)~BIT(msr % 8);
		vmx_msr_bitmap[byte + 0x800] &= (uint8_t)~BIT(msr % 8);
	}
}

void vmx_init(void)
{
	io_bitmap_init();
	init_msr_bitmap();
}

/* A.2: @wanted with the bits that must be 1, and without those that must be 0. */
static uint64_t controls(uint32_t msr, uint64_t wanted)
{
	uint64_t allowed = rdmsr(msr);

	return (wanted | (uint32_t)allowed) & allowed >> 32;
}

static void set_control(enum vmcs_field field, uint32_t msr, uint64_t bit, bool on)
{
	vmwrite(field, controls(msr, (vmread(field) & ~bit) | (on ? bit : 0)));
}

/*
 * 26.5.1, 26.5.2: by the preemption timer, which is over at once, or by the trap flag, after an
 * instruction.  A CPU may lack either of them.  If it lacked both, an INIT would wait for an exit
 * that is no hypercall.
 */
void vmx_set_trap(bool on)
{
	set_control(VMCS_PROC_CONTROLS, MSR_VMX_TRUE_PROC_CONTROLS, PROC_MONITOR_TRAP, on);
	if (!(controls(MSR_VMX_TRUE_PIN_CONTROLS, PIN_TIMER) & PIN_TIMER))
		return;
	vmwrite(VMCS_TIMER_VALUE, 0);
	set_control(VMCS_PIN_CONTROLS, MSR_VMX_TRUE_PIN_CONTROLS, PIN_TIMER, on);
}

void vmx_set_interrupt_exits(bool on)
{
	set_control(VMCS_PIN_CONTROLS, MSR_VMX_TRUE_PIN_CONTROLS, PIN_INTERRUPT, on);
}

void vmx_set_window_exits(bool on)
{
	set_control(VMCS_PROC_CONTROLS, MSR_VMX_TRUE_PROC_CONTROLS, PROC_WINDOW, on);
}

/* 29.4.3.4.  A processor without this may keep a page that was taken away: that is no harm. */
void vmx_flush(void)
{
	if (rdmsr(MSR_VMX_EPT_VPID) & EPT_FLUSH_ALL)
		invept_all();
}

static void init_controls(const struct vcpu *vcpu)
{
	vmwrite(VMCS_PIN_CONTROLS, controls(MSR_VMX_TRUE_PIN_CONTROLS, PIN_NMI));
	vmwrite(VMCS_PROC_CONTROLS,
		controls(MSR_VMX_TRUE_PROC_CONTROLS, PROC_HLT | PROC_MWAIT | PROC_MONITOR |
							     PROC_IO_BITMAPS | PROC_MSR_BITMAPS |
							     PROC_SECONDARY));
	vmwrite(VMCS_PROC_CONTROLS2,
		controls(MSR_VMX_PROC_CONTROLS2, PROC2_EPT | PROC2_UNRESTRICTED));
	vmwrite(VMCS_EXIT_CONTROLS, controls(MSR_VMX_TRUE_EXIT_CONTROLS, EXIT_CONTROLS));
	vmwrite(VMCS_ENTRY_CONTROLS, controls(MSR_VMX_TRUE_ENTRY_CONTROLS, ENTRY_CONTROLS));
	vmwrite(VMCS_EXCEPTION_BITMAP, vcpu->exception_bitmap);
	vmwrite(VMCS_IO_BITMAP_A, (uint64_t)io_bitmap);
	vmwrite(VMCS_IO_BITMAP_B, (uint64_t)io_bitmap + PAGE_SIZE);
	vmwrite(VMCS_MSR_BITMAP, (uint64_t)vmx_msr_bitmap);
	vmwrite(VMCS_EPT_POINTER, nested_root() | EPTP_FOUR_LEVELS | EPTP_WRITE_BACK);
	vmwrite(VMCS_LINK_POINTER, UINT64_MAX);
	vmwrite(VMCS_CR0_MASK, CR0_HOST_OWNED);
	vmwrite(VMCS_CR4_MASK, CR4_HOST_OWNED);
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

/* 25.11.3: a new VMCS may hold anything, so all fields are cleared first, except read-only ones. */
static void init_zeros(void)
{
	static const uint16_t fields[] = {
#define X(name, encoding, width, type) encoding,
		VMCS_FIELDS(X)
#undef X
	};

	for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if ((fields[i] >> 10 & 3) != VMCS_TYPE_EXIT_INFORMATION)
			vmwrite(fields[i], 0);
	}
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
	vmwrite(VMCS_GUEST_CR0, start->cr0 | CR0_HOST_OWNED);
	vmwrite(VMCS_CR0_SHADOW, start->cr0);
	vmwrite(VMCS_GUEST_CR4, CR4_HOST_OWNED);
	vmwrite(VMCS_GUEST_DR7, START_DR7);
	vmwrite(VMCS_GUEST_RFLAGS, RFLAGS_RESERVED1);
	vmwrite(VMCS_GUEST_RIP, start->rip);
	vmwrite(VMCS_GUEST_PAT, START_PAT);
}

void vmx_prepare(struct vcpu *vcpu, const struct vcpu_start *start)
{
	enter_vmx_operation(vcpu->pages);
	init_zeros();
	init_controls(vcpu);
	init_host();
	init_guest(start);
}
