/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules KF: asynchronous page faults.  This host pages nothing out by itself, but its service takes
 * pages away (pageout.c).  And it delivers "wake all", which tells a guest that nothing is awaited
 * any more.
 */
#include "host/kvm/policy.h"

#include "host/ipi.h"
#include "host/lapic.h"

#define WAKE_ALL     UINT32_MAX /* the token */
#define EVENTS       (KVM_MSR_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_INT)
#define TOKEN_NUMBER 12 /* the token's bits from this one on count; below is the vCPU's number */

static uint64_t msr(const struct kvm_request *q, uint32_t number)
{
	return *kvm_msr(q->vcpu, number - KVM_MSR_WALL_CLOCK);
}

static bool has_events(uint64_t enabled)
{
	return (enabled & EVENTS) == EVENTS;
}

/* The gpa of a field of the guest's area. */
#define FIELD(q, name)                                   \
	((msr(q, KVM_MSR_ASYNC_PF_EN) & ~UINT64_C(63)) + \
	 offsetof(struct kvm_vcpu_pv_apf_data, name))

/*
 * KF4, KF6: to enable both bits asks for a "wake all".  KF8: otherwise no event comes any more, of
 * pages neither.
 */
void kvm_enable_async_pf(struct kvm_request *q)
{
	q->vcpu->kvm.wake_queued = has_events(q->value);
	if (!has_events(q->value))
		q->vcpu->kvm.told_count = 0;
	kvm_steps.wake(q);
}

/* KF5: bit 0 says that the guest is done with the last event. */
void kvm_acknowledge(struct kvm_request *q)
{
	if (!(q->value & 1))
		return;
	q->vcpu->kvm.unacknowledged = false;
	kvm_steps.wake(q);
}

static bool was_told(const struct kvm_request *q)
{
	for (unsigned i = 0; i < q->vcpu->kvm.told_count; i++) {
		if (q->vcpu->kvm.told[i].gpa == q->page)
			return true;
	}
	return false;
}

/* KF7: the guest has touched q->page, which is away.  It is told so, or does not run meanwhile. */
void kvm_page_away(struct kvm_request *q)
{
	kvm_steps.may_tell(q);
	if (q->tell)
		kvm_steps.tell(q);
	else
		pageout_wait(q->vcpu, q->page);
}

/*
 * KF7: not at CPL 0 without bit 1, not while interrupts are off or an event is being delivered.
 * Once for each page, as Linux: a guest that touches it once more waits.
 */
void kvm_may_tell(struct kvm_request *q)
{
	const struct vcpu *vcpu = q->vcpu;
	const uint64_t enabled = msr(q, KVM_MSR_ASYNC_PF_EN);

	q->tell = has_events(enabled) && lapic_is_on() &&
		  (enabled & KVM_ASYNC_PF_SEND_ALWAYS || vcpu->slow.cpl) &&
		  vcpu->slow.rflags & RFLAGS_IF && !vcpu->event.pending &&
		  vcpu->kvm.told_count < KVM_TOLD_MAX && !was_told(q);
}

/* KF7: flags, and a #PF without error code bits, whose address is the token; that is never 0. */
void kvm_tell(struct kvm_request *q)
{
	const uint32_t flags = KVM_PV_REASON_PAGE_NOT_PRESENT;
	struct vcpu *vcpu = q->vcpu;
	struct kvm_vcpu *kvm = &vcpu->kvm;

	if (!(uint32_t)(kvm->tokens << TOKEN_NUMBER))
		kvm->tokens = 1;
	q->token = kvm->tokens++ << TOKEN_NUMBER | vcpu->id;
	kvm->told[kvm->told_count].gpa = q->page;
	kvm->told[kvm->told_count++].token = q->token;
	guest_write(vcpu->memory, FIELD(q, flags), &flags, sizeof(flags));
	vcpu->slow.cr2 = q->token;
	vcpu->event = (struct vcpu_event){.pending = true, .has_error = true, .vector = VECTOR_PF};
}

/* KF4: the guest's APIC must be on.  KF5: the guest must have set the token to 0 as well. */
void kvm_wake(struct kvm_request *q)
{
	uint32_t token;

	q->gpa = FIELD(q, token);
	if (q->vcpu->kvm.unacknowledged || !lapic_is_on() ||
	    !guest_read(q->vcpu->memory, q->gpa, &token, sizeof(token)) || token)
		return;
	q->token = 0;
	kvm_steps.next_event(q);
	if (!q->token)
		return;
	q->vcpu->kvm.unacknowledged = true;
	kvm_steps.deliver(q);
}

/* "Wake all", or the first page of those that the guest awaits that is there again (KF7). */
void kvm_next_event(struct kvm_request *q)
{
	struct kvm_vcpu *kvm = &q->vcpu->kvm;
	unsigned i = 0;

	if (kvm->wake_queued) {
		kvm->wake_queued = false;
		q->page = 0; /* none */
		q->token = WAKE_ALL;
		return;
	}
	while (i < kvm->told_count && pageout_is_away(q->vcpu, kvm->told[i].gpa))
		i++;
	if (i == kvm->told_count)
		return;
	q->page = kvm->told[i].gpa;
	q->token = kvm->told[i].token;
	for (kvm->told_count--; i < kvm->told_count; i++)
		kvm->told[i] = kvm->told[i + 1];
}

/* KF4, KF7: the token, and one interrupt at the guest's vector. */
void kvm_deliver(struct kvm_request *q)
{
	guest_write(q->vcpu->memory, q->gpa, &q->token, sizeof(q->token));
	ipi_send_self(q->vcpu, (uint32_t)msr(q, KVM_MSR_ASYNC_PF_INT));
}
