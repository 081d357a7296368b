/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules KF: asynchronous page faults.  This host pages nothing out; what it delivers is the "wake
 * all" that tells a guest that nothing is awaited any more.
 */
#include "host/kvm/policy.h"

#include "host/ipi.h"
#include "host/lapic.h"

#define WAKE_ALL UINT32_MAX /* the token */
#define EVENTS   (KVM_MSR_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_INT)

static uint64_t msr(const struct kvm_request *q, uint32_t number)
{
	return *kvm_msr(q->vcpu, number - KVM_MSR_WALL_CLOCK);
}

/* KF4, KF6: to enable both bits asks for a "wake all".  KF8: otherwise no event comes any more. */
void kvm_enable_async_pf(struct kvm_request *q)
{
	q->vcpu->kvm.wake_queued = (q->value & EVENTS) == EVENTS;
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

/* KF4: the guest's APIC must be on.  KF5: the guest must have set the token to 0 as well. */
void kvm_wake(struct kvm_request *q)
{
	uint32_t token;

	q->gpa = (msr(q, KVM_MSR_ASYNC_PF_EN) & ~UINT64_C(63)) +
		 offsetof(struct kvm_vcpu_pv_apf_data, token);
	if (!q->vcpu->kvm.wake_queued || q->vcpu->kvm.unacknowledged || !lapic_is_on() ||
	    !guest_read(q->vcpu->memory, q->gpa, &token, sizeof(token)) || token)
		return;
	q->vcpu->kvm.wake_queued = false;
	q->vcpu->kvm.unacknowledged = true;
	kvm_steps.deliver(q);
}

/* KF4: the token, and one interrupt at the guest's vector. */
void kvm_deliver(struct kvm_request *q)
{
	const uint32_t token = WAKE_ALL;

	guest_write(q->vcpu->memory, q->gpa, &token, sizeof(token));
	ipi_send_self(q->vcpu, (uint32_t)msr(q, KVM_MSR_ASYNC_PF_INT));
}
