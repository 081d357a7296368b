/* SPDX-License-Identifier: GPL-2.0-only */
/* KH1, KH2, KH5, KH6: what each call does, as far as one vCPU can see it. */
#include <stddef.h>

#include "guest/events.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/hypercall.h"
#include "guest/vcpu.h"
#include "x86/apic.h"

/* KH1: with IF = 0 what is pending stays so; with IF = 1 it has come when the call is over. */
static void poll_irq(struct run *run)
{
	volatile uint64_t *taken = &this_vcpu()->from_apic[EVENT_VECTOR - APIC_VECTOR];
	uint64_t result;

	if (!calls_return(run, CALL_NATIVE) || !needs_events(run))
		return;
	apic_send(ICR_ASSERT | EVENT_VECTOR, events_apic_id());
	if (!hypercall_bare(run, 0, KVM_HC_VAPIC_POLL_IRQ, NULL, &result))
		return;
	expect_equal(run, "result with IF = 0", result, 0);
	expect_equal(run, "interrupts during a call with IF = 0", *taken, 0);
	if (!hypercall_bare(run, RFLAGS_IF, KVM_HC_VAPIC_POLL_IRQ, NULL, &result))
		return;
	expect_equal(run, "result with IF = 1", result, 0);
	expect_equal(run, "interrupts after a call with IF = 1", *taken, 1);
	expect_events(run, "later", 1);
}

/* KH2: a kick of a vCPU that is not there is a success. */
static void kick_absent(struct run *run)
{
	const uint64_t args[4] = {0, ABSENT_ID, random64(), random64()};

	if (needs(run, KVM_FEATURE_PV_UNHALT))
		expect_call(run, CALL_NATIVE, KVM_HC_KICK_CPU, args, 0);
}

/* KH6: of this vCPU, and of none. */
static void sched_yield(struct run *run)
{
	uint64_t args[4] = {ABSENT_ID, random64(), random64(), random64()};

	if (!needs(run, KVM_FEATURE_PV_SCHED_YIELD))
		return;
	expect_call(run, CALL_NATIVE, KVM_HC_SCHED_YIELD, args, 0);
	args[0] = events_start() ? 0 : events_apic_id();
	if (!run->failed)
		expect_call(run, CALL_NATIVE, KVM_HC_SCHED_YIELD, args, 0);
}

/* Whether KVM_HC_SEND_IPI and an APIC are there; if not, the check is a skip. */
static bool can_send(struct run *run)
{
	return needs(run, KVM_FEATURE_PV_SEND_IPI) && calls_return(run, CALL_NATIVE) &&
	       needs_events(run);
}

static void expect_sent(struct run *run, const char *what, const uint64_t args[4], uint64_t wanted,
			unsigned events)
{
	uint64_t result;

	if (run->failed || !hypercall_bare(run, 0, KVM_HC_SEND_IPI, args, &result))
		return;
	expect(run, result == wanted, "%s: wanted %#lx, got %#lx", what, wanted, result);
	expect_events(run, what, events);
}

/* KH5: the bitmap begins with the ID in the third argument; only vCPUs that are there count. */
static void send_self(struct run *run)
{
	uint64_t id;

	if (!can_send(run))
		return;
	id = events_apic_id();
	expect_sent(run, "an IPI to this vCPU", (uint64_t[]){1, 0, id, EVENT_VECTOR}, 1, 1);
	expect_sent(run, "one to the 127th after it, too",
		    (uint64_t[]){1, BIT(63), id, EVENT_VECTOR}, 1, 1);
	expect_sent(run, "to nobody", (uint64_t[]){0, 0, id, EVENT_VECTOR}, 0, 0);
}

/* KH5: no vCPU has the ID. */
static void send_absent(struct run *run)
{
	if (!can_send(run))
		return;
	expect_sent(run, "an IPI to the 127th after this vCPU",
		    (uint64_t[]){0, BIT(63), events_apic_id(), EVENT_VECTOR}, 0, 0);
	expect_sent(run, "an IPI to an ID above all", (uint64_t[]){1, 0, ABSENT_ID, EVENT_VECTOR},
		    0, 0);
}

/* KH5: with a logical destination, or with a shorthand. */
static void send_refused(struct run *run)
{
	static const uint64_t modes[] = {ICR_LOGICAL, ICR_SELF, ICR_ALL, ICR_ALL | ICR_SELF};

	if (!can_send(run))
		return;
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		expect_sent(run, "a refused IPI",
			    (uint64_t[]){1, 0, events_apic_id(), EVENT_VECTOR | modes[i]},
			    KVM_ERROR(KVM_EINVAL), 0);
}

/* KC9: where features are enforced for MSRs, they are for calls. */
static void gated(struct run *run)
{
	static const struct {
		uint64_t index;
		unsigned feature;
	} gates[] = {
		{KVM_HC_KICK_CPU, KVM_FEATURE_PV_UNHALT},
		{KVM_HC_SEND_IPI, KVM_FEATURE_PV_SEND_IPI},
		{KVM_HC_SCHED_YIELD, KVM_FEATURE_PV_SCHED_YIELD},
	};
	uint64_t args[4] = {0, ABSENT_ID, ABSENT_ID, EVENT_VECTOR}; /* of no vCPU */
	uint64_t result;
	bool missing = false;

	for (unsigned i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		if (has_feature(gates[i].feature))
			continue;
		missing = true;
		if (!hypercall(run, CALL_NATIVE, gates[i].index, args, &result))
			return;
		report("calls.gated", "%lu %s", gates[i].index,
		       result == KVM_ERROR(KVM_ENOSYS) ? "undefined" : "works");
		if (kvm_enforcement() == ENFORCED)
			expect(run, result == KVM_ERROR(KVM_ENOSYS),
			       "call %lu without feature bit %u: wanted -1000, got %#lx",
			       gates[i].index, gates[i].feature, result);
	}
	if (!missing)
		skip(run, "CPUID shows each feature of a call");
}

static const struct check checks[] = {
	{"calls.poll-irq", "KH1", .body = poll_irq},
	{"calls.kick-absent", "KH2", .body = kick_absent},
	{"calls.send-self", "KH5", .body = send_self},
	{"calls.send-absent", "KH5", .body = send_absent},
	{"calls.send-refused", "KH5", .body = send_refused},
	{"calls.yield", "KH6", .body = sched_yield},
	{"calls.gated", "KC9", .body = gated},
};

const struct area calls_area = AREA(checks);
