/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KF5, KF7-KF9: page faults that are none, for pages that the host has taken away.  That needs a
 * host that does so when it is asked, by the service pageout= (README.md), which is no part of the
 * ABI.  And a host may always wait for the page instead.
 */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/asyncpf.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/vcpu.h"
#include "lib/string.h"
#include "x86/insn.h"

#define ALWAYS   KVM_ASYNC_PF_SEND_ALWAYS
#define PAGE     PAGE_SITE_B /* it can be mapped for CPL 3 */
#define OTHER    PAGE_CANARY_2
#define AT_CPL_3 RFLAGS_IOPL /* a flag that no touch needs itself */
#define TRIES    10          /* on a busy machine a page may be back before it is touched */
#define FAULTS   8
#define LONG     UINT64_C(100000000) /* cycles */

/* mov (%rdi), %rax; ud2: the page was there. */
static const uint8_t code[] = {0x48, 0x8b, 0x07, 0x0f, 0x0b};

static const char no_event[] = "no page that went away became an event";
static uint64_t start; /* TSC before the last page went away */

/* What came of it, by #PF or by UD2. */
struct touch {
	struct trap_frame trap;
	uint64_t cr2, start;
	uint32_t flags, early; /* early: interrupts until then */
};

static bool told(const struct touch *t)
{
	return t->trap.vector == VECTOR_PF;
}

/* Touches @va, with these flags. */
static struct touch touch(struct run *run, uint64_t va, uint64_t rflags)
{
	const uint64_t entry = page_entry(PAGE_SITE_A);
	struct gprs gprs = noise_gprs();
	struct outcome o;

	memcpy(page_bytes(PAGE_SITE_A), code, sizeof(code));
	gprs.rdi = va;
	gprs.rflags |= rflags & ~AT_CPL_3;
	if (rflags & AT_CPL_3)
		interact_enter(FROM_USER, entry, &gprs, &o.fault);
	else
		interact_call(entry, &gprs, &o);
	expect(run, o.fault.vector == VECTOR_PF || o.fault.vector == VECTOR_UD,
	       "touched a page: wanted #PF or the page, got exception %u",
	       (unsigned)o.fault.vector);
	return (struct touch){o.fault, READ_REG(cr2), start, apf_area->flags, events_come()};
}

/* The console was flushed by the last interaction, so the page is touched at once. */
static struct touch touch_away(struct run *run, uint64_t gpa, uint64_t va, uint64_t rflags)
{
	start = rdtsc(); /* its time runs even if the host does not run this vCPU */
	outl((uint16_t)run->options.pageout, (uint32_t)(gpa / PAGE_SIZE));
	return touch(run, va, rflags);
}

static struct touch touch_page(struct run *run, unsigned page, uint64_t rflags)
{
	return touch_away(run, page_gpa(page),
			  page == PAGE ? page_entry(page) : (uint64_t)page_bytes(page), rflags);
}

static void expect_there(struct run *run, const char *what, const struct touch *t)
{
	expect(run, !told(t) && !t->flags,
	       "%s: wanted the page, got exception %u cr2 %#lx flags %#x", what,
	       (unsigned)t->trap.vector, t->cr2, t->flags);
	apf_area->flags = 0;
}

/*
 * KF7: touches the page until the guest is told: a host may wait for it now and then.  At most
 * @events of pages that went away earlier may have come by then.
 */
static bool touch_told(struct run *run, unsigned page, uint64_t rflags, unsigned events,
		       struct touch *t)
{
	for (unsigned i = 0; i < TRIES; i++) {
		*t = touch_page(run, page, rflags | RFLAGS_IF);
		if (told(t))
			break;
		expect_there(run, "not told", t);
	}
	if (!told(t)) {
		skip(run, no_event);
		return false;
	}
	expect(run,
	       t->flags == KVM_PV_REASON_PAGE_NOT_PRESENT && !t->trap.error && t->early <= events,
	       "a page that is away: wanted flags 1, error 0, %u interrupts before, got flags %#x, "
	       "error %#lx, %u",
	       events, t->flags, t->trap.error, t->early);
	expect(run, t->cr2 && t->cr2 < WAKE_ALL,
	       "a page that is away: wanted a token, got cr2 %#lx", t->cr2);
	apf_area->flags = 0;
	return true;
}

static uint64_t time_away; /* cycles until a page was back, at least; 0: none was */

static void done(struct run *run)
{
	apf_area->token = 0;
	apf_acknowledge(run);
}

/* KF7: the page is there again, as it was. */
static void expect_back(struct run *run, const struct touch *t)
{
	uint64_t time;

	events_await();
	time = rdtsc() - t->start;
	if (!time_away || time < time_away)
		time_away = time;
	apf_expect(run, "the page is back", 1, (uint32_t)t->cr2);
	done(run);
	expect_page_kept(run, PAGE);
}

static void set_user(bool user)
{
	page_user(PAGE_SITE_A, user);
	page_user(PAGE, user);
}

/*
 * Enables it with these bits.  False: the check has failed; or is a skip, unless this host has told
 * of a page before, at CPL 3, where any bits will do.
 */
