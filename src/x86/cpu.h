/* SPDX-License-Identifier: GPL-2.0-only */
/* What belongs to one processor: its stacks, its task state, and what it is in the middle of. */
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

/* Code that may fault, where the fault is a result and no error (trap.h). */
struct attempt {
	volatile bool active;
	struct guard guard;      /* where the fault leads */
	struct trap_frame fault; /* the fault that led there */
};

struct call32;

struct cpu {
	unsigned id;     /* 0: the one that the loader started */
	uint8_t *stacks; /* STACK_COUNT of them */
	void *own;       /* SMP_OWN_PAGES pages for the image; on processor 0 the image sets it */
	uint64_t gdt[SEL_TSS / 8 + 2];
	struct call *call;     /* what call_with_regs() is running */
	struct call32 *call32; /* what call_with_regs32() is running */
	struct attempt attempt;
	bool panicking;
	unsigned done;        /* smp_run() */
	volatile bool silent; /* another processor reports what it dies of */
	volatile bool dead;   /* it died silently, of last_trap */
	struct trap_frame last_trap;
	struct tss tss;
};

/* A processor's stacks: for its work, for its traps (IST_TRAP), and for #DF (IST_DOUBLE_FAULT). */
enum cpu_stack { STACK_MAIN, STACK_TRAP, STACK_DOUBLE_FAULT, STACK_COUNT };

/* The processor that runs this, found through its stack pointer (defs.h, STACK_SIZE). */
static inline struct cpu *this_cpu(void)
{
	uint64_t rsp;

	__asm__("mov %%rsp, %0" : "=r"(rsp));
	return *(struct cpu **)((rsp | (STACK_SIZE - 1)) - 7);
}

/* Gives the processor that runs this its tables and arms its trap handler. */
void cpu_load(struct cpu *cpu);

/*
 * The same on the boot processor; and unmaps its stacks' guard pages.  @unexpected gets every trap
 * that is no attempt's, on any processor; if it returns, the trap does.
 */
void cpu_init(void (*unexpected)(struct trap_frame *frame));

/* Whether @address lies in a guard page of a processor's @stacks. */
bool is_guard_page(const uint8_t *stacks, uint64_t address);

#endif
