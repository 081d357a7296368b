/* SPDX-License-Identifier: GPL-2.0-only */
/* Intel 8259A data sheet (231468-003) and 8254 data sheet (231164-005). */
#include "x86/timer.h"

#include "x86/defs.h"
#include "x86/insn.h"

#define PIC1_COMMAND    0x20
#define PIC1_DATA       0x21
#define PIC2_COMMAND    0xa0
#define PIC2_DATA       0xa1
#define ICW1_INIT_ICW4  0x11
#define ICW3_SLAVE_ON_2 0x04
#define ICW3_SLAVE_ID   0x02
#define ICW4_8086       0x01
#define OCW2_EOI        0x20
#define MASK_ALL        0xff
#define TIMER_IRQ       0

#define PIT_COUNTER0       0x40
#define PIT_CONTROL        0x43
#define PIT_RATE_GENERATOR 0x34 /* counter 0, both bytes, mode 2 */
#define PIT_TERMINAL_COUNT 0x30 /* likewise, mode 0: one interrupt */
#define PIT_LATCH0         0x00

#define COUNT_READS 1000

#define SLOWEST_PERIOD ((uint16_t)(TIMER_CLOCK_HZ / TIMER_SLOWEST))

/* Of timer_compare() */
#define SAMPLES   8
#define FIRST     4      /* steps that show how long one takes */
#define DISTURBED 16     /* times as long as the shortest: the machine did something else */
#define STEPS     100000 /* at most */

static void pic_init(uint8_t mask1)
{
	outb(PIC1_COMMAND, ICW1_INIT_ICW4);
	outb(PIC2_COMMAND, ICW1_INIT_ICW4);
	outb(PIC1_DATA, IRQ_VECTOR);
	outb(PIC2_DATA, IRQ_VECTOR + 8);
	outb(PIC1_DATA, ICW3_SLAVE_ON_2);
	outb(PIC2_DATA, ICW3_SLAVE_ID);
	outb(PIC1_DATA, ICW4_8086);
	outb(PIC2_DATA, ICW4_8086);
	outb(PIC1_DATA, mask1);
	outb(PIC2_DATA, MASK_ALL);
}

static void set_counter(uint8_t mode, uint16_t count)
{
	outb(PIT_CONTROL, mode);
	outb(PIT_COUNTER0, (uint8_t)count);
	outb(PIT_COUNTER0, (uint8_t)(count >> 8));
}

uint16_t timer_count(void)
{
	uint8_t low, high;

	outb(PIT_CONTROL, PIT_LATCH0);
	low = inb(PIT_COUNTER0);
	high = inb(PIT_COUNTER0);
	return (uint16_t)(low | high << 8);
}

static bool is_counting(void)
{
	uint16_t first = timer_count();

	for (unsigned i = 0; i < COUNT_READS; i++) {
		if (timer_count() != first)
			return true;
	}
	return false;
}

bool timer_start(unsigned hz)
{
	uint16_t divisor = (uint16_t)(TIMER_CLOCK_HZ / hz);

	set_counter(PIT_RATE_GENERATOR, divisor);
	if (!is_counting())
		return false;
	pic_init((uint8_t)~BIT(TIMER_IRQ));
	return true;
}

void timer_start_once(uint16_t count)
{
	pic_init((uint8_t)~BIT(TIMER_IRQ));
	set_counter(PIT_TERMINAL_COUNT, count);
}

void timer_stop(void)
{
	pic_init(MASK_ALL);
	set_counter(PIT_TERMINAL_COUNT, 0);
}

/* A count, the clock and the TSC at the same time. */
struct moment {
	uint16_t count;
	uint64_t clock, tsc;
};

/* The best of some: for a read that takes long, because of something else, is no good. */
static bool read_moment(timer_clock_fn *read, void *arg, struct moment *best)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < SAMPLES; i++) {
		struct moment m = {.tsc = rdtsc()};
		uint64_t took;

		if (!read(arg, &m.clock))
			return false;
		m.count = timer_count();
		took = rdtsc() - m.tsc;
		if (took >= least)
			continue;
		least = took;
		*best = m;
	}
	return true;
}

/*
 * An emulator whose machine is busy may stop for longer than the PIT needs to go round, again and
 * again.  So it adds up steps from one moment to the next, and leaves out those that take long.
 */
bool timer_compare(timer_clock_fn *read, void *arg, uint32_t counts, struct timer_comparison *c)
{
	uint64_t least = UINT64_MAX;
	struct moment last, now;

	*c = (struct timer_comparison){0, 0};
	if (!read_moment(read, arg, &last))
		return false;
	for (unsigned i = 0; i < STEPS && c->counts < counts; i++) {
		uint64_t took;

		if (!read_moment(read, arg, &now))
			return false;
		took = now.tsc - last.tsc;
		least = took < least ? took : least;
		if (i >= FIRST && took / DISTURBED < least) {
			c->clock += now.clock - last.clock;
			c->counts += timer_counts(last.count, now.count, SLOWEST_PERIOD);
		}
		last = now;
	}
	return c->counts >= counts;
}

bool timer_acknowledge(unsigned irq)
{
	if (irq >= 8)
		outb(PIC2_COMMAND, OCW2_EOI);
	outb(PIC1_COMMAND, OCW2_EOI);
	return irq == TIMER_IRQ;
}
