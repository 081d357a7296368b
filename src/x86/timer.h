/* SPDX-License-Identifier: GPL-2.0-only */
/* The one timer that needs no discovery: the PIT (8254), through the PICs (8259A). */
#ifndef X86_TIMER_H
#define X86_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define IRQ_COUNT 16

/*
 * Lets IRQ 0 come @hz times a second (19 or more) once interrupts are on.  False if no PIT
 * counts here.
 */
bool timer_start(unsigned hz);

/*
 * Masks it and every other IRQ, and has the PIT run out: an emulator pays for each tick, masked
 * or not.
 */
void timer_stop(void);

/* The PIT's counter, which runs down and starts over. */
uint16_t timer_count(void);

/* Acknowledges @irq to the PICs; true if it was the timer's. */
bool timer_acknowledge(unsigned irq);

#endif
