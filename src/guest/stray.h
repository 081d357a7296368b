/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stray: the host made other code run than what the interaction in flight was to run.  In flight
 * is what x86/trap.h calls an attempt.
 */
#ifndef GUEST_STRAY_H
#define GUEST_STRAY_H

#include "guest/vcpu.h"

/*
 * Runs @fn(@arg) so that a stray in it ends it.  True if @fn returned, false on a stray: then
 * stray_faulted and stray_fault tell of the trap that showed it, if there was one.
 */
bool run_stray_safe(void (*fn)(void *arg), void *arg);

/*
 * Called where code runs that is no part of an interaction: if one is in flight, it strayed, and this
 * ends what run_stray_safe() runs.
 */
void stray_check(void);

/* For cpu_init(): every trap that is no interaction's result. */
void stray_trap(struct trap_frame *frame);

#endif
