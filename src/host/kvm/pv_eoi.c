/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules KE: PV EOI.  The host offers the end of an interrupt by a bit in memory, which the guest
 * clears instead of writing to its APIC.  The host sets the bit before the guest goes on, and takes
 * it back at the next exit that matters, whether the guest has used it or not.
 */
#include "host/kvm/policy.h"

static uint8_t *low_byte(const struct kvm_request *q)
{
	return guest_bytes(q->vcpu->memory, q->vcpu->kvm.eoi & ~UINT64_C(3), sizeof(uint32_t));
}

static void look(struct vcpu *vcpu)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	kvm_steps.take_eoi(&q);
}

/* KE6: what was offered in the old word ends there. */
void kvm_register_eoi(struct kvm_request *q)
{
	struct vcpu *vcpu = q->vcpu;

	kvm_steps.take_eoi(q);
	vcpu->kvm.eoi = q->value & KVM_MSR_ENABLED ? q->value : 0;
	if (vcpu->kvm.eoi)
		vapic_start(vcpu, look);
	else
		vapic_end(vcpu);
}

/* KE3: the guest has cleared the bit.  KE4: or it has not, and the offer is over. */
void kvm_take_eoi(struct kvm_request *q)
{
	const uint8_t pending = KVM_PV_EOI_PENDING;

	if (!q->vcpu->kvm.eoi_offered)
		return;
	q->vcpu->kvm.eoi_offered = false;
	if (!(__atomic_fetch_and(low_byte(q), (uint8_t)~pending, __ATOMIC_RELAXED) & pending))
		vapic_eoi(q->vcpu);
}

/* KE5: an interrupt is in service, and none waits for its end. */
void kvm_offer_eoi(struct kvm_request *q)
{
	if (vapic_in_service(q->vcpu) && !vapic_is_waiting(q->vcpu))
		kvm_steps.put_eoi(q);
}

/* KE2: only this bit, and only of this vCPU's word. */
void kvm_put_eoi(struct kvm_request *q)
{
	uint8_t *byte = low_byte(q);

	if (!byte)
		return; /* only a host that breaks KE1 gets here */
	__atomic_fetch_or(byte, KVM_PV_EOI_PENDING, __ATOMIC_RELAXED);
	q->vcpu->kvm.eoi_offered = true;
}

/* After an exit. */
void kvm_renew_eoi(struct vcpu *vcpu)
{
	struct kvm_request q;

	if (!vcpu->kvm.eoi || !vcpu->vapic.on)
		return;
	kvm_begin(&q, vcpu);
	kvm_steps.take_eoi(&q);
	kvm_steps.offer_eoi(&q);
}
