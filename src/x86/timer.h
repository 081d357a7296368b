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

/* Reads a clock; false if it can't. */
typedef bool timer_clock_fn(void *arg, uint64_t *now);

/* How far a clock went while the PIT counted so many periods of TIMER_CLOCK_HZ. */
struct timer_comparison {
	uint64_t clock, counts;
};

/*
 * Compares the clock that @read reads, given @arg, with the PIT, which timer_start() has started
 * with TIMER_SLOWEST: for @counts or a little more.  The times in which the machine does something
 * else are left out.  False if the clock can't be read, or the PIT has stopped.
 */
#define TIMER_SLOWEST 19 /* Hz: it counts for 52 ms */
bool timer_compare(timer_clock_fn *read, void *arg, uint32_t counts, struct timer_comparison *c);

/* Acknowledges @irq to the PICs; true if it was the timer's. */
bool timer_acknowledge(unsigned irq);

#endif
