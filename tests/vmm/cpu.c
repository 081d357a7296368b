/* SPDX-License-Identifier: GPL-2.0-only */
/* vCPUs: their CPUID, their state at the start, and what to do each time KVM gives one back. */
#include <errno.h>
#include <linux/kvm.h>
#include <linux/kvm_para.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "vmm.h"

#define CPUID_ENTRIES 256 /* more than any KVM has */

#define BIT(n) (1u << (n))

/* Leaf 1 */
#define ECX_X2APIC     BIT(21)
#define ECX_DEADLINE   BIT(24)
#define ECX_HYPERVISOR BIT(31)
#define EDX_APIC       BIT(9)

/* Features that work only with KVM's own APIC. */
#define NEED_APIC                                                                           \
	(BIT(KVM_FEATURE_ASYNC_PF) | BIT(KVM_FEATURE_PV_EOI) | BIT(KVM_FEATURE_PV_UNHALT) | \
	 BIT(KVM_FEATURE_ASYNC_PF_VMEXIT) | BIT(KVM_FEATURE_PV_SEND_IPI) |                  \
	 BIT(KVM_FEATURE_ASYNC_PF_INT) | BIT(KVM_FEATURE_MSI_EXT_DEST_ID))

#define CR0_PE   0x01u
#define CR0_ET   0x10u
#define CR0_PG   0x80000000u
#define CR4_PAE  0x20u
#define EFER_LME 0x100u
#define EFER_LMA 0x400u

#define USELESS UINT64_C(0x5a5a5a5a5a5a5a5a)

struct vcpu {
	const struct vm *vm;
	unsigned id;
	int fd;
	struct kvm_run *run; /* shared with KVM: why it gave the vCPU back */
};

/* ---- CPUID ----------------------------------------------------------------------------------- */

static bool has_apic(const struct options *o)
{
	return o->irqchip || o->lapic;
}

/* Changes what KVM could show to what this vCPU has. */
static void adapt(const struct vcpu *vcpu, struct kvm_cpuid_entry2 *e)
{
	const struct options *o = vcpu->vm->options;

	switch (e->function) {
	case 1:
		e->ebx = (e->ebx & 0xffff) | o->vcpus << 16 | vcpu->id << 24;
		e->ecx |= ECX_HYPERVISOR;
		if (!has_apic(o)) {
			e->ecx &= ~(ECX_X2APIC | ECX_DEADLINE);
			e->edx &= ~EDX_APIC;
		}
		break;
	case 0xb: /* the topology: EDX is the APIC's ID */
	case 0x1f:
		e->edx = vcpu->id;
		break;
	case KVM_CPUID_FEATURES:
		e->eax &= ~(o->hide | (has_apic(o) ? 0 : NEED_APIC));
		/* fall through */
	case KVM_CPUID_SIGNATURE:
		if (o->no_signature)
			e->eax = e->ebx = e->ecx = e->edx = 0;
		break;
	}
}

static void set_cpuid(const struct vcpu *vcpu)
{
	struct kvm_cpuid2 *cpuid;

	cpuid = calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		fail("no memory for CPUID");
	cpuid->nent = CPUID_ENTRIES;
	MUST(vcpu->vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid);
	for (unsigned i = 0; i < cpuid->nent; i++)
		adapt(vcpu, &cpuid->entries[i]);
	MUST(vcpu->fd, KVM_SET_CPUID2, cpuid);
	free(cpuid);
}

/* Without this, MSRs and hypercalls of a feature work even if CPUID does not show it. */
static void enforce(const struct vcpu *vcpu)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID, .args = {1}};

	if (ioctl(vcpu->vm->kvm, KVM_CHECK_EXTENSION, cap.cap) <= 0)
		fail("--enforce: this KVM cannot enforce CPUID, wanted Linux 5.10");
	MUST(vcpu->fd, KVM_ENABLE_CAP, &cap);
}

/* ---- the state at the start ------------------------------------------------------------------ */

/*
 * In 32-bit mode: Multiboot Specification 0.6.96, section 3.2: protected mode, flat segments, no
 * paging; PVH is alike.  In 64-bit mode only what boot.rst promises and is in the registers: there
 * is no GDT.  All other registers have values that no image can use.
 */
