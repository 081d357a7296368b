/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KE2 to KE6: the whole protocol.  A host that never sets the bit passes all of it (KE7), for the
 * bit is always the host's offer.
 */
#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/eoi.h"
#include "x86/apic.h"

#define ROUNDS       20
#define TIMER_CYCLES 20000
#define PERIODS      5
#define PERIODIC     0x20000 /* of the timer's LVT */
/* Longer than an emulator takes for an interrupt: else nothing but its handler runs. */
#define PERIOD 1000000

static void expect_all_ended(struct run *run)
{
	eoi_expect_service(run, "at the end", 0, 0);
	eoi_expect_clear(run, "at the end");
}

/* KE3: an interrupt is over when the guest has cleared the bit: the next one comes. */
static void ended(struct run *run)
{
	for (unsigned i = 0; i < ROUNDS && eoi_take(run, EVENT_VECTOR); i++)
		;
	expect_all_ended(run);
}

/* KE3: likewise the timer's, in both of its modes. */
static void timer(struct run *run)
{
	for (unsigned i = 0; i < ROUNDS / 2 && !run->failed; i++) {
		apic_timer_start(EVENT_VECTOR, TIMER_CYCLES);
		eoi_wait(run, "the timer, once");
	}
	apic_timer_start(EVENT_VECTOR | PERIODIC, PERIOD);
	for (unsigned i = 0; i < PERIODS && eoi_wait(run, "the timer, periodic"); i++)
		;
	apic_timer_stop();
	eoi_pause();
	expect_all_ended(run);
}

/* KE4: the guest may write to the APIC instead, and then the host takes the bit back. */
static void by_apic(struct run *run)
{
	eoi.way = EOI_BY_APIC;
	for (unsigned i = 0; i < ROUNDS && eoi_take(run, EVENT_VECTOR); i++)
		expect(run, !(eoi.after & KVM_PV_EOI_PENDING),
		       "after the APIC's EOI: wanted bit 0 clear, got it set");
	expect_all_ended(run);
}

static void nest(struct run *run, enum eoi_way way)
{
	eoi.way = EOI_NOT;
	if (!eoi_take(run, EOI_LOW_VECTOR) || !eoi_take(run, EVENT_VECTOR))
		return;
	eoi_expect_service(run, "two", EOI_LOW_VECTOR, EVENT_VECTOR);
	eoi_end_one(way);
	eoi_expect_service(run, "after one EOI", EOI_LOW_VECTOR, 0);
	eoi_end_one(way);
	expect_all_ended(run);
}

/*
 * KE4: one EOI ends one interrupt, the highest.  So does the bit, which KVM sets for the highest of
 * two as well.
 */
static void nested(struct run *run)
{
	nest(run, EOI_BY_APIC);
	nest(run, EOI_BY_BIT);
}

/* KE5: with another one that waits, the bit is clear; and that one comes after the EOI. */
static void waiting(struct run *run)
{
	static const char when[] = "while another one waits";

	eoi.way = EOI_NOT;
	if (!eoi_take(run, EVENT_VECTOR))
		return;
	eoi_send(EOI_OTHER_VECTOR);
	eoi_expect_clear(run, when);
	eoi_pause();
	eoi_expect_clear(run, when);
	eoi_expect_service(run, when, EVENT_VECTOR, 0);
	eoi.way = EOI_BY_BIT;
	apic_end_of_interrupt();
	eoi_wait(run, "the one that waited");
	expect_all_ended(run);
}

/* KE5: with none in service the bit is clear. */
static void idle(struct run *run)
{
	eoi_expect_clear(run, "before any interrupt");
	eoi.way = EOI_BY_APIC;
	eoi_take(run, EVENT_VECTOR);
	eoi_pause();
	eoi_expect_clear(run, "with none in service");
}

/* KE2: the host changes one bit. */
static void one_bit(struct run *run)
{
	const unsigned at = EOI_WORD_AT(0);
	const uint32_t next = eoi.word[1];

	for (unsigned i = 0; i < 3 && eoi_take(run, EVENT_VECTOR); i++) {
		eoi.way = i ? EOI_BY_APIC : EOI_BY_BIT;
		expect_equal(run, "the word, without bit 0", eoi.before & ~KVM_PV_EOI_PENDING,
			     EOI_PATTERN);
	}
	expect_equal(run, "the word afterwards", *eoi.word, EOI_PATTERN);
	expect_equal(run, "the word after it", eoi.word[1], next);
	expect_kept(run, PAGE_A, 0, at);
	expect_kept(run, PAGE_A, at + sizeof(uint32_t) * 2, AROUND);
}

static void expect_word_kept(struct run *run, const char *what)
{
	*eoi.word = EOI_PATTERN;
	eoi.way = EOI_BY_APIC;
	for (unsigned i = 0; i < 3 && eoi_take(run, EVENT_VECTOR); i++) {
		expect_equal(run, what, eoi.before, EOI_PATTERN);
		expect_equal(run, what, eoi.after, EOI_PATTERN);
	}
}

/* KE6: after it was disabled, even with an interrupt in service, the word is the guest's. */
static void off(struct run *run)
{
	eoi.way = EOI_NOT;
	if (eoi_take(run, EVENT_VECTOR) && set_msr(run, KVM_MSR_PV_EOI_EN, 0)) {
		eoi_expect_service(run, "disabled", EVENT_VECTOR, 0);
		apic_end_of_interrupt();
		expect_word_kept(run, "the word, disabled");
		expect_all_ended(run);
	}
}

/* KE6: and so is the old one, once another is enabled. */
static void moved(struct run *run)
{
	*(volatile uint32_t *)page_at(PAGE_B, 0) = 0;
	if (set_msr(run, KVM_MSR_PV_EOI_EN, gpa_at(PAGE_B, 0) | KVM_MSR_ENABLED))
		expect_word_kept(run, "the old word");
}

enum { ENDED, TIMER, BY_APIC, NESTED, WAITING, IDLE, ONE_BIT, OFF, MOVED };

static void body(struct run *run)
{
	static void (*const bodies[])(struct run *) = {
		[ENDED] = ended,     [TIMER] = timer,     [BY_APIC] = by_apic,
		[NESTED] = nested,   [WAITING] = waiting, [IDLE] = idle,
		[ONE_BIT] = one_bit, [OFF] = off,         [MOVED] = moved,
	};

	if (!eoi_needs(run))
		return;
	if (eoi_start(run))
		bodies[run->check->arg](run);
	eoi_stop(run);
}

static const struct check checks[] = {
	{"pveoi.ended", "KE3", .body = body, .arg = ENDED},
	{"pveoi.timer", "KE3", .body = body, .arg = TIMER},
	{"pveoi.by-apic", "KE4", .body = body, .arg = BY_APIC},
	{"pveoi.nested", "KE4", .body = body, .arg = NESTED},
	{"pveoi.waiting", "KE5", .body = body, .arg = WAITING},
	{"pveoi.idle", "KE5", .body = body, .arg = IDLE},
	{"pveoi.one-bit", "KE2", .body = body, .arg = ONE_BIT},
	{"pveoi.off", "KE6", .body = body, .arg = OFF},
	{"pveoi.moved", "KE6", .body = body, .arg = MOVED},
};

const struct area eoi_area = AREA(checks);
