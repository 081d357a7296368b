/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU as the host's policy sees it.  A vendor's file (svm.c, vmx.c) translates its
 * exits to this and this back to its hardware; it decides nothing.
 */
#ifndef HOST_VCPU_H
#define HOST_VCPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/guest_memory.h"
#include "x86/defs.h"
#include "x86/regs.h"

enum exit_kind {
	EXIT_RDMSR, /* of exit.msr */
	EXIT_WRMSR, /* of exit.msr */
	EXIT_CPUID,
	EXIT_IO, /* a port that the guest does not have: exit.io */
	EXIT_HALT,
	EXIT_WRITE_BACK, /* INVD: write the caches back instead, for they hold more than the guest's */
	EXIT_RETRY,      /* the guest tries the same instruction again: nothing is left to do */
	EXIT_INJECT_GP,    /* it set a bit of a control register that its CPU does not have */
	EXIT_INJECT_UD,    /* its CPU does not have the instruction */
	EXIT_EXCEPTION,    /* exit.event; exits only if vcpu->exception_bitmap has it */
	EXIT_MEMORY,       /* exit.gpa is not the guest's memory */
	EXIT_SHUTDOWN,     /* a triple fault */
	EXIT_STOP,         /* an NMI, or a real INIT: the run is over */
	EXIT_ENTRY_FAILED, /* the CPU did not accept the guest's state: exit.code */
	EXIT_UNKNOWN,      /* exit.code */
};

/* An exception: one to take at the next entry, or one that exited. */
struct vcpu_event {
	bool pending, has_error;
	uint8_t vector;
	uint32_t error;
};

struct vcpu_exit {
	enum exit_kind kind;
	uint8_t length; /* of the instruction that exited, in bytes; 0 where there is none */
	uint32_t msr;
	uint64_t gpa;
	struct vcpu_event event;
	uint64_t code, information; /* the vendor's own, for messages */
	const char *name;           /* of the code, where it has one */
	struct {
		uint16_t port;
		uint8_t size; /* in bytes */
		bool in, string, repeated;
	} io;
};

/* What an exit seldom needs; see vcpu_sync(). */
struct vcpu_slow_state {
	uint64_t rsp, rflags;
	uint64_t cr0, cr2, cr3, cr4;
	uint64_t fs_base, gs_base, lstar;
	uint16_t ds, idtr_limit;
	uint64_t cs_base;  /* changes do not reach the guest; nor of what follows */
	uint8_t code_bits; /* 16, 32 or 64 */
};

/* Where a vCPU begins: by its loader, or by a start-up IPI.  LDTR and TR are empty. */
struct vcpu_segment {
	uint16_t selector;
	uint16_t rights; /* as a descriptor's upper half has them */
	uint32_t limit;
	uint64_t base;
};

struct vcpu_start {
	struct vcpu_segment code, data;
	uint64_t cr0;
	uint32_t rip, eax, ebx;
};

struct vcpu;
struct vcpu_vendor;

/*
 * Handles a hypercall, the one exit whose cost counts: registers and RIP are there, and no
 * vcpu->exit.
 */
typedef void vcpu_hypercall(struct vcpu *vcpu);

/*
 * All that belongs to one vCPU, which has one processor to itself; that processor alone touches it,
 * but for what stands under "shared".
 */
struct vcpu {
	/* Valid while an exit is handled; changes reach the guest at its next entry. */
	struct gprs regs; /* save rsp and rflags: they are slow; the vendors' asm wants it first */

	unsigned id;
	const struct vcpu_vendor *vendor;
	const struct guest_memory *memory;
	void *pages; /* the vendor's own: VCPU_PAGES of them */
	uint64_t rip;
	struct vcpu_slow_state slow; /* if synced */
	bool synced;
	struct vcpu_exit exit;
	struct vcpu_event event;

	uint64_t entry; /* where the guest began */
	uint64_t efer;  /* as the guest sees it, without SVME; LMA only when synced */
	uint64_t pat;

	uint32_t exception_bitmap; /* exceptions that exit: one bit for each vector */
	vcpu_hypercall *hypercall;

	bool halted;             /* until an INIT comes */
	uint8_t debug_exit_code; /* the last that it wrote to isa-debug-exit */
	uint32_t apic_id;
	bool x2apic;
	uint32_t icr_destination; /* the APIC's register */
	const char *end_reason;   /* why the guest cannot go on; NULL while it can */

	/* Shared: set by any vCPU, by atomic operations; see vcpus.c. */
	unsigned sipi;     /* SIPI_PENDING and the vector of a start-up IPI */
	bool init_pending; /* an INIT has come */
	bool wait_for_sipi;
};

_Static_assert(offsetof(struct vcpu, regs) == 0, "svm_run.asm, vmx_run.asm");

#define VCPU_PAGES 3

/* What is no part of a hypercall's way: by its size, where that is compiled by its speed. */
#define COLD __attribute__((cold))

/* What a vendor's file offers. */
struct vcpu_vendor {
	const char *name;
	uint8_t call_instruction[3];
	uint64_t nested_leaf; /* what makes an entry of its nested tables write-back memory */

	/* Once, before any vCPU runs: what all of them share. */
	void (*init)(void);

	/* Whether this CPU is of the vendor's kind at all. */
	bool (*offered)(void);

	/* Whether it can run a guest; if not, *@why says what it lacks. */
	bool (*available)(const char **why);

	/*
	 * Runs the guest from @start until vcpu->end_reason or vcpu->halted is set, or an INIT has come.
	 */
	void (*run)(struct vcpu *vcpu, const struct vcpu_start *start);

	/* Fills vcpu->slow. */
	void (*sync)(struct vcpu *vcpu);
};

extern const struct vcpu_vendor svm_vendor, vmx_vendor;

/* exits.c: handles any vcpu->exit but a hypercall.  False once the vCPU has to leave the guest. */
bool vcpu_handle_exit(struct vcpu *vcpu);

/* Makes vcpu->slow valid; what is changed there reaches the guest too. */
static inline void vcpu_sync(struct vcpu *vcpu)
{
	if (!vcpu->synced)
		vcpu->vendor->sync(vcpu);
	vcpu->synced = true;
}

/* What CS.L and CS.D make of the guest's code: APM2 4.7.2, 4.8.1.  In real mode both are clear. */
static inline uint8_t code_bits(const struct vcpu *vcpu, bool l, bool d)
{
	return vcpu->efer & EFER_LMA && l ? 64 : d ? 32 : 16;
}

/* The guest takes an exception instead of going on behind the instruction. */
static inline void vcpu_inject_gp(struct vcpu *vcpu)
{
	vcpu->event = (struct vcpu_event){.pending = true, .has_error = true, .vector = VECTOR_GP};
}

static inline void vcpu_inject_ud(struct vcpu *vcpu)
{
	vcpu->event = (struct vcpu_event){.pending = true, .vector = VECTOR_UD};
}

/* What a vCPU has at its start, wherever that is (SDM volume 3, 325384-083, table 10-1). */
#define START_LDT 0x0082
#define START_TSS 0x008b
#define START_DR7 0x400
#define START_PAT UINT64_C(0x0007040600070406)

/* Of both vendors' call instructions, in bytes. */
#define CALL_LENGTH 3

/* The guest goes on behind the instruction that exited. */
static inline void vcpu_skip(struct vcpu *vcpu)
{
	vcpu->rip += vcpu->exit.length;
}

#endif
