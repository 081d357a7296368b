/* SPDX-License-Identifier: GPL-2.0-only */
/* Traps: one during an attempt is its result, any other goes to the image. */
#ifndef X86_TRAP_H
#define X86_TRAP_H

#include <stdbool.h>

#include "x86/cpu.h"

/* Called by boot/traps.asm for all VECTORS. */
void trap_handle(struct trap_frame *frame);

/* The argument of cpu_init() */
extern void (*trap_unexpected)(struct trap_frame *frame);

/*
 * NMIs come at any time, and have nothing to do with the attempt that they interrupt.  Where this
 * is not set there are none, so one in an attempt is its result.
 */
extern bool trap_nmis_expected;

/* Makes the trap return to guard_resume(@guard) instead of the code that it interrupted. */
void trap_return_to(struct trap_frame *frame, const struct guard *guard);

/* Ends the attempt that @frame interrupted: a trap, which is its result. */
void attempt_end(struct trap_frame *frame);

/* Runs call_with_regs(@call).  False if it faulted; the fault is in attempt.fault then. */
bool attempt_call(struct call *call);

/* Whether @rip is in an attempt's code: call_with_regs(), or anything in the paging window. */
bool attempt_code(uint64_t rip);

/* boot/traps.asm: runs @fn(@arg).  True if it returned, false if guard_resume(@guard) ended it. */
bool guard_run(struct guard *guard, void (*fn)(void *arg), void *arg);
_Noreturn void guard_resume(const struct guard *guard);

/*
 * boot/call.asm: calls @call->target with the registers of @call->in, and saves all registers to
 * @call->out afterwards.  this_cpu()->call must be @call.
 */
void call_with_regs(struct call *call);

#endif
