/* SPDX-License-Identifier: GPL-2.0-only */
/* Intel 8254 data sheet (231164-005); Motorola MC146818A data sheet. */
#include "host/clock.h"

#include "x86/insn.h"
#include "x86/timer.h"

#define PIT_HZ      1193182
#define SLOWEST     19                             /* Hz: the PIT counts for 52 ms */
#define PIT_DIVISOR ((uint16_t)(PIT_HZ / SLOWEST)) /* as timer_start() computes it */
#define COUNTS      (PIT_HZ / 200)                 /* 5 ms */
#define SAMPLES     8
#define TRIES       20

#define RTC_INDEX     0x70
#define RTC_DATA      0x71
#define RTC_REGISTERS 0x80

enum { SECONDS, MINUTES = 2, HOURS = 4, DAY = 7, MONTH, YEAR, STATUS_A, STATUS_B };

#define UPDATING     BIT(7) /* of STATUS_A */
#define IS_24_HOURS  BIT(1) /* of STATUS_B */
#define IS_BINARY    BIT(2)
#define AFTERNOON    0x80 /* of HOURS */
#define UPDATE_READS 100000

/* A PIT count and the TSC at the same time. */
struct moment {
	uint16_t count;
	uint64_t tsc;
};

/* The best of some: a read that takes long, because the machine did something else, is no good. */
static struct moment now(void)
{
	struct moment best = {0, 0};
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t before = rdtsc(), after;
		uint16_t count = timer_count();

		after = rdtsc();
		if (after - before < least) {
			least = after - before;
			best = (struct moment){count, before + least / 2};
		}
	}
	return best;
}

static uint64_t measure(void)
{
	struct moment first = now(), last = first;
	uint16_t counted = 0;

	while (counted < COUNTS) {
		last = now();
		counted = first.count >= last.count
				  ? (uint16_t)(first.count - last.count)
				  : (uint16_t)(first.count + PIT_DIVISOR - last.count);
	}
	return (last.tsc - first.tsc) * PIT_HZ / counted;
}

/*
 * If the machine stops for a whole period of the PIT, as a busy emulator does, the TSC goes on, and
 * the result is too high.  So it counts once it comes a second time.
 */
uint64_t clock_tsc_hz(void)
{
	uint64_t hz = 0, before = 0;

	if (timer_start(SLOWEST)) {
		hz = measure();
		for (unsigned i = 0;
		     i < TRIES && (hz > before ? hz - before : before - hz) > hz / 256; i++) {
			before = hz;
			hz = measure();
		}
	}
	timer_stop();
	return hz;
}

static uint8_t rtc_read(unsigned number)
{
	outb(RTC_INDEX, (uint8_t)number);
	return inb(RTC_DATA);
}

static unsigned rtc_number(unsigned number)
{
	unsigned value = rtc_read(number);

	return rtc_read(STATUS_B) & IS_BINARY ? value : (value >> 4) * 10 + (value & 15);
}

static unsigned rtc_hours(void)
{
	unsigned status = rtc_read(STATUS_B), hours = rtc_read(HOURS), value = hours;

	if (status & IS_24_HOURS)
		return rtc_number(HOURS);
	value &= ~(unsigned)AFTERNOON;
	if (!(status & IS_BINARY))
		value = (value >> 4) * 10 + (value & 15);
	return value % 12 + (hours & AFTERNOON ? 12 : 0);
}

/* Days from 1970-01-01 to a day of the years 2000 to 2099, of which each fourth is a leap year. */
static uint64_t days(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	const unsigned from_1970_to_2000 = 10957, leap_days = (year + 3) / 4;

	return from_1970_to_2000 + 365 * year + leap_days + before[(month + 11) % 12] +
	       (year % 4 == 0 && month > 2) + day - 1;
}

static uint64_t rtc_once(void)
{
	uint64_t day = days(rtc_number(YEAR), rtc_number(MONTH), rtc_number(DAY));

	return ((day * 24 + rtc_hours()) * 60 + rtc_number(MINUTES)) * 60 + rtc_number(SECONDS);
}

uint64_t clock_rtc(void)
{
	uint64_t seconds = 0, again;

	if (rtc_read(STATUS_B) == 0xff)
		return 0;
	for (unsigned i = 0; i < UPDATE_READS && rtc_read(STATUS_A) & UPDATING; i++)
		cpu_relax();
	do { /* an update may begin now, but not twice */
		again = seconds;
		seconds = rtc_once();
	} while (seconds != again);
	return seconds;
}

bool clock_rtc_io(struct vcpu *vcpu)
{
	uint16_t port = vcpu->exit.io.port;

	if ((port != RTC_INDEX && port != RTC_DATA) || vcpu->exit.io.size != 1 ||
	    vcpu->exit.io.string)
		return false;
	if (!vcpu->exit.io.in && port == RTC_DATA)
		return false;
	if (!vcpu->exit.io.in)
		vcpu->rtc_index = (uint8_t)(vcpu->regs.rax % RTC_REGISTERS);
	else
		vcpu->regs.rax = (vcpu->regs.rax & ~UINT64_C(0xff)) |
				 (port == RTC_INDEX ? vcpu->rtc_index : rtc_read(vcpu->rtc_index));
	return true;
}
