/* SPDX-License-Identifier: GPL-2.0-only */
/* What belongs to one vCPU: its stacks, its task state, and what it is in the middle of. */
#ifndef X86_CPU_H
#define X86_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x86/defs.h"
#include "x86/regs.h"

/* 64-bit task state segment, APM2 12.2.5 */
struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iopb;
} __attribute__((packed));

_Static_assert(offsetof(struct tss, ist) == 0x24, "APM2 12.2.5");
_Static_assert(sizeof(struct tss) == 0x68, "APM2 12.2.5");

/* What GDTR and IDTR hold, APM2 4.6.2 */
struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/*
 * An interaction with the host, from before its first instruction to after its
 * last.  A trap, or any other code of ours, that runs while @active is what went wrong.
 */
struct in_flight {
	volatile bool active;
	struct guard guard;      /* where a fault inside the interaction leads */
	struct trap_frame fault; /* the fault that led there */
	uint64_t count;          /* interactions so far */
};

struct call32;
struct notes;

struct cpu {
	unsigned id;     /* 0: the one that the loader started */
	uint8_t *stacks; /* STACK_COUNT of them */
	void *own; /* SMP_OWN_PAGES pages for what the image adds; NULL where there are none */
	struct notes *notes; /* likewise: what is to be said later, and of whom; NULL: say it now */
	uint64_t random;     /* likewise: the state of its generator */
	uint64_t gdt[SEL_TSS / 8 + 2];
	struct call *call;     /* what call_with_regs() is running */
	struct call32 *call32; /* what call_with_regs32() is running */
	struct in_flight in_flight;
	struct guard check; /* where everything else that goes wrong leads */
	struct trap_frame stray_fault;
	bool check_active, stray_faulted;
	bool panicking;
	unsigned done;           /* smp_run() */
	volatile bool silent;    /* leaves the report of a trap, in stray_fault, to another one */
	volatile bool dead;      /* of stray_fault, which another one has to report */
	volatile uint64_t ticks; /* timer interrupts so far */
	volatile uint64_t ticks_in_flight; /* of them, inside an interaction */
	struct tss tss;
};

/* A vCPU's stacks: for its work, for its traps (IST_TRAP), and for #DF (IST_DOUBLE_FAULT). */
enum cpu_stack { STACK_MAIN, STACK_TRAP, STACK_DOUBLE_FAULT, STACK_COUNT };

/* The vCPU that runs this, found through its stack pointer (defs.h, STACK_SIZE). */
static inline struct cpu *this_cpu(void)
{
	uint64_t rsp;

	__asm__("mov %%rsp, %0" : "=r"(rsp));
	return *(struct cpu **)((rsp | (STACK_SIZE - 1)) - 7);
}

/* Gives the vCPU that runs this its tables and arms its trap handler. */
void cpu_load(struct cpu *cpu);

/* The same on the boot vCPU; and makes a trap of what touches its stacks' guard pages. */
void cpu_init(void);

/* Whether @address lies in a guard page of this vCPU's stacks. */
bool cpu_guard_page(uint64_t address);

#endif
