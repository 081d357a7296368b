/* SPDX-License-Identifier: GPL-2.0-only */
/* The timer that every PC has at the same place: the PIT (8254), with the PICs (8259A). */
#ifndef X86_TIMER_H
#define X86_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define IRQ_COUNT 16

/* Makes IRQ 0 come @hz times a second (19 or more), at IRQ_VECTOR.  False if no PIT counts. */
bool timer_start(unsigned hz);

/* Makes IRQ 0 come once, after @count periods of TIMER_CLOCK_HZ, and no other IRQ. */
#define TIMER_CLOCK_HZ 1193182u
void timer_start_once(uint16_t count);

/* Masks all IRQs and ends the PIT's ticks, each of which costs an emulator time, masked or not. */
void timer_stop(void);

/* The PIT's counter, which counts down to 0 and starts again. */
uint16_t timer_count(void);

/* How many periods of TIMER_CLOCK_HZ passed from one count to a later one, if less than @period. */
static inline uint16_t timer_counts(uint16_t from, uint16_t to, uint16_t period)
{
	return (uint16_t)(from - to + (to > from ? period : 0));
}

/* Acknowledges @irq to the PICs; true if it was the timer's. */
bool timer_acknowledge(unsigned irq);

#endif
