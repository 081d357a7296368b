/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host does about each exit: which ports, MSRs and instructions the guest has. */
#include "host/abi.h"
#include "host/checksum.h"
#include "host/clock.h"
#include "host/config.h"
#include "host/cpuid.h"
#include "host/hooks.h"
#include "host/lapic.h"
#include "host/log.h"
#include "host/passthrough.h"
#include "host/pci_uart.h"
#include "host/vcpus.h"
#include "lib/exit.h"
#include "x86/insn.h"

#define EFER_GUEST (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)

void vcpu_end(struct vcpu *vcpu, const char *why)
{
	log_line("end %u %#lx %s", vcpu->id, vcpu->rip, why);
	vcpu->end_reason = why;
}

static bool read_msr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	switch (msr) {
	case MSR_EFER:
		*value = vcpu->efer;
		return true;
	case MSR_PAT:
		*value = vcpu->pat;
		return true;
	case MSR_TSC:
		*value = rdtsc();
		return true;
	default:
		return lapic_rdmsr(vcpu, msr, value);
	}
}

/*
 * APM2 3.1.7: reserved bits are a #GP, and so is a change of LME under paging.  Only the CPU sets
 * LMA.
 */
static bool write_efer(struct vcpu *vcpu, uint64_t value)
{
	bool paging = vcpu->slow.cr0 & CR0_PG;

	if (value & ~EFER_GUEST || (paging && (value ^ vcpu->efer) & EFER_LME))
		return false;
	vcpu->efer = (value & ~EFER_LMA) | (vcpu->efer & EFER_LMA);
	return true;
}

/* APM2 7.8.2: eight memory types, each 0, 1 or 4 to 7. */
static bool write_pat(struct vcpu *vcpu, uint64_t value)
{
	for (unsigned shift = 0; shift < 64; shift += 8) {
		uint8_t type = (uint8_t)(value >> shift);

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	vcpu->pat = value;
	return true;
}

static bool write_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	if (msr == MSR_EFER)
		return write_efer(vcpu, value);
	if (msr == MSR_PAT)
		return write_pat(vcpu, value);
	return lapic_wrmsr(vcpu, msr, value);
}

/* The MSR is an ABI's or the machine's, or the guest takes a #GP. */
static void handle_msr(struct vcpu *vcpu)
{
	bool write = vcpu->exit.kind == EXIT_WRMSR;
	uint32_t msr = (uint32_t)vcpu->regs.rcx;
	uint64_t value = (uint32_t)vcpu->regs.rax | vcpu->regs.rdx << 32;
	enum msr_outcome outcome =
		write ? abi_wrmsr(vcpu, msr, value) : abi_rdmsr(vcpu, msr, &value);

	if (outcome == MSR_GP)
		return;
	if (outcome == MSR_UNKNOWN &&
	    !(write ? write_msr(vcpu, msr, value) : read_msr(vcpu, msr, &value))) {
		log_line("msr %u %s %#x = #GP", vcpu->id, write ? "wrmsr" : "rdmsr", msr);
		vcpu_inject_gp(vcpu);
		return;
	}
	if (!write) {
		vcpu->regs.rax = (uint32_t)value;
		vcpu->regs.rdx = value >> 32;
	}
	vcpu_skip(vcpu);
}

/*
 * OUTS writes nothing, but its registers change as if it did.  With REP this takes the address
 * size to be 64 bits: a guest that uses another one harms only itself.
 */
static void drop_string(struct vcpu *vcpu)
{
	struct gprs *r = &vcpu->regs;
	uint64_t count = vcpu->exit.io.repeated ? r->rcx : 1;
	uint64_t length = count * vcpu->exit.io.size;

	r->rsi += vcpu->slow.rflags & RFLAGS_DF ? -length : length;
	if (vcpu->exit.io.repeated)
		r->rcx = 0;
}

/*
 * Whether the guest reads the machine's port: it has the port, and a hook made the read exit; or
 * the port is isa-debug-exit's, from which the guest learns whether that device exists.
 */
static bool passes_through(uint16_t port, unsigned size)
{
	return size == 1 && (passthrough_port(port) || port == DEBUG_EXIT);
}

/* The guest's verdict: it ends the machine if that has the device. */
static void handle_debug_exit(struct vcpu *vcpu)
{
	vcpu->debug_exit_code = (uint8_t)vcpu->regs.rax;
	log_line("verdict %u %#x", vcpu->id, vcpu->debug_exit_code);
	if (checksum_changed()) {
		vcpu_end(vcpu, "has a verdict, but has changed the host's memory");
		return;
	}
	outb(DEBUG_EXIT, vcpu->debug_exit_code);
	vcpu_skip(vcpu);
}

/* Ports that the guest does not have read as all-ones, and ignore writes. */
static void handle_io(struct vcpu *vcpu)
{
	uint16_t port = vcpu->exit.io.port;
	unsigned size = vcpu->exit.io.size;
	uint64_t mask = (UINT64_C(1) << 8 * size) - 1, value;

	if (port == DEBUG_EXIT && size == 1 && !vcpu->exit.io.in && !vcpu->exit.io.string) {
		handle_debug_exit(vcpu);
		return;
	}
	if (clock_rtc_io(vcpu) || pci_uart_io(vcpu)) {
		vcpu_skip(vcpu);
		return;
	}
	if (vcpu->exit.io.string && vcpu->exit.io.in) {
		log_line("io %u in %#x %u = #GP", vcpu->id, port, size);
		vcpu_inject_gp(vcpu); /* INS would need the guest's page tables */
		return;
	}
	if (vcpu->exit.io.string) {
		log_line("io %u out %#x %u string", vcpu->id, port, size);
		drop_string(vcpu);
	} else if (vcpu->exit.io.in) {
		value = passes_through(port, size) ? inb(port) : mask;
		if (!passes_through(port, size))
			log_line("io %u in %#x %u = %#lx", vcpu->id, port, size, value);
		vcpu->regs.rax = (size == 4 ? 0 : vcpu->regs.rax & ~mask) | value;
	} else {
		log_line("io %u out %#x %u %#lx", vcpu->id, port, size, vcpu->regs.rax & mask);
	}
	vcpu_skip(vcpu);
	hook_io(vcpu);
}

