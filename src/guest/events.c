/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/events.h"

#include "guest/vcpu.h"
#include "x86/apic.h"
#include "x86/insn.h"

/*
 * Exits in which an interrupt must come, and in which no other may come.  A KVM that emulates its
 * guest was seen to let one in after 100 of them.
 */
#define EXITS_WAIT  3000
#define EXITS_AFTER 300

const char *events_start(void)
{
	static bool tried;
	static const char *why;

	if (!tried)
		why = apic_init(false);
	tried = true;
	return why;
}

uint32_t events_apic_id(void)
{
	return apic_read(APIC_ID) >> 24;
}

struct events events_take(unsigned wanted)
{
	volatile uint64_t *count = this_vcpu()->from_apic;
	const unsigned n = EVENT_VECTOR - APIC_VECTOR;
	struct events taken;

	interrupts_on();
	for (unsigned i = 0; i < EXITS_WAIT && count[n] < wanted; i++)
		cpuid(0, 0);
	for (unsigned i = 0; i < EXITS_AFTER; i++)
		cpuid(0, 0);
	interrupts_off();
	taken.wanted = (unsigned)count[n];
	taken.elsewhere = (unsigned)(count[n - 1] + count[n + 1]);
	count[n - 1] = count[n] = count[n + 1] = 0;
	return taken;
}
