/* SPDX-License-Identifier: GPL-2.0-only */
/* All processors: starting them, and running a function on all of them at once. */
#ifndef X86_SMP_H
#define X86_SMP_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/cpu.h"

/* xAPIC IDs have eight bits, and 0xff means all. */
#define SMP_MAX 255

/*
 * The memory of each processor but the first: stacks, struct cpu, and pages for the image, the
 * first of which is cleared.  Naturally aligned.
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
 * Starts all processors but this one by INIT and start-up IPIs (SDM volume 3, 325384-083, 9.4.4),
 * and waits until @wanted are running, this one included; with @wanted 0, until no more come.
 * Returns how many are running.  Called once, after apic_init().
 *
 * @blocks: @limit blocks at their physical addresses, below 4 GiB; more processors are not used.
 * @low: the physical address of a page below 1 MiB, which is mapped at @low_mapped, writable.
 */
unsigned smp_start(struct smp_block *blocks, unsigned limit, uint32_t low, void *low_mapped,
		   unsigned wanted);

/*
 * Called by the boot processor: starts processor @cpu again, by INIT and a start-up IPI.  If it
 * still had work, that is given up, and counts as done.  False: it has not come back in time.  The
 * page at @low must be as smp_start() left it.
 */
bool smp_restart(struct cpu *cpu);

/* How many are running: 1 before smp_start(). */
unsigned smp_count(void);

/* Processor @id: 0 is the boot processor, the others follow in the order of their arrival. */
struct cpu *smp_cpu(unsigned id);

/*
 * Called by the boot processor: runs @fn(@arg) on all processors at once.  Returns NULL if it
 * returned on all of them in time, else a processor that is lost for good.  If that one is dead,
 * last_trap is what it died of.
 */
struct cpu *smp_run(void (*fn)(void *arg), void *arg);

/*
 * Waits for processors that still run the last function, which is so after guard_resume() ended
 * smp_run() on the boot processor.  Returns as smp_run() does.
 */
struct cpu *smp_wait(void);

#endif
