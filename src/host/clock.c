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

/*
 * Measures the TSC's frequency.  False: the machine stopped for so long that the PIT may have gone
 * round meanwhile, as a busy emulator does: a stop in which it does is most of the time that passed.
 */
static bool measure(uint64_t *hz)
{
	const struct moment first = now();
	struct moment last = first;
	uint64_t longest = 0;
	uint16_t counted = 0;

	while (counted < COUNTS) {
		const struct moment m = now();

		longest = m.tsc - last.tsc > longest ? m.tsc - last.tsc : longest;
		last = m;
		counted = timer_counts(first.count, last.count, PIT_DIVISOR);
	}
	*hz = (last.tsc - first.tsc) * TIMER_CLOCK_HZ / counted;
	return longest <= (last.tsc - first.tsc) / 2;
}

uint64_t clock_tsc_hz(void)
{
	uint64_t hz = 0;

	if (timer_start(SLOWEST)) {
		for (unsigned i = 0; i < TRIES && !measure(&hz); i++)
			;
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