static bool begin(struct run *run, uint64_t bits)
{
	struct touch t;

	if (!run->options.pageout)
		skip(run, "no pageout=PORT");
	if (run->skip_reason || !apf_prepare(run) || !apf_enable(run, AS_INT | bits))
		return false;
	apf_expect(run, "enabled", 1, WAKE_ALL);
	done(run);
	page_refill(PAGE, 0, PAGE_SIZE);
	page_refill(OTHER, 0, PAGE_SIZE);
	set_user(true);
	if (!time_away && touch_told(run, PAGE, AT_CPL_3, 0, &t))
		expect_back(run, &t);
	return time_away && !run->failed;
}

static void end(struct run *run)
{
	set_user(false);
	if (!run->skip_reason || run->skip_reason == no_event)
		apf_enable(run, 0);
}

/* KF7: with bit 1 at CPL 0, too. */
static void not_present(struct run *run)
{
	struct touch t;

	if (begin(run, ALWAYS) && touch_told(run, PAGE, 0, 0, &t)) {
		expect_back(run, &t);
		apf_expect(run, "after that", 0, 0);
	}
	end(run);
}

/* KF7: without bit 1 only at CPL 3. */
static void user(struct run *run)
{
	struct touch t;

	if (begin(run, 0)) {
		t = touch_page(run, PAGE, RFLAGS_IF);
		expect_there(run, "CPL 0 without bit 1", &t);
		if (touch_told(run, PAGE, AT_CPL_3, 0, &t))
			expect_back(run, &t);
	}
	end(run);
}

/* KF7: not while interrupts are off, at either CPL. */
static void masked(struct run *run)
{
	if (begin(run, ALWAYS)) {
		struct touch t = touch_page(run, PAGE, 0);

		expect_there(run, "CPL 0 with IF = 0", &t);
		t = touch_page(run, PAGE, AT_CPL_3);
		expect_there(run, "CPL 3 with IF = 0", &t);
		apf_expect(run, "IF = 0", 0, 0);
	}
	end(run);
}

/* KF7: not while an exception is delivered, here UD2's: the stack for it is away. */
static void nested(struct run *run)
{
	const uint64_t stack_end = (uint64_t)this_cpu()->stacks + (STACK_TRAP + 1) * STACK_SIZE;

	if (begin(run, ALWAYS)) {
		struct touch t =
			touch_away(run, stack_end - PAGE_SIZE, page_entry(PAGE), RFLAGS_IF);

		expect_there(run, "the stack of #UD is away", &t);
		apf_expect(run, "after that", 0, 0);
	}
	end(run);
}

/* KF5: each of two pages has its event, and the second waits until the guest is done with one. */
static void two_pages(struct run *run)
{
	struct touch t[2];

	if (begin(run, ALWAYS) && touch_told(run, PAGE, 0, 0, &t[0]) &&
	    touch_told(run, OTHER, 0, 1, &t[1])) {
		bool other;
		uint64_t back;

		expect(run, t[0].cr2 != t[1].cr2, "two pages: wanted two tokens, got %#lx twice",
		       t[0].cr2);
		events_await();
		back = rdtsc();
		other = apf_area->token == t[1].cr2;
		/* Until the second would be back, too. */
		while (rdtsc() - back < 2 * (t[1].start - t[0].start) && rdtsc() - back < LONG)
			make_exit();
		apf_expect(run, "two pages", 1, (uint32_t)t[other].cr2);
		apf_area->token = 0;
		apf_expect(run, "token 0, not acknowledged", 0, 0);
		apf_acknowledge(run);
		expect_back(run, &t[!other]);
		apf_expect(run, "after both", 0, 0);
		expect_page_kept(run, OTHER);
	}
	end(run);
}

/* KF8: a page that comes back after the end is no event. */
static void off(struct run *run)
{
	struct touch t;

	if (begin(run, ALWAYS) && touch_told(run, PAGE, 0, 0, &t) && apf_enable(run, 0)) {
		if (rdtsc() - t.start > time_away / 2) { /* it may have come back before the end */
			events_take(0);
			apf_area->token = 0;
		}
		t = touch(run, page_entry(PAGE), 0);
		expect_there(run, "turned off", &t);
		apf_expect(run, "turned off", 0, 0);
		expect_page_kept(run, PAGE);
	}
	end(run);
}

/* KF9: a page fault of the guest's own is as ever. */
static void page_fault(struct run *run)
{
	if (!apf_prepare(run) || !apf_enable(run, AS_INT | ALWAYS))
		return;
	for (unsigned i = 0; i < FAULTS; i++) {
		const uint64_t va = BIT(46) | (random64() & (BIT(46) - 1)); /* not mapped */
		struct touch t = touch(run, va, i % 2 ? RFLAGS_IF : 0);

		expect(run, told(&t) && t.cr2 == va && !t.flags && !t.trap.error,
		       "page fault at %#lx: wanted flags 0, got exception %u cr2 %#lx flags %#x "
		       "error %#lx",
		       va, (unsigned)t.trap.vector, t.cr2, t.flags, t.trap.error);
	}
	apf_enable(run, 0);
	events_take(1); /* "wake all" */
}

static const struct check checks[] = {
	{"asyncpf.not-present", "KF7", .body = not_present},
	{"asyncpf.user", "KF7", .body = user},
	{"asyncpf.masked", "KF7", .body = masked},
	{"asyncpf.nested", "KF7", .body = nested},
	{"asyncpf.two-pages", "KF5", .body = two_pages},
	{"asyncpf.off-away", "KF8", .body = off},
	{"asyncpf.page-fault", "KF9", .body = page_fault},
};

const struct area away_area = AREA(checks);
