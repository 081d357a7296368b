/* SPDX-License-Identifier: GPL-2.0-only */
/* Traps: those of an attempt are its result, all others go to the image. */
#ifndef X86_TRAP_H
#define X86_TRAP_H

#include <stdbool.h>

#include "x86/cpu.h"

/* Called by boot/traps.asm for all VECTORS. */
void trap_handle(struct trap_frame *frame);

/* What cpu_init() was given. */
extern void (*trap_unexpected)(struct trap_frame *frame);

/* Makes the trap return into guard_resume(@guard) and not to where it came from. */
void trap_return_to(struct trap_frame *frame, const struct guard *guard);

/*
 * Runs call_with_regs(@call).  True if it came back; false if it faulted: attempt.fault then tells
 * how.
 */
bool attempt_call(struct call *call);

/* Whether an attempt's code is at @rip: call_with_regs(), or anything in the paging window. */
bool attempt_code(uint64_t rip);

/* boot/traps.asm: runs @fn(@arg); true if it returned, false if something resumed @guard. */
bool guard_run(struct guard *guard, void (*fn)(void *arg), void *arg);
_Noreturn void guard_resume(const struct guard *guard);

/*
 * boot/call.asm: calls @call->target with exactly the registers of @call->in and
 * saves all of them to @call->out afterwards.  The processor's call must point to @call.
 */
void call_with_regs(struct call *call);

#endif
