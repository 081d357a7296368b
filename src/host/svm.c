/* SPDX-License-Identifier: GPL-2.0-only */
/* AMD's SVM: translates between struct vcpu and the VMCB.  APM2 (24593 rev. 3.41) chapter 15. */
#include "host/svm.h"

#include "host/lapic.h"
#include "host/nested_paging.h"
#include "host/passthrough.h"
#include "lib/string.h"
#include "x86/insn.h"

#define CPUID_SVM    BIT(2) /* 8000_0001h ECX */
#define CPUID_NESTED BIT(0) /* 8000_000Ah EDX */
#define CPUID_NRIPS  BIT(3) /* likewise */
#define VM_CR_SVMDIS BIT(4)
#define CPUID_MAKER  0x40000000u /* of the hypervisor that this one runs under, if there is one */
#define MAKER_KVM    0x4b4d564bu /* EBX: "KVMK" */
#define DR6_RESET    0xffff0ff0u

/* The VMCB leaves out bits 8 to 11 of a descriptor's rights: 15.5.1 */
#define ATTRIBUTES(rights) (((rights)&0xff) | ((rights) >> 4 & 0xf00))

/* Shared by all vCPUs, and only read after svm_init(). */
static uint8_t msrpm[2 * 4096] __attribute__((aligned(4096)));
static bool saves_next_rip; /* 15.7.1 */
static bool injects_int;    /* take_event() */

static bool svm_offered(void)
{
	return cpuid(0x80000000, 0).eax >= 0x8000000a && cpuid(0x80000001, 0).ecx & CPUID_SVM;
}

static bool svm_available(const char **why)
{
	*why = "the firmware has disabled SVM: wanted bit 4 of VM_CR (MSR 0xc0010114) clear";
	if (rdmsr(MSR_VM_CR) & VM_CR_SVMDIS)
		return false;
	*why = "this CPU has no nested paging: wanted CPUID 8000000ah EDX bit 0";
	return cpuid(0x8000000a, 0).edx & CPUID_NESTED;
}

/* 15.11: two bits for each MSR, set if RDMSR and if WRMSR exit. */
static void init_msrpm(void)
{
	memset(msrpm, 0xff, sizeof(msrpm));
	for (unsigned i = 0; i < passthrough_msr_count; i++) {
		uint32_t msr = passthrough_msrs[i];
		uint32_t byte = (msr & 0x1fff) / 4 + (msr >= 0xc0000000 ? 0x800 : 0);

		msrpm[byte] &= (uint8_t) ~(3u << 2 * (msr % 4));
	}
}

static COLD void svm_init(void)
{
	io_bitmap_init();
	init_msrpm();
	saves_next_rip = cpuid(0x8000000a, 0).edx & CPUID_NRIPS;
	injects_int = !saves_next_rip && cpuid(CPUID_MAKER, 0).ebx != MAKER_KVM;
}

static void init_controls(const struct vcpu *vcpu, struct vmcb *c)
{
	c->intercept1 = (uint32_t)(INTERCEPT_NMI | INTERCEPT_INIT | INTERCEPT_INVD | INTERCEPT_HLT |
				   INTERCEPT_INVLPGA | INTERCEPT_IO | INTERCEPT_MSR |
				   INTERCEPT_TASK_SWITCH | INTERCEPT_SHUTDOWN | INTERCEPT_CPUID);
	c->intercept2 = (uint32_t)(INTERCEPT_VMRUN | INTERCEPT_VMMCALL | INTERCEPT_VMLOAD |
				   INTERCEPT_VMSAVE | INTERCEPT_STGI | INTERCEPT_CLGI |
				   INTERCEPT_SKINIT | INTERCEPT_RDTSCP | INTERCEPT_MONITOR |
				   INTERCEPT_MWAIT | INTERCEPT_MWAIT_ARMED | INTERCEPT_XSETBV);
	c->intercept_exceptions = vcpu->exception_bitmap;
	c->iopm_pa = (uint64_t)io_bitmap;
	c->msrpm_pa = (uint64_t)msrpm;
	c->asid = 1;
	c->tlb_control = TLB_FLUSH_ALL;
	c->nested_control = NESTED_PAGING;
	c->nested_cr3 = nested_root();
}

static struct vmcb_segment pack(const struct vcpu_segment *s)
{
	return (struct vmcb_segment){s->selector, (uint16_t)ATTRIBUTES(s->rights), s->limit,
				     s->base};
}

