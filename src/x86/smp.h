/* SPDX-License-Identifier: GPL-2.0-only */
/* All processors: starting those that the boot loader did not, and giving them work. */
#ifndef X86_SMP_H
#define X86_SMP_H

#include <stdint.h>

#include "x86/cpu.h"

/* As many as an xAPIC can tell apart. */
#define SMP_MAX 255

/*
 * What each of the others gets: its stacks, its struct cpu, and pages for the image, the first one
 * cleared.  64 KiB, naturally
 * aligned.
 */
#define SMP_BLOCK     0x10000
#define SMP_OWN_PAGES 3

struct smp_block {
	uint8_t stacks[STACK_COUNT][STACK_SIZE];
	struct cpu cpu;
	uint8_t own[SMP_OWN_PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
};

_Static_assert(sizeof(struct smp_block) == SMP_BLOCK, "boot/smp.asm");

/*
 * Starts all processors but this one by INIT and start-up IPIs (SDM volume 3, 325384-083, 9.4.4).
 * @blocks: @limit of them, mapped at their physical addresses below 4 GiB; a processor beyond them
 * sleeps.  apic_init() found an APIC.  @low: a page of memory below 1 MiB, and @low_mapped where it is
 * mapped, writable.  Waits
 * until @wanted are there, this one included; or if @wanted is 0 until no more come.  Returns how many
 * there are.  Call it once, behind apic_init().
 */
unsigned smp_start(struct smp_block *blocks, unsigned limit, uint32_t low, void *low_mapped,
		   unsigned wanted);

/* How many there are: 1 before smp_start(). */
unsigned smp_count(void);

/* By number: 0 is the boot processor, the others follow in the order of their arrival. */
struct cpu *smp_cpu(unsigned id);

/*
 * Waits for those that are still at the last work, as they are if the boot processor was torn out of
 * smp_run().  Returns as smp_run() does.
 */
struct cpu *smp_wait(void);

/*
 * Runs @work(@arg) on all processors at once, the calling one, number 0, included.  Returns NULL if it
 * returned on all of them; else one where it did not, of which nobody will hear again: if it is dead, by
 * the exception in last_trap.
 */
struct cpu *smp_run(void (*work)(void *arg), void *arg);

#endif