static void set_registers(const struct vcpu *vcpu, const struct entry *entry)
{
	struct kvm_segment code = {
		.limit = UINT32_MAX,
		.selector = 0x08,
		.type = 0xb, /* execute, read, accessed */
		.present = 1,
		.db = 1, /* 32 bits */
		.s = 1,  /* no system segment */
		.g = 1,  /* the limit counts pages */
	};
	struct kvm_segment data = code;
	struct kvm_regs regs = {
		.rip = entry->rip,
		.rax = entry->rax,
		.rbx = entry->rbx,
		.rcx = USELESS,
		.rdx = USELESS,
		.rsi = entry->cr3 ? entry->rsi : USELESS,
		.rdi = USELESS,
		.rbp = USELESS,
		.rsp = USELESS,
		.rflags = 2,
	};
	struct kvm_sregs sregs;

	data.selector = 0x10;
	data.type = 0x3; /* read, write, accessed */
	MUST(vcpu->fd, KVM_GET_SREGS, &sregs);
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr0 = CR0_PE | CR0_ET;
	sregs.gdt.limit = sregs.idt.limit = 0;
	if (entry->cr3) {
		sregs.cs.l = 1; /* 64 bits */
		sregs.cs.db = 0;
		sregs.cr0 |= CR0_PG;
		sregs.cr3 = entry->cr3;
		sregs.cr4 = CR4_PAE;
		sregs.efer = EFER_LME | EFER_LMA;
	}
	MUST(vcpu->fd, KVM_SET_SREGS, &sregs);
	MUST(vcpu->fd, KVM_SET_REGS, &regs);
}

/* ---- the run --------------------------------------------------------------------------------- */

static unsigned long long rip(const struct vcpu *vcpu)
{
	struct kvm_regs regs;

	MUST(vcpu->fd, KVM_GET_REGS, &regs);
	return regs.rip;
}

/* KVM gives several accesses at once if the guest used INS or OUTS with REP. */
static void do_io(struct kvm_run *run)
{
	uint8_t *value = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count; i++, value += run->io.size) {
		if (run->io.direction == KVM_EXIT_IO_OUT)
			port_write(run->io.port, value, run->io.size);
		else
			port_read(run->io.port, value, run->io.size);
	}
}

static void handle_exit(const struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		do_io(run);
		return;
	case KVM_EXIT_MMIO: /* neither memory nor a device is there: as on a bus without one */
		if (!run->mmio.is_write)
			memset(run->mmio.data, 0xff, run->mmio.len);
		return;
	case KVM_EXIT_SET_TPR: /* CR8 was written, and there is no APIC here that it would be of */
		return;
	case KVM_EXIT_HLT: /* only without KVM's APIC, which handles HLT itself */
		if (vcpu->vm->options->end == END_HALT)
			end_vm(STATUS_RESET);
		fail("vCPU %u at %#llx: halted for ever, for without --irqchip nothing wakes it",
		     vcpu->id, rip(vcpu));
	case KVM_EXIT_SHUTDOWN:
		fprintf(stderr, "vmm: vCPU %u at %#llx: a triple fault\n", vcpu->id, rip(vcpu));
		end_vm(STATUS_RESET);
	case KVM_EXIT_FAIL_ENTRY:
		fail("vCPU %u at %#llx: KVM cannot run it, hardware reason %#llx", vcpu->id,
		     rip(vcpu), (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		fail("vCPU %u at %#llx: internal error %u of KVM (1: an instruction that it does "
		     "not emulate)",
		     vcpu->id, rip(vcpu), run->internal.suberror);
	default:
		fail("vCPU %u at %#llx: exit reason %u, which no option here asks KVM for",
		     vcpu->id, rip(vcpu), run->exit_reason);
	}
}

static void *run_vcpu(void *arg)
{
	const struct vcpu *vcpu = arg;

	for (;;) {
		if (!ioctl(vcpu->fd, KVM_RUN, 0))
			handle_exit(vcpu);
		/* EAGAIN: an INIT or a SIPI has come, and the vCPU is to be run again. */
		else if (errno != EINTR && errno != EAGAIN)
			fail("vCPU %u: KVM_RUN: %s", vcpu->id, strerror(errno));
	}
	return NULL;
}

void start_vcpu(struct vm *vm, unsigned id, const struct entry *entry)
{
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));
	int size = MUST(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	pthread_t thread;

	if (!vcpu)
		fail("no memory for vCPU %u", id);
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->fd = MUST(vm->fd, KVM_CREATE_VCPU, (unsigned long)id);
	vcpu->run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		fail("vCPU %u: %s", id, strerror(errno));
	if (vm->options->enforce)
		enforce(vcpu);
	set_cpuid(vcpu);
	if (id == 0)
		set_registers(vcpu, entry);
	errno = pthread_create(&thread, NULL, run_vcpu, vcpu);
	if (errno)
		fail("vCPU %u: no thread: %s", id, strerror(errno));
}