/*
 * With interrupts on, HLT may end at any time, so it ends at once.  With them off only an INIT
 * ends it, or what an ABI has for that.
 */
static void handle_hlt(struct vcpu *vcpu)
{
	if (hook_halt(vcpu) || vcpu->slow.rflags & RFLAGS_IF) {
		vcpu_skip(vcpu);
		return;
	}
	vcpu->halted = true;
	if (vcpu->id)
		return;
	/*
	 * Nobody sends vCPU 0 an INIT.  After a verdict, which the engine may need a moment for,
	 * log nothing.
	 */
	vcpu->end_reason = "halted with interrupts off";
	if (!vcpu->debug_exit_code)
		vcpu_end(vcpu, vcpu->end_reason);
}

/* INVD would discard what the host has in the caches, too: write all back. */
static void handle_invd(struct vcpu *vcpu)
{
	__asm__ volatile("wbinvd" : : : "memory");
	vcpu_skip(vcpu);
}

/*
 * CR0.NE and CR4.VMXE are the host's, because VMX needs them set.  The guest may change NE: from
 * now on it reads the new value, and it repeats the instruction, without an exit, for the other
 * bits of CR0.  (If that is a #GP, NE has changed all the same.)  The guest's CPU has no VMXE.
 */
static void handle_cr_write(struct vcpu *vcpu)
{
	if (vcpu->exit.cr == 0)
		vcpu->slow.cr0 ^= CR0_NE;
	else
		vcpu_inject_gp(vcpu);
}

/* The guest's CPU does not have this instruction. */
static void handle_instruction(struct vcpu *vcpu)
{
	log_line("forbidden %u %#lx = #UD", vcpu->id, vcpu->rip);
	vcpu_inject_ud(vcpu);
}

static void handle_exception(struct vcpu *vcpu)
{
	if (!hook_exception(vcpu))
		vcpu->event = vcpu->exit.event;
}

static void handle_nested_fault(struct vcpu *vcpu)
{
	vcpu->event = vcpu->exit.event; /* its delivery starts again */
	if (lapic_page_access(vcpu) || hook_nested_fault(vcpu))
		return;
	log_line("memory %u %#lx", vcpu->id, vcpu->exit.gpa);
	vcpu_end(vcpu,
		 vcpu->end_reason ? vcpu->end_reason : "touched memory that it does not have");
}

static void handle_triple_fault(struct vcpu *vcpu)
{
	vcpu_end(vcpu, "ended in a triple fault");
}

/*
 * Another vCPU ends the guest (vcpus_stop_others()), or has sent an INIT, which
 * vcpu_handle_exit() sees.  An NMI from elsewhere is nobody's.
 */
static void handle_nmi(struct vcpu *vcpu)
{
	if (__atomic_load_n(&vcpu->stopped, __ATOMIC_ACQUIRE))
		vcpu->end_reason = "was stopped by an NMI or INIT";
}

/* No vCPU sends one to a processor, and under SVM it stays pending. */
static void handle_init(struct vcpu *vcpu)
{
	vcpu_end(vcpu, "was stopped by an NMI or INIT");
}

static void handle_dead_end(struct vcpu *vcpu)
{
	const struct vcpu_exit *exit = &vcpu->exit;

	log_line("exit %u %#lx %#lx %s", vcpu->id, exit->code, exit->information,
		 exit->name ? exit->name : "unknown");
	vcpu_end(vcpu, exit->kind == EXIT_ENTRY_FAILED
			       ? "is in a state that the CPU does not accept"
			       : "made an exit that nobody knows");
}

bool vcpu_handle_exit(struct vcpu *vcpu)
{
	static void (*const handlers[])(struct vcpu *) = {
		[EXIT_UNKNOWN] = handle_dead_end,
		[EXIT_RDMSR] = handle_msr,
		[EXIT_WRMSR] = handle_msr,
		[EXIT_CPUID] = handle_cpuid,
		[EXIT_IO] = handle_io,
		[EXIT_HLT] = handle_hlt,
		[EXIT_INVD] = handle_invd,
		[EXIT_CR_WRITE] = handle_cr_write,
		[EXIT_INSTRUCTION] = handle_instruction,
		[EXIT_EXCEPTION] = handle_exception,
		[EXIT_NESTED_FAULT] = handle_nested_fault,
		[EXIT_TRIPLE_FAULT] = handle_triple_fault,
		[EXIT_INTERRUPT] = vapic_interrupt,
		[EXIT_NMI] = handle_nmi,
		[EXIT_INIT] = handle_init,
		[EXIT_ENTRY_FAILED] = handle_dead_end,
	};

	vcpu_sync(vcpu);
	handlers[vcpu->exit.kind](vcpu);
	abi_exit(vcpu);
	if (!(vcpu->slow.cr0 & CR0_PE))
		vcpu->event.has_error = false; /* real mode has no error codes */
	return !vcpu->end_reason && !vcpu->halted && !vcpu_must_leave(vcpu);
}
