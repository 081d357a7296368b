/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules KD: how a guest finds the interface. */
#include "host/kvm/policy.h"

#include "host/config.h"
#include "host/vcpus.h"
#include "x86/insn.h"

#define FEATURE(name) BIT(KVM_FEATURE_##name)

/* What this host keeps of the interface. */
#define ALWAYS                                                                                \
	(FEATURE(STEAL_TIME) | FEATURE(PV_EOI) | FEATURE(PV_UNHALT) | FEATURE(POLL_CONTROL) | \
	 FEATURE(PV_SCHED_YIELD) | FEATURE(MIGRATION_CONTROL))
#define WITH_CLOCK (FEATURE(CLOCKSOURCE) | FEATURE(CLOCKSOURCE2) | FEATURE(CLOCKSOURCE_STABLE_BIT))
/* These need a local APIC, which the guest has only with several vCPUs. */
#define WITH_APIC (FEATURE(ASYNC_PF) | FEATURE(ASYNC_PF_INT) | FEATURE(PV_SEND_IPI))

uint32_t kvm_features(void)
{
	uint64_t features = ALWAYS;

	if (kvm_clock.tsc_hz)
		features |= WITH_CLOCK;
	if (vcpus_count() > 1)
		features |= WITH_APIC;
	return (uint32_t)(features & config.features);
}

void kvm_cpuid(struct vcpu *vcpu, uint32_t leaf, struct cpuid_regs *answer)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	q.leaf = leaf;
	q.subleaf = (uint32_t)vcpu->regs.rcx;
	q.answer = answer;
	kvm_steps.answer(&q);
}

/* KD4: neither the subleaf nor the vCPU matters.  KD5: only EAX to EDX change. */
void kvm_answer(struct kvm_request *q)
{
	kvm_steps.place(q);
	if (q->leaf == 1)
		kvm_steps.show_hypervisor(q);
	if (q->from_base == 0)
		kvm_steps.show_signature(q);
	if (q->from_base == KVM_CPUID_FEATURES)
		kvm_steps.show_features(q);
}

/* KD1: all leaves are relative to the signature's. */
void kvm_place(struct kvm_request *q)
{
	q->from_base = q->leaf - (uint32_t)config.base;
}

/* KD4. */
void kvm_show_hypervisor(struct kvm_request *q)
{
	q->answer->ecx |= (uint32_t)BIT(KVM_HYPERVISOR_BIT);
}

/* KD1; KD2: EAX is the last leaf. */
void kvm_show_signature(struct kvm_request *q)
{
	*q->answer = (struct cpuid_regs){.eax = (uint32_t)config.base + KVM_CPUID_FEATURES,
					 .ebx = KVM_SIGNATURE_EBX,
					 .ecx = KVM_SIGNATURE_ECX,
					 .edx = KVM_SIGNATURE_EDX};
}

/* KD3, KD6: a bit for what works, and no hint: other guests share the machine's processors. */
void kvm_show_features(struct kvm_request *q)
{
	*q->answer = (struct cpuid_regs){.eax = kvm_features()};
}