static void init_state(struct vmcb *s, const struct vcpu_start *start)
{
	s->es = s->ss = s->ds = s->fs = s->gs = pack(&start->data);
	s->cs = pack(&start->code);
	s->gdtr.limit = s->idtr.limit = 0xffff;
	s->ldtr.attributes = ATTRIBUTES(START_LDT);
	s->tr = (struct vmcb_segment){0, ATTRIBUTES(START_TSS), 0x67, 0};
	s->cr0 = start->cr0;
	s->dr6 = DR6_RESET;
	s->dr7 = START_DR7;
	s->rflags = RFLAGS_RESERVED1;
	s->rip = start->rip;
	s->rax = start->eax;
	s->efer = EFER_SVME;
	s->pat = START_PAT;
}

static COLD void svm_start(struct vcpu *vcpu, const struct vcpu_start *start)
{
	struct svm *svm = vcpu->pages;

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (uint64_t)svm->host_save);
	memset(&svm->guest, 0, sizeof(svm->guest));
	init_controls(vcpu, &svm->guest);
	init_state(&svm->guest, start);
	svm_block_nmis();
	if (!vcpu_must_leave(vcpu)) /* an INIT that came until now */
		svm_run(svm, vcpu);
}

static COLD void svm_sync(struct vcpu *vcpu)
{
	const struct vmcb *s = &((const struct svm *)vcpu->pages)->guest;
	struct vcpu_slow_state *slow = &vcpu->slow; /* field by field: a copy takes a third more */

	svm_load_host(vcpu->pages);
	vcpu->rip = s->rip;
	vcpu->efer = (vcpu->efer & ~EFER_LMA) | (s->efer & EFER_LMA);
	slow->rsp = s->rsp;
	slow->rflags = s->rflags;
	slow->cr0 = s->cr0;
	slow->cr2 = s->cr2;
	slow->cr3 = s->cr3;
	slow->cr4 = s->cr4;
	slow->fs_base = s->fs.base;
	slow->gs_base = s->gs.base;
	slow->lstar = s->lstar;
	slow->ds = s->ds.selector;
	slow->idtr_limit = (uint16_t)s->idtr.limit;
	slow->cs_base = s->cs.base;
	slow->cpl = s->cpl;
	slow->code_bits = code_bits(vcpu, s->cs.attributes & BIT(9), s->cs.attributes & BIT(10));
}

/*
 * 15.20: how the event is injected.  QEMU (7.2) keeps an injected interrupt's vector, and delivers
 * it once more if another thread ends the CPU's loop before the next exit.  An INT n is not kept.
 * At CPL 0, on a CPU that does not save the next RIP, it does the same.  But under KVM (Linux 6.1)
 * such a CPU's INT n can get lost: KVM takes it for an instruction, and does not inject it again.
 */
static COLD uint64_t take_event(struct vcpu *vcpu)
{
	bool as_int = vcpu->event.interrupt && injects_int && !vcpu->slow.cpl;

	return vcpu_take_event(vcpu) | (as_int ? EVENT_INT : 0) | (uint64_t)vcpu->event.error << 32;
}

/* The reverse.  EFER.LMA stays as the CPU has set it; SVME must be set, but is hidden: 15.5.1. */
static COLD void write_back(struct vcpu *vcpu)
{
	struct vmcb *s = &((struct svm *)vcpu->pages)->guest;

	s->rip = vcpu->rip;
	s->efer = (vcpu->efer & ~EFER_LMA) | (s->efer & EFER_LMA) | EFER_SVME;
	s->pat = vcpu->pat;
	s->rsp = vcpu->slow.rsp;
	s->rflags = vcpu->slow.rflags;
	if (s->cr2 != vcpu->slow.cr2) /* also in the register: Bochs's VMRUN does not load it */
		WRITE_REG(cr2, vcpu->slow.cr2);
	s->cr2 = vcpu->slow.cr2;
	s->cr4 = vcpu->slow.cr4;
	s->fs.base = vcpu->slow.fs_base;
	s->gs.base = vcpu->slow.gs_base;
	s->lstar = vcpu->slow.lstar;
	s->ds.selector = vcpu->slow.ds;
	s->idtr.limit = vcpu->slow.idtr_limit;
	vcpu->synced = false;
	if (vcpu->event.pending)
		s->event = take_event(vcpu);
	else
		vcpu->event.interrupt = false;
	svm_load_guest(vcpu->pages);
}

/*
 * 15.21: with V_INTR_MASKING clear, an interrupt exits when the guest could take it, and waits
 * until then.
 */
static COLD void intercept_interrupts(struct vcpu *vcpu, bool on)
{
	struct vmcb *c = &((struct svm *)vcpu->pages)->guest;

	c->intercept1 = (uint32_t)((c->intercept1 & ~INTERCEPT_INTR) | (on ? INTERCEPT_INTR : 0));
}

