/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stray: while an interaction was in flight (an attempt, x86/trap.h), the host made other code
 * of the guest run.
 */
#ifndef GUEST_STRAY_H
#define GUEST_STRAY_H

#include "guest/vcpu.h"

/*
 * Runs @fn(@arg), which a stray ends.  True if @fn returned, false on a stray.  If a trap showed
 * the stray, the vCPU's stray_faulted is set, and stray_fault is that trap.
 */
bool run_stray_safe(void (*fn)(void *arg), void *arg);

/*
 * To be called by code that is no part of an interaction.  If one is in flight, this is a stray:
 * run_stray_safe() returns.
 */
void stray_check(void);

/* For cpu_init(): handles each trap that is no interaction's result. */
void stray_trap(struct trap_frame *frame);

#endif
