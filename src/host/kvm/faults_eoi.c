/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of PV EOI, with several vCPUs: rules KE. */
#include "host/kvm/faults.h"
#include "host/lapic.h"
#include "host/vcpus.h"
#include "lib/string.h"

#define APIC_EOI       0xb0
#define MSR_X2APIC_EOI 0x80b

static uint64_t word(const struct kvm_request *q)
{
	return q->vcpu->kvm.eoi & ~UINT64_C(3);
}

/* Sets bits of @value at @gpa. */
static void set(struct kvm_request *q, uint64_t gpa, uint32_t value)
{
	uint32_t *at = guest_bytes(q->vcpu->memory, gpa, sizeof(value));

	if (at)
		*at |= value;
}

static bool bit_is_set(const struct kvm_request *q)
{
	uint32_t value = 0;

	guest_read(q->vcpu->memory, word(q), &value, sizeof(value));
	return value & KVM_PV_EOI_PENDING;
}

/* Though the guest has cleared the bit. */
static void take_nothing(struct kvm_request *q)
{
	if (q->vcpu->kvm.eoi_offered)
		set(q, word(q), KVM_PV_EOI_PENDING);
	kvm_honest.take_eoi(q);
}

/* An offer that was made once ends only when the guest takes it. */
static void leave_bit(struct kvm_request *q)
{
	const bool left = q->vcpu->kvm.eoi_offered && bit_is_set(q);

	kvm_honest.take_eoi(q);
	if (left)
		set(q, word(q), KVM_PV_EOI_PENDING);
}

/* Another one, before the guest's EOI is done. */
static void take_twice(struct kvm_request *q)
{
	const struct vcpu_exit *exit = &q->vcpu->exit;
	const bool by_page = exit->kind == EXIT_NESTED_FAULT && exit->gpa == LAPIC_PAGE + APIC_EOI;
	const bool by_msr =
		exit->kind == EXIT_WRMSR && (uint32_t)q->vcpu->regs.rcx == MSR_X2APIC_EOI;

	kvm_honest.take_eoi(q);
	if ((by_page || by_msr) && vapic_in_service(q->vcpu) > 1)
		vapic_eoi(q->vcpu);
}

/* The guest has cleared the bit. */
static void take_both(struct kvm_request *q)
{
	const unsigned before = vapic_in_service(q->vcpu);

	kvm_honest.take_eoi(q);
	if (vapic_in_service(q->vcpu) < before)
		vapic_eoi(q->vcpu);
}

static void lose_held(struct kvm_request *q)
{
	memset(q->vcpu->vapic.held, 0, sizeof(q->vcpu->vapic.held));
	kvm_honest.take_eoi(q);
}

static void offer_if(struct kvm_request *q, bool more)
{
	kvm_honest.offer_eoi(q);
	if (!q->vcpu->kvm.eoi_offered && more)
		kvm_honest.put_eoi(q);
}

static void offer_before_another(struct kvm_request *q)
{
	offer_if(q, vapic_in_service(q->vcpu));
}

/* The bit means nothing then: a guest that clears it ends nothing. */
static void offer_for_none(struct kvm_request *q)
{
	offer_if(q, !vapic_in_service(q->vcpu) && !vapic_is_waiting(q->vcpu));
}

static void put_byte_1(struct kvm_request *q)
{
	set(q, word(q), BIT(9));
	kvm_honest.put_eoi(q);
}

static void put_whole_word(struct kvm_request *q)
{
	const uint32_t value = KVM_PV_EOI_PENDING;

	kvm_honest.put_eoi(q);
	guest_write(q->vcpu->memory, word(q), &value, sizeof(value));
}

static void put_next_word(struct kvm_request *q)
{
	kvm_honest.put_eoi(q);
	set(q, word(q) + sizeof(uint32_t), ~0u);
}

/* Instead of its own. */
static void put_in_first(struct kvm_request *q)
{
	const uint64_t first = SHARED_GET(vcpus_get(0)->kvm.eoi);

	if (q->vcpu->id && first)
		set(q, first & ~UINT64_C(3), KVM_PV_EOI_PENDING);
	else
		kvm_honest.put_eoi(q);
}

static void put_in_all(struct kvm_request *q)
{
	kvm_honest.put_eoi(q);
	for (unsigned id = 0; id < vcpus_count(); id++) {
		const uint64_t other = SHARED_GET(vcpus_get(id)->kvm.eoi);

		if (other)
			set(q, other & ~UINT64_C(3), KVM_PV_EOI_PENDING);
	}
}

static void never_disable(struct kvm_request *q)
{
	if (q->value & KVM_MSR_ENABLED)
		kvm_honest.register_eoi(q);
}

static void register_first(struct kvm_request *q)
{
	if (!q->vcpu->kvm.eoi || !(q->value & KVM_MSR_ENABLED))
		kvm_honest.register_eoi(q);
}

/* What was in service when PV EOI was disabled. */
static void end_at_disable(struct kvm_request *q)
{
	kvm_honest.register_eoi(q);
	vapic_eoi(q->vcpu);
}

const struct kvm_row kvm_vcpu_eoi_faults[] = {
	{ROW("eoi-not-taken", "KE3", take_eoi, take_nothing,
	     "an interrupt goes on though the guest has cleared PV EOI's bit")},
	{ROW("eoi-kept", "KE4", take_eoi, leave_bit,
	     "PV EOI's bit stays after an EOI of the APIC")},
	{ROW("eoi-twice", "KE4", take_eoi, take_twice, "an EOI of the APIC ends two interrupts")},
	{ROW("eoi-both", "KE4", take_eoi, take_both,
	     "to clear PV EOI's bit ends both interrupts in service")},
	{ROW("eoi-waiting", "KE5", offer_eoi, offer_before_another,
	     "PV EOI's bit is set while another interrupt waits")},
	{ROW("eoi-none", "KE5", offer_eoi, offer_for_none,
	     "PV EOI's bit is set with no interrupt in service")},
	{ROW("eoi-loses", "KE5", take_eoi, lose_held,
	     "an interrupt that waits for an EOI gets lost")},
	{ROW("eoi-byte-1", "KE2", put_eoi, put_byte_1, "PV EOI sets bit 9, too")},
	{ROW("eoi-word", "KE2", put_eoi, put_whole_word, "PV EOI writes the whole word")},
	{ROW("eoi-next", "KE2", put_eoi, put_next_word, "PV EOI writes the next word, too")},
	{ROW("eoi-first", "KE2", put_eoi, put_in_first,
	     "PV EOI's bit is set in the word of vCPU 0")},
	{ROW("eoi-all", "KE2", put_eoi, put_in_all,
	     "PV EOI's bit is set in the words of all vCPUs")},
	{ROW("eoi-goes-on", "KE6", register_eoi, never_disable,
	     "PV EOI's word is written after it was disabled")},
	{ROW("eoi-first-only", "KE6", register_eoi, register_first,
	     "PV EOI's old word is written after another was enabled")},
	{ROW("eoi-disable-ends", "KE6", register_eoi, end_at_disable,
	     "to disable PV EOI ends the interrupt in service")},
	{.fault.name = NULL},
};
