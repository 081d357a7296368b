/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/eoi.h"

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/vcpu.h"
#include "x86/apic.h"
#include "x86/insn.h"

#define ISR      0x100
#define ISR_STEP 0x10 /* 32 vectors */
#define PAUSE    100  /* exits */
#define MOST     4    /* interrupts that a check leaves in service */

/*
 * An interrupt must come within so many exits, or within this time, whichever is longer: a vCPU
 * that its host does not run for a while would else seem to have waited.
 */
#define WAIT_EXITS  5000
#define WAIT_CYCLES 500000000
#define WAIT_MOST   1000000 /* exits; a TSC may stand still */

volatile struct eoi eoi;

/* KE7: interrupts whose handler found the bit set, and all of them. */
static unsigned seen, all;

/* KE3: one instruction that tests and clears, for the host may change the word at any exit. */
static bool take_bit(volatile uint32_t *word)
{
	bool was_set;

	__asm__ volatile("btrl $0, %0" : "+m"(*word), "=@ccc"(was_set));
	return was_set;
}

void eoi_end_one(enum eoi_way way)
{
	if (way == EOI_NOT || (way == EOI_BY_BIT && take_bit(eoi.word)))
		return;
	apic_end_of_interrupt();
}

static void handle(unsigned vector)
{
	(void)vector;
	eoi.before = *eoi.word;
	eoi_end_one(eoi.way);
	eoi.after = *eoi.word;
	eoi.came++;
	seen += eoi.before & KVM_PV_EOI_PENDING;
	all++;
}

bool eoi_needs(struct run *run)
{
	return needs(run, KVM_FEATURE_PV_EOI) && needs_events(run);
}

bool eoi_enable(struct run *run)
{
	const unsigned at = EOI_WORD_AT(this_cpu()->id);

	*(volatile uint32_t *)page_at(PAGE_A, at) = EOI_PATTERN;
	return set_msr(run, KVM_MSR_PV_EOI_EN, gpa_at(PAGE_A, at) | KVM_MSR_ENABLED);
}

void eoi_begin(void)
{
	eoi.word = page_at(PAGE_A, EOI_WORD_AT(this_cpu()->id));
	eoi.way = EOI_BY_BIT;
	this_vcpu()->on_interrupt = handle;
}

bool eoi_start(struct run *run)
{
	refill();
	eoi_begin();
	return eoi_enable(run);
}

static uint32_t in_service(unsigned word)
{
	return apic_read(ISR + word * ISR_STEP);
}

static bool is_in_service(unsigned vector)
{
	return in_service(vector / 32) >> vector % 32 & 1;
}

static unsigned count_in_service(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 8; i++) {
		for (uint32_t left = in_service(i); left; left &= left - 1)
			n++;
	}
	return n;
}

void eoi_end(void)
{
	eoi.way = EOI_BY_APIC;
	for (unsigned i = 0; i < MOST && count_in_service(); i++)
		apic_end_of_interrupt();
	eoi_pause(); /* what was held back comes */
	this_vcpu()->on_interrupt = NULL;
}

void eoi_stop(struct run *run)
{
	set_msr(run, KVM_MSR_PV_EOI_EN, 0);
	eoi_end();
}

void eoi_send(unsigned vector)
{
	apic_send(ICR_SELF | ICR_ASSERT | vector, 0);
}

bool eoi_wait(struct run *run, const char *what)
{
	const uint64_t start = rdtsc();
	const unsigned before = eoi.came;
	unsigned exits = 0;

	interrupts_on();
	while (eoi.came == before && exits++ < WAIT_MOST &&
	       (exits < WAIT_EXITS || rdtsc() - start < WAIT_CYCLES))
		cpuid(0, 0);
	interrupts_off();
	expect(run, eoi.came != before, "%s: wanted the interrupt, got none", what);
	return !run->failed;
}

bool eoi_take(struct run *run, unsigned vector)
{
	eoi_send(vector);
	return eoi_wait(run, vector == EVENT_VECTOR ? "an IPI to itself" : "one of another vector");
}

void eoi_pause(void)
{
	interrupts_on();
	for (unsigned i = 0; i < PAUSE; i++)
		cpuid(0, 0);
	interrupts_off();
}

void eoi_expect_clear(struct run *run, const char *when)
{
	expect(run, !(*eoi.word & KVM_PV_EOI_PENDING), "%s: wanted bit 0 clear, got it set", when);
}

void eoi_expect_service(struct run *run, const char *when, unsigned low, unsigned high)
{
	const unsigned wanted = !!low + !!high, got = count_in_service();

	expect(run, got == wanted && (!low || is_in_service(low)) && (!high || is_in_service(high)),
	       "%s: wanted %u in service (%u %u), got %u", when, wanted, low, high, got);
}

void eoi_report(void)
{
	if (all)
		report("pveoi.seen", "%u of %u", seen, all);
}
