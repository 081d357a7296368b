/* SPDX-License-Identifier: GPL-2.0-only */
/* KC1-KC8: calls from 64-bit mode.  Around each all that it must keep is compared (KC3). */
#include <stddef.h>

#include "guest/events.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/hypercall.h"
#include "guest/vcpu.h"

#define SERIES      5 /* calls: comparison_more() */
#define CALLS_KEPT  20
#define ECHO_CALLS  20
#define WRITE_FAULT 3 /* the error code of a write to a page that is read-only: APM2 8.4.2 */

/* KC1: the first call is made with IF = 1, the second with IF = 0. */
static void returns(struct run *run)
{
	if (!calls_return(run, CALL_NATIVE))
		return;
	expect_equal(run, "a call with IF = 1", first_call(run, CALL_NATIVE)->after.rax, 0);
	expect_call(run, CALL_NATIVE, KVM_HC_VAPIC_POLL_IRQ, NULL, 0);
}

/* Whether the registers that a series of calls shares are compared after the @i-th of @n calls. */
static void in_series(unsigned i, unsigned n)
{
	comparison_more(i % SERIES != SERIES - 1 && i + 1 < n);
}

/* KC1: at any alignment, and in two pages. */
static void anywhere(struct run *run)
{
	for (unsigned i = 0; i < 18; i++) {
		unsigned offset = i < 16 ? 0x400 + i : PAGE_SIZE - 18 + i;
		uint64_t result;

		in_series(i, 18);
		if (!hypercall_at(run, CALL_NATIVE, offset, KVM_HC_VAPIC_POLL_IRQ, NULL, &result))
			return;
		expect(run, !result, "call at byte %#x of its page: wanted 0, got %#lx", offset,
		       result);
	}
}

static void expect_undefined(struct run *run, enum call_kind kind, uint64_t index)
{
	expect_call(run, kind, index, NULL, KVM_ERROR(KVM_ENOSYS));
}

/* KC4: what was a call long ago, what never became one, and what comes after the last one. */
static void undefined(struct run *run)
{
	static const uint64_t indices[] = {0, KVM_HC_MMU_OP, 3, 4, 6, 7, 8, 13, 14, 15};

	for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]) && !run->failed; i++) {
		in_series(i, sizeof(indices) / sizeof(indices[0]));
		expect_undefined(run, CALL_NATIVE, indices[i]);
	}
}

/*
 * KC4: of all magnitudes from 16 on.  What one has of lower bits, the next has not: so each bit is
 * set in about half of them, whatever the seed is.
 */
static void sampled(struct run *run)
{
	uint64_t bits = random64();

	for (unsigned i = 4; i < 64 && !run->failed; i++) {
		uint64_t index = BIT(i) | (bits & (BIT(i) - 1));

		bits = i % 2 ? random64() : ~bits;
		in_series(i - 4, 60);
		if (index != run->options.kvm_echo)
			expect_undefined(run, CALL_NATIVE, index);
	}
}

/* KC5: an index whose low half is that of a call. */
static void wide_index(struct run *run)
{
	static const uint64_t indices[] = {
		BIT(32) | KVM_HC_VAPIC_POLL_IRQ,
		BIT(32) | KVM_HC_SCHED_YIELD,
		BIT(63) | KVM_HC_VAPIC_POLL_IRQ,
		BIT(31),
		BIT(32),
		UINT32_MAX,
		UINT64_MAX,
	};

	for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]) && !run->failed; i++) {
		in_series(i, sizeof(indices) / sizeof(indices[0]));
		expect_undefined(run, CALL_NATIVE, indices[i]);
	}
}

/* KC6: known or not. */
static void user(struct run *run)
{
	static const uint64_t indices[] = {
		KVM_HC_VAPIC_POLL_IRQ, KVM_HC_KICK_CPU, KVM_HC_SCHED_YIELD, 13, UINT64_MAX,
	};

	for (unsigned i = 0; i < sizeof(indices) / sizeof(indices[0]) && !run->failed; i++)
		expect_call(run, CALL_USER, indices[i], NULL, KVM_ERROR(KVM_EPERM));
}