static enum exit_kind kind_of(uint32_t code)
{
	switch (code) {
#define X(number, symbol, kind) \
	case number:            \
		return EXIT_##kind;
		SVM_EXITS(X)
#undef X
	default:
		return EXIT_UNKNOWN;
	}
}

/* 15.10.2 */
static void translate_io(const struct vmcb *c, struct vcpu_exit *exit)
{
	exit->length = (uint8_t)(c->exit_info2 - c->rip); /* to the next instruction's RIP */
	exit->io.port = (uint16_t)(c->exit_info1 >> IOIO_PORT_SHIFT);
	exit->io.size = c->exit_info1 >> IOIO_SIZE_SHIFT & 7;
	exit->io.in = c->exit_info1 & IOIO_IN;
	exit->io.string = c->exit_info1 & IOIO_STRING;
	exit->io.repeated = c->exit_info1 & IOIO_REPEATED;
}

static void translate(const struct vmcb *c, bool injected, struct vcpu_exit *exit)
{
	const uint32_t code = (uint32_t)c->exit_code;

	*exit = (struct vcpu_exit){.kind = kind_of(code),
				   .length = code == VMEXIT_HLT ? 1 : 2,
				   .open = code == VMEXIT_INTR,
				   .gpa = code == VMEXIT_NPF || code == VMEXIT_PF ? c->exit_info2
										  : 0,
				   .code = c->exit_code,
				   .information = c->exit_info1,
				   .name = code == VMEXIT_TASK_SWITCH ? "task switch" : NULL};
	if (code == VMEXIT_MSR && c->exit_info1) /* 15.11 */
		exit->kind = EXIT_WRMSR;
	if (code == VMEXIT_IOIO)
		translate_io(c, exit);
	if (exit->kind == EXIT_EXCEPTION)
		exit->event =
			(struct vcpu_event){.pending = true,
					    .has_error = code == VMEXIT_GP || code == VMEXIT_PF,
					    .vector = (uint8_t)(code - VMEXIT_EXCEPTION),
					    .error = (uint32_t)c->exit_info1};
	if (exit->kind == EXIT_NESTED_FAULT)
		exit->event = vcpu_interrupted(lapic_interrupted(c->exit_int_info), injected);
}

/* Any exit except a hypercall. */
static COLD __attribute__((noinline)) struct vmcb *slow_exit(struct vmcb *c, struct vcpu *vcpu)
{
	bool going_on;

	vcpu->regs.rax = c->rax;
	vcpu_sync(vcpu);
	translate(c, vcpu->event.interrupt && injects_int, &vcpu->exit);
	/*
	 * 15.7.1.  Old CPUs and TCG don't save the next RIP: translate() gives the length without
	 * prefixes.  A guest that has some goes on amidst its instruction, and harms only itself.
	 */
	if (saves_next_rip)
		vcpu->exit.length = (uint8_t)(c->next_rip - c->rip);
	if (vcpu->exit.kind == EXIT_NMI)
		svm_take_nmi();
	going_on = vcpu_handle_exit(vcpu);
	c->rax = vcpu->regs.rax;
	if (vcpu->rip != c->rip || vcpu->event.pending)
		c->interrupt_shadow = 0;
	c->tlb_control = vcpu->flush ? TLB_FLUSH_ALL : 0; /* the first exit is no hypercall */
	vcpu->flush = false;
	write_back(vcpu);
	return going_on ? c : NULL;
}

/* The hot path: a null hypercall costs about 65 instructions altogether (make bench). */
struct vmcb *svm_exit(struct vcpu *vcpu)
{
	struct vmcb *c = &((struct svm *)vcpu->pages)->guest;

	if (__builtin_expect((uint32_t)c->exit_code != VMEXIT_VMMCALL, 0))
		return slow_exit(c, vcpu);
	vcpu->regs.rax = c->rax;
	c->rip += CALL_LENGTH;
	c->interrupt_shadow = 0;
	vcpu->hypercall(vcpu);
	c->rax = vcpu->regs.rax;
	if (__builtin_expect(vcpu->synced, 0))
		write_back(vcpu);
	return c;
}

const struct vcpu_vendor svm_vendor = {
	.name = "svm",
	.extension = "SVM",
	.makers = "AuthenticAMD or HygonGenuine",
	.call_instruction = {0x0f, 0x01, 0xd9}, /* VMMCALL */
	.msr_bitmap = msrpm,
	.msr_bitmap_size = sizeof(msrpm),
	.init = svm_init,
	.offered = svm_offered,
	.available = svm_available,
	.run = svm_start,
	.intercept_interrupts = intercept_interrupts,
	.take_interrupt = svm_take_interrupt,
	.sync = svm_sync,
	.flip = svm_flip,
};
