/* SPDX-License-Identifier: GPL-2.0-only */
/* What belongs to one processor: its stacks, its tables, and what it is doing. */
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

/* GDTR and IDTR in memory, APM2 4.6.2 */
struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

/* Code that may fault: the fault is its result, not an error (trap.h). */
struct attempt {
	volatile bool active;
	struct guard guard; /* where a fault returns to */
	struct trap_frame fault;
};

struct call32;

struct cpu {
	unsigned id;      /* 0: the boot processor */
	unsigned starts;  /* how often smp.c has started it */
	uint32_t apic_id; /* if it has, or of the boot processor if others were started */
	uint8_t *stacks;  /* STACK_COUNT of them */
	void *own;        /* SMP_OWN_PAGES pages for the image, which sets it on processor 0 */
	uint64_t gdt[SEL_TSS / 8 + 2];
	struct call *call;     /* of call_with_regs() */
	struct call32 *call32; /* of call_with_regs32() */
	struct attempt attempt;
	bool panicking;
	unsigned done;        /* the number of the last work that is done (smp.c) */
	volatile bool silent; /* prints nothing if it dies: another processor reports it */
	volatile bool dead;   /* died silently, of last_trap */
	struct trap_frame last_trap;
	struct tss tss;
};

/* A processor's stacks: for its work, for traps (IST_TRAP), and for #DF (IST_DOUBLE_FAULT). */
enum cpu_stack { STACK_MAIN, STACK_TRAP, STACK_DOUBLE_FAULT, STACK_COUNT };

/* The processor that runs this, found through RSP (defs.h, STACK_SIZE). */
static inline struct cpu *this_cpu(void)
{
	uint64_t rsp;

	__asm__("mov %%rsp, %0" : "=r"(rsp));
	return *(struct cpu **)((rsp | (STACK_SIZE - 1)) - 7);
}

/* Loads GDT, TSS and IDT of the processor that runs this. */
void cpu_load(struct cpu *cpu);

/*
 * The same on the boot processor; also unmaps the guard pages of its stacks.  On every processor,
 * @unexpected gets the traps that are not the result of an attempt.  If it returns, so does the
 * trap.
 */
void cpu_init(void (*unexpected)(struct trap_frame *frame));

/* Whether @address lies in a guard page of a processor's @stacks. */
bool is_guard_page(const uint8_t *stacks, uint64_t address);

#endif