/* KC6: of a call that could be seen nothing is. */
static void user_nothing(struct run *run)
{
	uint64_t args[4] = {1, 0, 0, EVENT_VECTOR};
	struct events events;

	if (!needs(run, KVM_FEATURE_PV_SEND_IPI) || !needs_events(run))
		return;
	args[2] = events_apic_id();
	expect_call(run, CALL_USER, KVM_HC_SEND_IPI, args, KVM_ERROR(KVM_EPERM));
	events = events_take(0);
	expect(run, !events.wanted && !events.elsewhere,
	       "KVM_HC_SEND_IPI from CPL 3: wanted no interrupt, got %u",
	       events.wanted + events.elsewhere);
}

static bool is_undefined(const struct outcome *o)
{
	return o->faulted && o->fault.vector == VECTOR_UD && o->fault.rip == o->target;
}

/* KC7: the host makes it the right instruction and does the call; or it is undefined. */
static void other(struct run *run)
{
	const struct outcome *o = first_call(run, CALL_OTHER);

	if (!o || run->failed)
		return;
	if (is_undefined(o)) {
		report("vmcall.other", "undefined");
		expect(run, site_has(CALL_OTHER), "its bytes: wanted them kept, got others");
	} else if (calls_return(run, CALL_OTHER)) {
		report("vmcall.other", "patched");
		expect_equal(run, "the call", o->after.rax, 0);
		expect(run, site_has(CALL_NATIVE), "its bytes: wanted those of the CPU's vendor");
	}
}

/* KC8: where the guest can't write, the host does not. */
static void other_read_only(struct run *run)
{
	const struct outcome *writable = first_call(run, CALL_OTHER);
	const struct outcome *o = writable ? first_call(run, CALL_OTHER_READ_ONLY) : NULL;

	if (!o || run->failed)
		return;
	expect(run, site_has(CALL_OTHER), "its bytes: wanted them kept, got others");
	if (!o->faulted || never_returned(&o->fault)) {
		if (calls_return(run, CALL_OTHER_READ_ONLY))
			fail_check(run, "the call: wanted #PF or #UD, got a return");
		return;
	}
	expect(run, o->fault.rip == o->target, "rip of the fault: wanted %#lx, got %#lx", o->target,
	       o->fault.rip);
	if (is_undefined(o)) {
		expect(run, is_undefined(writable) || never_returned(&writable->fault),
		       "wanted a #PF, since it is patched if it can be written; got #UD");
		return;
	}
	expect(run, o->fault.vector == VECTOR_PF && o->fault.error == WRITE_FAULT,
	       "wanted #PF(%u) or #UD, got exception %u error %#lx", WRITE_FAULT,
	       (unsigned)o->fault.vector, o->fault.error);
	expect_equal(run, "cr2", last_call.machine.after.cr2, o->target);
	expect(run, !is_undefined(writable), "wanted #UD as where it can be written, got a #PF");
}

/* KC3: defined calls too; a host may break what it does for these only. */
static void keeps(struct run *run)
{
	for (unsigned i = 0; i < CALLS_KEPT && !run->failed; i++) {
		in_series(i, CALLS_KEPT);
		expect_call(run, CALL_NATIVE, KVM_HC_VAPIC_POLL_IRQ, NULL, 0);
	}
}

/* KC2: a digest of the four arguments is right only if each arrived whole and in its place. */
static void args(struct run *run)
{
	for (unsigned i = 0; i < ECHO_CALLS && !run->failed; i++) {
		in_series(i, ECHO_CALLS);
		expect_echo(run, CALL_NATIVE);
	}
}

static const struct check checks[] = {
	{"vmcall.returns", "KC1", .body = returns},
	{"vmcall.anywhere", "KC1", .body = anywhere},
	{"vmcall.keeps", "KC3", .body = keeps},
	{"vmcall.undefined", "KC4", .body = undefined},
	{"vmcall.sampled", "KC4", .body = sampled},
	{"vmcall.wide-index", "KC5", .body = wide_index},
	{"vmcall.args", "KC2", .body = args},
	{"vmcall.cpl3", "KC6", .body = user},
	{"vmcall.cpl3-nothing", "KC6", .body = user_nothing},
	{"vmcall.other", "KC7", .body = other},
	{"vmcall.other-read-only", "KC8", .body = other_read_only},
};

const struct area vmcall_area = AREA(checks);
