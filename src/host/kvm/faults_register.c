/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of where the vCPUs' clocks are: rules KT1 to KT3, KT12, KM7, KM8. */
#include "host/kvm/faults.h"

static uint64_t before_last, last; /* shared: where a clock of any vCPU was enabled */

static void note_last(struct kvm_request *q)
{
	if (q->value & KVM_MSR_ENABLED) {
		SHARED_SET(before_last, SHARED_GET(last));
		SHARED_SET(last, q->value & ~KVM_MSR_ENABLED);
	}
	kvm_honest.register_time(q);
}

/* Where it was, whatever the address is now. */
static void clear_when_disabled(struct kvm_request *q)
{
	static const struct pvclock_vcpu_time_info zeros;

	note_last(q);
	q->gpa = SHARED_GET(last);
	if (q->gpa && !(q->value & KVM_MSR_ENABLED))
		guest_write(q->vcpu->memory, q->gpa, &zeros, sizeof(zeros));
}

static bool is_enabled(struct kvm_request *q)
{
	return *kvm_msr(q->vcpu, NUMBER(SYSTEM_TIME)) & KVM_MSR_ENABLED;
}

static void renew_before_last(struct kvm_request *q)
{
	kvm_honest.count_exit(q);
	q->gpa = SHARED_GET(before_last);
	if (is_enabled(q) && q->gpa && q->gpa != SHARED_GET(last))
		kvm_honest.write_time(q);
}

static unsigned since; /* shared: exits since any vCPU's clock was disabled */

/* Not for ever, lest all that is in the same page later fails. */
static void renew_last_for_a_while(struct kvm_request *q)
{
	kvm_honest.count_exit(q);
	q->gpa = SHARED_GET(last);
	if (is_enabled(q))
		SHARED_SET(since, 0);
	else if (q->gpa && __atomic_add_fetch(&since, 1, __ATOMIC_RELAXED) == A_WHILE)
		kvm_honest.write_time(q);
}

/* As uvmm: another address gets no clock. */
static void leave_second(struct kvm_request *q)
{
	if (!SHARED_GET(last) || q->value >> 1 == SHARED_GET(last) >> 1)
		note_last(q);
}

static unsigned due; /* shared: exits until any vCPU's clock is filled; 0: it is */

/* The exit of the WRMSR itself is one. */
static void register_later(struct kvm_request *q)
{
	SHARED_SET(due, q->value & KVM_MSR_ENABLED ? 2 : 0);
}

static void fill_if_due(struct kvm_request *q)
{
	if (!SHARED_GET(due) || __atomic_sub_fetch(&due, 1, __ATOMIC_RELAXED))
		return;
	q->gpa = *kvm_msr(q->vcpu, NUMBER(SYSTEM_TIME)) & ~KVM_MSR_ENABLED;
	kvm_honest.write_time(q);
}

static bool outside; /* shared: some vCPU's clock was outside of memory */

static void stop_after_outside(struct kvm_request *q)
{
	uint8_t byte;

	if (!guest_read(q->vcpu->memory, q->value & ~KVM_MSR_ENABLED, &byte, 1))
		SHARED_SET(outside, true);
	if (!SHARED_GET(outside))
		kvm_honest.register_time(q);
}

static void cut_time_address(struct kvm_request *q)
{
	q->value = (uint32_t)q->value;
	kvm_honest.register_time(q);
}

static void take_time_address_as_virtual(struct kvm_request *q)
{
	uint64_t gpa = UINT64_MAX;
	bool writable;

	vcpu_translate(q->vcpu, q->value & ~KVM_MSR_ENABLED, &gpa, &writable);
	q->value = gpa | (q->value & KVM_MSR_ENABLED);
	kvm_honest.register_time(q);
}

static void register_in_long_mode_only(struct kvm_request *q)
{
	if (q->vcpu->efer & EFER_LMA)
		kvm_honest.register_time(q);
}

static void register_by_new_only(struct kvm_request *q)
{
	if (q->msr == KVM_MSR_SYSTEM_TIME)
		kvm_honest.register_time(q);
}

const struct kvm_row kvm_register_faults[] = {
	{ROW("time-late", "KM8", register_time, register_later, "a clock is filled one exit later"),
	 AND_AT(count_exit, fill_if_due)},
	{ROW("time-high", "KM7", register_time, cut_time_address,
	     "bits 32 to 63 of a clock's address are ignored"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("time-virtual", "KM7", register_time, take_time_address_as_virtual,
	     "a clock's address is taken for a virtual one"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("time-legacy", "KM7", register_time, register_in_long_mode_only,
	     "a clock that is registered from legacy mode is not filled"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("time-old", "KT1", register_time, register_by_new_only,
	     "a clock by the old MSR is not filled"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("time-disable-clears", "KT2", register_time, clear_when_disabled,
	     "a clock is cleared when it is disabled")},
	{ROW("time-goes-on", "KT2", register_time, note_last,
	     "a clock that is disabled is renewed once more, some time later"),
	 AND_AT(count_exit, renew_last_for_a_while)},
	{ROW("time-old-page", "KT3", register_time, note_last,
	     "a clock is also renewed where it was before"),
	 AND_AT(count_exit, renew_before_last)},
	{ROW("time-first-only", "KT3", register_time, leave_second,
	     "a clock at a second address is not filled"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("time-after-outside", "KT12", register_time, stop_after_outside,
	     "after an address outside of memory no clock is filled"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{.fault.name = NULL},
};
