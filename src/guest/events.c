/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/events.h"

#include "guest/vcpu.h"
#include "x86/apic.h"
#include "x86/deadline.h"
#include "x86/insn.h"

/*
 * Exits in which an interrupt must come, and in which no other may come.  A KVM that emulates its
 * guest was seen to let one in after 100 of them.
 */
#define EXITS_WAIT  3000
#define EXITS_AFTER 300

/* In which something of the host's takes its time. */
#define AWAIT_CYCLES UINT64_C(4000000000)
#define AWAIT_EXITS  300000

const char *events_start(void)
{
	static bool tried;
	static const char *why;

	if (!tried)
		why = apic_init(false);
	tried = true;
	return why;
}

bool needs_events(struct run *run)
{
	const char *why = events_start();

	if (why)
		skip(run, why);
	return !why;
}

uint32_t events_apic_id(void)
{
	return apic_read(APIC_ID) >> 24;
}

unsigned events_come(void)
{
	return (unsigned)this_vcpu()->from_apic[EVENT_VECTOR - APIC_VECTOR];
}

void events_await(void)
{
	struct deadline deadline = deadline_in(AWAIT_CYCLES, AWAIT_EXITS);

	interrupts_on();
	while (!events_come() && before_deadline(&deadline))
		cpuid(0, 0);
	interrupts_off();
}

void expect_events(struct run *run, const char *what, unsigned wanted)
{
	struct events events = events_take(wanted);

	expect(run, events.wanted == wanted && !events.elsewhere,
	       "%s: wanted %u interrupts at vector %u, got %u and %u at its neighbours", what,
	       wanted, EVENT_VECTOR, events.wanted, events.elsewhere);
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
