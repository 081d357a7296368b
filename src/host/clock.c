/* SPDX-License-Identifier: GPL-2.0-only */
/* Intel 8254 data sheet (231164-005); Motorola MC146818A data sheet (ADI1198). */
#include "host/clock.h"

#include "x86/insn.h"
#include "x86/rtc.h"
#include "x86/timer.h"

#define SLOWEST     19                                     /* Hz: the PIT counts for 52 ms */
#define PIT_DIVISOR ((uint16_t)(TIMER_CLOCK_HZ / SLOWEST)) /* as timer_start() computes it */
#define COUNTS      (TIMER_CLOCK_HZ / 200)                 /* 5 ms */
#define SAMPLES     8
#define TRIES       20

#define RTC_REGISTERS 0x80

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
		counted = timer_counts(first.count, last.count, PIT_DIVISOR);
	}
	return (last.tsc - first.tsc) * TIMER_CLOCK_HZ / counted;
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
		vcpu->regs.rax =
			(vcpu->regs.rax & ~UINT64_C(0xff)) |
			(port == RTC_INDEX ? vcpu->rtc_index : rtc_register(vcpu->rtc_index));
	return true;
}
