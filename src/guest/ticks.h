/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for interrupts of the timer. */
#ifndef GUEST_TICKS_H
#define GUEST_TICKS_H

#include <stdbool.h>

/*
 * Lets interrupts in until the timer, which was started, ticks: for at most @periods of it, as an
 * emulator may be late by many.  Returns whether it did.
 */
bool timer_ticks(unsigned periods);

#endif
