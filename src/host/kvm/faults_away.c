/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of asynchronous page faults, for pages that are away (pageout.c): KF5, KF7 to KF9. */
#include "host/ipi.h"
#include "host/kvm/faults.h"
#include "lib/string.h"

#define WAKE_ALL   UINT32_MAX
#define ENABLED(q) (*kvm_msr((q)->vcpu, NUMBER(ASYNC_PF_EN)))
#define AREA(q)    (ENABLED(q) & ~UINT64_C(63))

static void put32(struct kvm_request *q, uint64_t gpa, uint32_t value)
{
	guest_write(q->vcpu->memory, gpa, &value, sizeof(value));
}

static void send_interrupt(struct kvm_request *q)
{
	ipi_send_self(q->vcpu, (uint8_t)*kvm_msr(q->vcpu, NUMBER(ASYNC_PF_INT)));
}

/* ---- "not present" ---- */

static void tell_without_flags(struct kvm_request *q)
{
	kvm_honest.tell(q);
	put32(q, AREA(q), 0);
}

static void tell_error(struct kvm_request *q)
{
	kvm_honest.tell(q);
	q->vcpu->event.error = 2; /* a write */
}

static void tell_address(struct kvm_request *q)
{
	kvm_honest.tell(q);
	q->vcpu->slow.cr2 |= BIT(32);
}

/* It remembers the token of the last page. */
static void tell_same_token(struct kvm_request *q)
{
	q->vcpu->kvm.tokens = 1;
	kvm_honest.tell(q);
}

/* The interrupt first; the guest touches the page again after that. */
static void tell_late(struct kvm_request *q)
{
	static bool sent; /* shared: any vCPU's */

	if (SHARED_GET(sent))
		kvm_honest.tell(q);
	else
		send_interrupt(q);
	SHARED_SET(sent, !SHARED_GET(sent));
}

/* As if the vCPU were in another state, which arg chooses. */
enum { AT_CPL_3, WITH_IF, IDLE };

static void tell_too_often(struct kvm_request *q)
{
	struct vcpu *vcpu = q->vcpu;
	const struct vcpu_slow_state slow = vcpu->slow;
	const struct vcpu_event event = vcpu->event;

	if (kvm_on->arg == AT_CPL_3)
		vcpu->slow.cpl = 3;
	if (kvm_on->arg == WITH_IF)
		vcpu->slow.rflags |= RFLAGS_IF;
	if (kvm_on->arg == IDLE)
		vcpu->event.pending = false;
	kvm_honest.may_tell(q);
	vcpu->slow = slow;
	vcpu->event = event;
}

/* ---- "ready" ---- */

/* Not so "wake all". */
static void deliver_other_token(struct kvm_request *q)
{
	q->token += q->token == WAKE_ALL ? 0 : 1u << 12;
	kvm_honest.deliver(q);
}

static void deliver_no_ready(struct kvm_request *q)
{
	if (q->token == WAKE_ALL)
		kvm_honest.deliver(q);
}

static void deliver_ready_flags(struct kvm_request *q)
{
	kvm_honest.deliver(q);
	if (q->token != WAKE_ALL)
		put32(q, AREA(q), KVM_PV_REASON_PAGE_NOT_PRESENT);
}

static void deliver_empty_page(struct kvm_request *q)
{
	uint8_t *page = guest_bytes(q->vcpu->memory, q->page, PAGE_SIZE);

	if (q->token != WAKE_ALL && page)
		memset(page, 0, PAGE_SIZE);
	kvm_honest.deliver(q);
}

/* The guest is told twice that a page is back. */
static void keep_told(struct kvm_request *q)
{
	static uint32_t last; /* shared: the token that any vCPU got last */
	struct kvm_vcpu *kvm = &q->vcpu->kvm;

	kvm_honest.next_event(q);
	if (q->token && q->token != WAKE_ALL && q->token != SHARED_GET(last) &&
	    kvm->told_count < KVM_TOLD_MAX) {
		kvm->told[kvm->told_count].gpa = q->page;
		kvm->told[kvm->told_count++].token = q->token;
		SHARED_SET(last, q->token);
	}
}

