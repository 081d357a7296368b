/* SPDX-License-Identifier: GPL-2.0-only */
/* x86/timer.c: a clock is compared with the PIT, on a machine that does other things meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_ports.h"
#include "x86/timer.h"

#define MS      UINT64_C(1000000) /* ns */
#define TSC_GHZ 3
#define ACCESS  700 /* ns that an access to a port takes */
#define COUNTS  (TIMER_CLOCK_HZ / 200)

static uint64_t now;         /* ns */
static uint64_t runs, stops; /* ns that the emulator runs, and then does not; 0: it never stops */
static uint64_t left;        /* ns until it stops */
static bool pit_stands, unreadable;
static uint16_t divisor, latched;
static unsigned reads, accesses;

static void pass(uint64_t ns)
{
	now += ns;
	if (!runs)
		return;
	if (left > ns) {
		left -= ns;
		return;
	}
	now += stops;
	left = runs;
}

static uint16_t count(void)
{
	const uint64_t counted = pit_stands ? 0 : now * TIMER_CLOCK_HZ / 1000000000;

	return (uint16_t)(divisor - counted % divisor);
}

uint8_t inb(uint16_t port)
{
	assert_int_equal(port, 0x40);
	accesses++;
	pass(ACCESS);
	return (uint8_t)(reads++ % 2 ? latched >> 8 : latched);
}

void outb(uint16_t port, uint8_t value)
{
	accesses++;
	pass(ACCESS);
	if (port == 0x43 && !value)
		latched = count();
	if (port == 0x40)
		divisor = (uint16_t)(divisor >> 8 | value << 8); /* the low byte comes first */
}

uint64_t rdtsc(void)
{
	pass(10);
	return now * TSC_GHZ;
}

static bool read_tsc(void *arg, uint64_t *clock)
{
	assert_ptr_equal(arg, &now);
	*clock = rdtsc();
	return !unreadable;
}

static bool compare(struct timer_comparison *c)
{
	now = 12345678;
	left = runs;
	accesses = 0;
	assert_true(timer_start(TIMER_SLOWEST));
	return timer_compare(read_tsc, &now, COUNTS, c);
}

/* The TSC's frequency is right to a thousandth. */
static void is_right(void)
{
	struct timer_comparison c;
	uint64_t khz;

	assert_true(compare(&c));
	assert_true(c.counts >= COUNTS && c.counts < 2 * COUNTS);
	khz = c.clock * TIMER_CLOCK_HZ / c.counts / 1000;
	assert_in_range(khz, TSC_GHZ * 999000, TSC_GHZ * 1001000);
}

static void test_alone(void **state)
{
	(void)state;
	runs = 0;
	is_right();
}

/* It stops for less and for more than the 52 ms in which the PIT goes round, once or often. */
static void test_stops(void **state)
{
	static const uint64_t run[] = {MS / 2, MS, 3 * MS, 7 * MS, 20 * MS};
	static const uint64_t stop[] = {1 * MS,  10 * MS,  49 * MS, 53 * MS,
					80 * MS, 110 * MS, 999 * MS};

	(void)state;
	for (unsigned r = 0; r < sizeof(run) / sizeof(run[0]); r++) {
		for (unsigned s = 0; s < sizeof(stop) / sizeof(stop[0]); s++) {
			runs = run[r] + s * 1237;
			stops = stop[s];
			is_right();
		}
	}
	runs = 0;
}

/* No comparison, and no wait without an end. */
static void test_nothing_to_compare(void **state)
{
	struct timer_comparison c;

	(void)state;
	unreadable = true;
	assert_false(compare(&c));
	unreadable = false;
	assert_true(timer_start(TIMER_SLOWEST));
	pit_stands = true;
	accesses = 0;
	assert_false(timer_compare(read_tsc, &now, COUNTS, &c));
	assert_in_range(accesses, 1, 10000000);
	assert_false(timer_start(TIMER_SLOWEST));
	pit_stands = false;
}

/* From one count to a later one, also if it has begun anew between them. */
static void test_counts(void **state)
{
	(void)state;
	assert_int_equal(timer_counts(1000, 400, 2000), 600);
	assert_int_equal(timer_counts(400, 1000, 2000), 1400);
	assert_int_equal(timer_counts(7, 7, 2000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_nothing_to_compare),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
