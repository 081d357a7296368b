/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdog: a call that never returns ends by an interrupt of a timer.  It works only on calls
 * that are made with IF = 1, so a call of a new kind is made in that way first.
 */
#ifndef GUEST_WATCHDOG_H
#define GUEST_WATCHDOG_H

#include <stdbool.h>

#include "x86/call32.h"

/*
 * From now on an interaction of the boot vCPU with IF = 1 lasts at most some hundredths of a
 * second.  If it took longer, its result is a fault that never_returned() (interact.h).  False: no
 * timer interrupts.
 */
bool watchdog_start(void);
void watchdog_stop(void);

/*
 * A call from legacy mode with IF = 1, after watchdog_start().  While it is not back after some
 * time, it is made again, a few times.
 */
void watchdog_call32(struct call32 *call);

/* After each interrupt: whether it is the end of the interaction in flight. */
bool watchdog_alarm(unsigned vector);

#endif
