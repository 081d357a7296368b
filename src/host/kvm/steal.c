/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules KS: steal time.  Nobody takes a processor from this host's vCPUs, so it plays by a script:
 * each EXITS exits have stolen some time, which is less than they take.
 */
#include "host/kvm/policy.h"

#define EXITS  16
#define STOLEN 100 /* ns */

/* KS6: only the address that was written last, while it is enabled. */
void kvm_register_steal(struct kvm_request *q)
{
	q->gpa = q->value & ~KVM_MSR_ENABLED;
	if (q->value & KVM_MSR_ENABLED)
		kvm_steps.write_steal(q);
}

#define PUT(q, field, value)                                                              \
	guest_write((q)->vcpu->memory, (q)->gpa + offsetof(struct kvm_steal_time, field), \
		    &(value), sizeof(value))

/*
 * KS2: the version is odd while steal changes.  KS3: what the guest has there is added to, and
 * flags and pads stay.  KS8: the vCPU runs.  KS7: nothing happens outside of guest memory.
 */
void kvm_write_steal(struct kvm_request *q)
{
	const uint8_t preempted = 0;
	uint32_t odd;

	if (!guest_read(q->vcpu->memory, q->gpa, &q->steal, sizeof(q->steal)))
		return;
	q->steal.steal += q->vcpu->kvm.stolen;
	q->steal.version = kvm_next_version(q->steal.version);
	odd = q->steal.version - 1;
	PUT(q, preempted, preempted);
	PUT(q, version, odd);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	PUT(q, steal, q->steal.steal);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	PUT(q, version, q->steal.version);
	q->vcpu->kvm.stolen = 0;
}

/* KS4: HLT's exits count as all others: none of its time is stolen.  KT6: a clock is renewed. */
void kvm_count_exit(struct kvm_request *q)
{
	struct vcpu *vcpu = q->vcpu;
	const uint64_t time = vcpu->kvm.msr[KVM_MSR_SYSTEM_TIME - KVM_MSR_WALL_CLOCK];
	const uint64_t steal = vcpu->kvm.msr[KVM_MSR_STEAL_TIME - KVM_MSR_WALL_CLOCK];

	if (!((time | steal) & KVM_MSR_ENABLED) || ++vcpu->kvm.exits % EXITS)
		return;
	vcpu->kvm.stolen += STOLEN;
	q->gpa = time & ~KVM_MSR_ENABLED;
	if (time & KVM_MSR_ENABLED)
		kvm_steps.write_time(q);
	q->gpa = steal & ~KVM_MSR_ENABLED;
	if (steal & KVM_MSR_ENABLED)
		kvm_steps.write_steal(q);
}

void kvm_exit(struct vcpu *vcpu)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	kvm_steps.count_exit(&q);
	kvm_renew_eoi(vcpu);
	if (vcpu->kvm.told_count)
		kvm_steps.wake(&q);
}
