/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules KM: the MSRs in general; KS1, KE1, KF1 to KF3, KP1 and KG1: which values they take. */
#include "host/kvm/policy.h"

#include "host/config.h"
#include "host/log.h"

enum { WALL_CLOCK, SYSTEM_TIME, ASYNC_PF_EN, STEAL, EOI, POLL, ASYNC_PF_INT, ACK, MIGRATION };

_Static_assert(KVM_MSR_MIGRATION_CONTROL - KVM_MSR_WALL_CLOCK + 1 == KVM_MSRS, "host/vcpu.h");

#define STEAL_RESERVED 0x3eu /* KS1 */
#define EOI_RESERVED   2u    /* KE1 */
#define APF_RESERVED   0x30u /* KF1 */
#define APF_AREA       8u    /* bytes that a host writes */

#define APF_EVENTS (KVM_MSR_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_INT)

static uint64_t wall_clock; /* shared: KM1, one for all vCPUs */

uint64_t *kvm_msr(struct vcpu *vcpu, unsigned number)
{
	return number == WALL_CLOCK ? &wall_clock : &vcpu->kvm.msr[number];
}

/* KM2, KG1. */
void kvm_init_vcpu(struct vcpu *vcpu)
{
	vcpu->kvm = (struct kvm_vcpu){.msr = {[POLL] = 1, [MIGRATION] = 1}};
}

/* KR1: an INIT ends registrations; the MSRs that register nothing keep their values. */
void kvm_forget(struct kvm_request *q)
{
	const uint64_t *msr = q->vcpu->kvm.msr;

	q->vcpu->kvm = (struct kvm_vcpu){
		.msr = {[POLL] = msr[POLL], [MIGRATION] = msr[MIGRATION]},
	};
}

void kvm_reset(struct vcpu *vcpu)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	kvm_steps.forget(&q);
}

enum msr_outcome kvm_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	q.msr = msr;
	kvm_steps.claim(&q);
	if (!q.claimed)
		return MSR_UNKNOWN;
	kvm_steps.read_msr(&q);
	*value = q.value;
	return MSR_DONE;
}

enum msr_outcome kvm_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	q.msr = msr;
	q.write = true;
	q.value = value;
	kvm_steps.claim(&q);
	if (!q.claimed)
		return MSR_UNKNOWN;
	kvm_steps.write_msr(&q);
	return q.refused ? MSR_GP : MSR_DONE;
}

/* KM3: which feature each MSR belongs to. */
static unsigned feature_of(const struct kvm_request *q)
{
	static const uint8_t features[KVM_MSRS] = {
		[WALL_CLOCK] = KVM_FEATURE_CLOCKSOURCE2,
		[SYSTEM_TIME] = KVM_FEATURE_CLOCKSOURCE2,
		[ASYNC_PF_EN] = KVM_FEATURE_ASYNC_PF,
		[STEAL] = KVM_FEATURE_STEAL_TIME,
		[EOI] = KVM_FEATURE_PV_EOI,
		[POLL] = KVM_FEATURE_POLL_CONTROL,
		[ASYNC_PF_INT] = KVM_FEATURE_ASYNC_PF_INT,
		[ACK] = KVM_FEATURE_ASYNC_PF_INT,
		[MIGRATION] = KVM_FEATURE_MIGRATION_CONTROL,
	};

	return q->msr <= KVM_MSR_SYSTEM_TIME_OLD ? KVM_FEATURE_CLOCKSOURCE : features[q->number];
}

/*
 * KM4: there are no others.  KM3: without the feature's bit there is none, if that is enforced;
 * KG1: KVM_MSR_MIGRATION_CONTROL never.  KM1: the old MSRs are the new ones under another number.
 */
void kvm_claim(struct kvm_request *q)
{
	const bool old = q->msr == KVM_MSR_WALL_CLOCK_OLD || q->msr == KVM_MSR_SYSTEM_TIME_OLD;

	q->number = q->msr - (old ? KVM_MSR_WALL_CLOCK_OLD : KVM_MSR_WALL_CLOCK);
	if (q->number >= KVM_MSRS)
		return;
	q->claimed = kvm_has(feature_of(q)) || (!config.enforce && q->number != MIGRATION);
}

/* KM1: the value that was written last; KF3: or 0. */
void kvm_read_msr(struct kvm_request *q)
{
	q->value = q->number == ACK ? 0 : *kvm_msr(q->vcpu, q->number);
}

/* KM5: a refusal changes nothing.  KM8: the guest finds all of it done. */
void kvm_write_msr(struct kvm_request *q)
{
	kvm_steps.check(q);
	log_line("kvm %u %#x %#lx%s", q->vcpu->id, q->msr, q->value, q->refused ? " = #GP" : "");
	if (q->refused) {
		kvm_steps.reject(q);
		return;
	}
	kvm_steps.keep(q);
	kvm_steps.act(q);
}

/* Whether the host could write @length bytes at the address in the value, without these bits. */
static bool is_memory(const struct kvm_request *q, uint64_t flags, unsigned length)
{
	return guest_bytes(q->vcpu->memory, q->value & ~flags, length);
}

/*
 * KF1, KF2.  The host has no exits for page faults to deliver, so bit 2 is taken only where nothing
 * is enforced.
 */
static bool refuses_async_pf(const struct kvm_request *q)
{
	const uint64_t value = q->value;

	if (value & APF_RESERVED)
		return true;
	if (config.enforce && value & KVM_ASYNC_PF_DELIVERY_AS_PF_EXIT)
		return true;
	if (config.enforce && value & KVM_ASYNC_PF_DELIVERY_AS_INT &&
	    !kvm_has(KVM_FEATURE_ASYNC_PF_INT))
		return true;
	return (value & APF_EVENTS) == APF_EVENTS && !is_memory(q, 63, APF_AREA);
}

/* KT12, KS7, KW5: the address of a clock or of steal time is not refused, wherever it is. */
void kvm_check(struct kvm_request *q)
{
	switch (q->number) {
	case ASYNC_PF_EN:
		q->refused = refuses_async_pf(q);
		break;
	case STEAL:
		q->refused = q->value & STEAL_RESERVED;
		break;
	case EOI:
		q->refused = q->value & EOI_RESERVED ||
			     (q->value & KVM_MSR_ENABLED && !is_memory(q, 3, sizeof(uint32_t)));
		break;
	case ASYNC_PF_INT:
		q->refused = q->value > UINT8_MAX;
		break;
	case POLL:
	case MIGRATION:
		q->refused = q->value > 1;
		break;
	}
}

/* KM5: #GP(0). */
void kvm_reject(struct kvm_request *q)
{
	vcpu_inject_gp(q->vcpu);
}

/* KM1: all 64 bits. */
void kvm_keep(struct kvm_request *q)
{
	*kvm_msr(q->vcpu, q->number) = q->value;
}

/* The other MSRs only keep their value: KP1, KG1 leave it to the host what it makes of it. */
void kvm_act(struct kvm_request *q)
{
	switch (q->number) {
	case WALL_CLOCK:
		kvm_steps.write_wall_clock(q);
		break;
	case SYSTEM_TIME:
		kvm_steps.register_time(q);
		break;
	case STEAL:
		kvm_steps.register_steal(q);
		break;
	case EOI:
		kvm_steps.register_eoi(q);
		break;
	case ASYNC_PF_EN:
		kvm_steps.enable_async_pf(q);
		break;
	case ACK:
		kvm_steps.acknowledge(q);
		break;
	}
}
