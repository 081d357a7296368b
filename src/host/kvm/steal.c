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

/*
 * KS2: the version is odd while steal changes.  KS3: what the guest has there is added to, and
 * flags and pads stay.  KS8: the vCPU runs.  KS7: nothing happens outside of guest memory.
 */
void kvm_write_steal(struct kvm_request *q)
{
	struct kvm_steal_time *area = guest_bytes(q->vcpu->memory, q->gpa, sizeof(*area));
	uint32_t version;

	if (!area)
		return;
	version = kvm_next_version(area->version);
	area->preempted = 0;
	__atomic_store_n(&area->version, version - 1, __ATOMIC_RELEASE);
	__atomic_store_n(&area->steal, area->steal + q->vcpu->kvm.stolen, __ATOMIC_RELEASE);
	__atomic_store_n(&area->version, version, __ATOMIC_RELEASE);
	q->vcpu->kvm.stolen = 0;
}

/* KS4: HLT's exits count as all others: none of its time is stolen.  KT6: a clock is renewed. */
void kvm_count_exit(struct kvm_request *q)
{
	struct vcpu *vcpu = q->vcpu;
	const uint64_t time = *kvm_msr(vcpu, KVM_MSR_SYSTEM_TIME - KVM_MSR_WALL_CLOCK);
	const uint64_t steal = *kvm_msr(vcpu, KVM_MSR_STEAL_TIME - KVM_MSR_WALL_CLOCK);

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
	struct kvm_request q = {.vcpu = vcpu};

	kvm_steps.count_exit(&q);
}
