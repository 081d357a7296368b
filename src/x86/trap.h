/* SPDX-License-Identifier: GPL-2.0-only */
/* Traps: expected ones are data, unexpected ones end the run. */
#ifndef X86_TRAP_H
#define X86_TRAP_H

#include <stdbool.h>

#include "x86/cpu.h"

/* The first of the sixteen vectors that the interrupt controllers use. */
#define IRQ_VECTOR 0x20

/* Loads the IDT. */
void trap_init(void);

/* Called by boot/traps.asm for all VECTORS. */
void trap_handle(struct trap_frame *frame);

/* Around an interaction: a trap, or other code of ours, in between is what went wrong with it. */
void interaction_begin(struct cpu *cpu);
void interaction_end(struct cpu *cpu);

/*
 * Runs call_with_regs(@call) as an interaction with the host.  Returns true if it
 * came back, false if it faulted: in_flight.fault then tells how.
 */
bool interact(struct call *call);

/*
 * Runs @fn(@arg) so that a stray in it ends it.  A stray: the host made other
 * code run than what the interaction in flight was to run.  Returns true if
 * @fn returned, false on a stray, with stray_faulted and stray_fault set.
 */
bool run_stray_safe(void (*fn)(void *arg), void *arg);

/* Ends the check in flight, if there is one. */
void stray(void);

/* Called where code runs that is no part of an interaction: if one is in flight, it strayed. */
static inline void stray_check(void)
{
	if (__builtin_expect(this_cpu()->in_flight.active, 0))
		stray();
}

/* The rest of the image provides this: reports @frame, ends the run.  */
_Noreturn void trap_unexpected(const struct trap_frame *frame);

/* boot/traps.asm: runs @fn(@arg); true if it returned, false if something resumed @guard. */
bool guard_run(struct guard *guard, void (*fn)(void *arg), void *arg);
_Noreturn void guard_resume(const struct guard *guard);

/*
 * boot/call.asm: calls @call->target with exactly the registers of @call->in and
 * saves all of them to @call->out afterwards.  The vCPU's call must point to @call.
 */
void call_with_regs(struct call *call);

#endif