/* At any exit: as soon as the token is 0. */
static void ready_by_token(struct kvm_request *q)
{
	kvm_honest.count_exit(q);
	if (q->vcpu->kvm.told_count)
		q->vcpu->kvm.unacknowledged = false;
}

static uint64_t area; /* shared: that any vCPU enabled last */

/* The first page that is awaited comes back at once, if the guest turns all off. */
static void ready_at_end(struct kvm_request *q)
{
	const bool awaits = q->vcpu->kvm.told_count && !q->value;

	if (q->value)
		SHARED_SET(area, AREA(q));
	if (awaits) {
		put32(q, SHARED_GET(area) + sizeof(uint32_t), q->vcpu->kvm.told[0].token);
		send_interrupt(q);
	}
	kvm_honest.enable_async_pf(q);
}

/* ---- page faults of the guest's own ---- */

static bool is_on(struct vcpu *vcpu)
{
	return vcpu->kvm.msr[NUMBER(ASYNC_PF_EN)] & KVM_MSR_ENABLED;
}

static bool fault_with_flags(struct vcpu *vcpu)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	vcpu->slow.cr2 = vcpu->exit.gpa;
	if (is_on(vcpu))
		put32(&q, AREA(&q), KVM_PV_REASON_PAGE_NOT_PRESENT);
	return false;
}

static bool fault_without_cr2(struct vcpu *vcpu)
{
	if (!is_on(vcpu))
		vcpu->slow.cr2 = vcpu->exit.gpa;
	return false;
}

#define HOOK(fn) (&(const struct hooks){.exceptions = (uint32_t)BIT(VECTOR_PF), .exception = (fn)})

const struct kvm_row kvm_vcpu_away_faults[] = {
	{ROW("away-flags", "KF7", tell, tell_without_flags,
	     "the guest is told that a page is away, but not by the flags")},
	{ROW("away-error", "KF7", tell, tell_error,
	     "a page that is away has the error code of a write")},
	{ROW("away-cr2", "KF7", tell, tell_address, "the token of a page has 33 bits")},
	{ROW("away-same-token", "KF7", tell, tell_same_token, "all pages have the same token")},
	{ROW("away-late", "KF7", tell, tell_late,
	     "an interrupt comes before the guest is told that a page is away")},
	{ROW("away-cpl-0", "KF7", may_tell, tell_too_often, "CPL 0 is told of pages without bit 1"),
	 .arg = AT_CPL_3},
	{ROW("away-masked", "KF7", may_tell, tell_too_often,
	     "the guest is told of pages while IF is 0"),
	 .arg = WITH_IF},
	{ROW("away-nested", "KF7", may_tell, tell_too_often,
	     "the guest is told of a page instead of the exception whose stack it is"),
	 .arg = IDLE},
	{ROW("away-other-token", "KF7", deliver, deliver_other_token,
	     "a page comes back with another token")},
	{ROW("away-not-ready", "KF7", deliver, deliver_no_ready,
	     "the guest is not told that a page is back")},
	{ROW("away-ready-flags", "KF7", deliver, deliver_ready_flags,
	     "a page that comes back sets the flags")},
	{ROW("away-zeroed", "KF7", deliver, deliver_empty_page, "a page comes back empty")},
	{ROW("away-twice", "KF5", next_event, keep_told, "a page comes back twice")},
	{ROW("away-by-token", "KF5", count_exit, ready_by_token,
	     "a second page comes back once the token is 0, before the first one is acknowledged")},
	{ROW("away-at-end", "KF8", enable_async_pf, ready_at_end,
	     "a page comes back when the guest has turned that off")},
	{.fault = {"apf-fault-flags", "KF9", "a page fault of the guest's own sets the flags"},
	 .hooks = HOOK(fault_with_flags)},
	{.fault = {"apf-fault-cr2", "KF9", "a page fault of the guest's own leaves CR2 as it was"},
	 .hooks = HOOK(fault_without_cr2)},
	{.fault.name = NULL},
};
