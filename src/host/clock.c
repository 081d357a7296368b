/* SPDX-License-Identifier: GPL-2.0-only */
/* Intel 8254 data sheet (231164-005); Motorola MC146818A data sheet (ADI1198). */
#include "host/clock.h"

#include <stddef.h>

#include "x86/insn.h"
#include "x86/rtc.h"
#include "x86/timer.h"

/* 1 ms: right to half a percent at worst, and a guest waits for nothing else before it starts. */
#define COUNTS (TIMER_CLOCK_HZ / 1000)

#define RTC_REGISTERS 0x80

static bool read_tsc(void *unused, uint64_t *now)
{
	(void)unused;
	*now = rdtsc();
	return true;
}

uint64_t clock_tsc_hz(void)
{
	struct timer_comparison c;
	uint64_t hz = 0;

	if (timer_start(TIMER_SLOWEST) && timer_compare(read_tsc, NULL, COUNTS, &c))
		hz = c.clock * TIMER_CLOCK_HZ / c.counts;
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
