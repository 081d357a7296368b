/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/watchdog.h"

#include "guest/interact.h"
#include "guest/vcpu.h"
#include "x86/apic.h"
#include "x86/deadline.h"
#include "x86/insn.h"
#include "x86/timer.h"

/*
 * An alarm comes after 5 ms, if the APIC's timer has the usual rate of hypervisors, 1 GHz; on real
 * machines it may be as low as 24 MHz.
 */
#define APIC_CYCLES 5000000
#define PIT_CYCLES  (TIMER_CLOCK_HZ / 200)

/*
 * Alarms until an interaction takes too long.  The first may be one that came before it, and waited
 * for IF = 1.  Each is set when the last one was handled, so none of them piled up while the host
 * did not run this vCPU.
 */
#define ALARMS 4

/*
 * In legacy mode an interrupt ends the call, wherever it is: so it may have come before the call.
 * The way there is long for Bochs, hence the times, at which there is one alarm.  And some hosts do
 * not run this vCPU for longer than that: an alarm that waited for IF = 1 says nothing of the call.
 */
#define TRIES_32 2
#define EARLY_32 50 /* tries with such an alarm */
#define TIMES_32 8

_Static_assert(TIMES_32 *PIT_CYCLES <= UINT16_MAX, "Intel 8254");

/* In which an alarm must come. */
#define WAIT_CYCLES UINT64_C(1000000000)
#define WAIT_POLLS  10000000

enum source { UNKNOWN, APIC_TIMER, PIT, NONE };

static enum source source;
static volatile unsigned alarms;

static void set_alarm(unsigned times)
{
	if (source == APIC_TIMER)
		apic_timer_start(APIC_VECTOR, times * APIC_CYCLES);
	else
		timer_start_once((uint16_t)(times * PIT_CYCLES));
}

bool watchdog_alarm(unsigned vector)
{
	if (vector != (source == APIC_TIMER ? APIC_VECTOR : IRQ_VECTOR))
		return false;
	alarms++;
	if (source == APIC_TIMER)
		apic_timer_again(APIC_CYCLES);
	else
		set_alarm(1);
	return this_cpu()->attempt.active && ++this_vcpu()->alarms >= ALARMS;
}

static bool alarm_comes(enum source from)
{
	struct deadline deadline = deadline_in(WAIT_CYCLES, WAIT_POLLS);

	source = from;
	this_vcpu()->watched = true;
	set_alarm(1);
	interrupts_on();
	while (!alarms && before_deadline(&deadline))
		;
	watchdog_stop();
	return alarms;
}

static enum source find_source(void)
{
	if (!apic_init(false) && alarm_comes(APIC_TIMER))
		return APIC_TIMER;
	return alarm_comes(PIT) ? PIT : NONE;
}

bool watchdog_start(void)
{
	if (source == UNKNOWN)
		source = find_source();
	if (source == NONE)
		return false;
	this_vcpu()->watched = true;
	set_alarm(1);
	return true;
}

void watchdog_stop(void)
{
	if (!this_vcpu()->watched)
		return;
	this_vcpu()->watched = false;
	if (source == APIC_TIMER)
		apic_timer_stop();
	else
		timer_stop();
	/* One that is pending already. */
	interrupts_on();
	/* STI holds interrupts back for one instruction; before QEMU 9.1 for two after PAUSE. */
	__asm__ volatile("nop" : : : "memory");
	interrupts_off();
}

void watchdog_call32(struct call32 *call)
{
	for (unsigned i = 0, early = 0; i < TRIES_32 && early < EARLY_32;) {
		set_alarm(TIMES_32);
		interact_calls32(call, 1);
		if (!call->faulted || call32_vector(call) < IRQ_VECTOR)
			return;
		if (call32_vector(call) == APIC_VECTOR)
			apic_end_of_interrupt();
		else
			timer_acknowledge(call32_vector(call) - IRQ_VECTOR);
		if (call->fault_eip == (uint32_t)(uint64_t)call32_jump)
			early++;
		else
			i++;
	}
}
