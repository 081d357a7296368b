/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of where the host writes for each of several vCPUs: rules KR1, KR2, KS6, KS8. */
#include "host/kvm/faults.h"
#include "host/vcpus.h"
#include "x86/smp.h"

static bool is_enabled(struct kvm_request *q)
{
	return *kvm_msr(q->vcpu, (unsigned)kvm_on->arg) & KVM_MSR_ENABLED;
}

/* ---- one vCPU's registrations and another's ---- */

static uint64_t slot; /* shared: what any vCPU registered last */

static void note_slot(struct kvm_request *q)
{
	if (q->value & KVM_MSR_ENABLED)
		SHARED_SET(slot, q->value & ~KVM_MSR_ENABLED);
	if (q->number == NUMBER(SYSTEM_TIME))
		kvm_honest.register_time(q);
	else
		kvm_honest.register_steal(q);
}

static void write_time_in_slot(struct kvm_request *q)
{
	q->gpa = SHARED_GET(slot);
	kvm_honest.write_time(q);
}

static void write_steal_in_slot(struct kvm_request *q)
{
	q->gpa = SHARED_GET(slot);
	kvm_honest.write_steal(q);
}

static bool ended; /* shared: the last of all registrations was one that ends it */

static void note_end(struct kvm_request *q)
{
	SHARED_SET(ended, !(q->value & KVM_MSR_ENABLED));
	if (q->number == NUMBER(SYSTEM_TIME))
		kvm_honest.register_time(q);
	else
		kvm_honest.register_steal(q);
}

static void renew_unless_ended(struct kvm_request *q)
{
	if (!SHARED_GET(ended))
		kvm_honest.count_exit(q);
}

/* Of each vCPU: what it has registered, and what before. */
static uint64_t now[SMP_MAX], before[SMP_MAX];

static void note_both(struct kvm_request *q)
{
	const unsigned id = q->vcpu->id;
	const bool enabled = q->value & KVM_MSR_ENABLED;
	const uint64_t gpa = q->value & ~KVM_MSR_ENABLED;

	SHARED_SET(before[id], enabled && now[id] != gpa ? now[id] : 0);
	SHARED_SET(now[id], enabled ? gpa : 0);
	if (q->number == NUMBER(SYSTEM_TIME))
		kvm_honest.register_time(q);
	else
		kvm_honest.register_steal(q);
}

static unsigned next_of(const struct vcpu *vcpu)
{
	return (vcpu->id + 1) % vcpus_count();
}

static void renew_where_next_was(struct kvm_request *q)
{
	kvm_honest.count_exit(q);
	q->gpa = SHARED_GET(before[next_of(q->vcpu)]);
	if (!q->gpa)
		return;
	if (kvm_on->arg == NUMBER(SYSTEM_TIME))
		kvm_honest.write_time(q);
	else
		kvm_honest.write_steal(q);
}

static void set_preempted_of_next(struct kvm_request *q, uint8_t preempted)
{
	const uint64_t gpa = SHARED_GET(now[next_of(q->vcpu)]);

	kvm_honest.count_exit(q);
	if (gpa)
		guest_write(q->vcpu->memory, gpa + offsetof(struct kvm_steal_time, preempted),
			    &preempted, sizeof(preempted));
}

static void preempt_next(struct kvm_request *q)
{
	set_preempted_of_next(q, KVM_VCPU_PREEMPTED);
}

static void spoil_preempted_of_next(struct kvm_request *q)
{
	set_preempted_of_next(q, 4);
}

const struct kvm_row kvm_vcpu_area_faults[] = {
	{ROW("vcpu-time-moves", "KR2", register_time, note_slot,
	     "all vCPUs' clocks are renewed where any vCPU registered last"),
	 AND_AT(write_time, write_time_in_slot)},
	{ROW("vcpu-steal-moves", "KR2", register_steal, note_slot,
	     "all vCPUs' steal time is renewed where any vCPU registered last"),
	 AND_AT(write_steal, write_steal_in_slot)},
	{ROW("vcpu-time-ends", "KR2", register_time, note_end,
	     "one vCPU's WRMSR that disables its clock ends all renewals"),
	 AND_AT(count_exit, renew_unless_ended)},
	{ROW("vcpu-steal-ends", "KR2", register_steal, note_end,
	     "one vCPU's WRMSR that disables its steal time ends all renewals"),
	 AND_AT(count_exit, renew_unless_ended)},
	{ROW("vcpu-time-before", "KT3", register_time, note_both,
	     "exits renew another vCPU's clock where it was before"),
	 AND_AT(count_exit, renew_where_next_was), .arg = NUMBER(SYSTEM_TIME)},
	{ROW("vcpu-steal-before", "KS6", register_steal, note_both,
	     "exits renew another vCPU's steal time where it was before"),
	 AND_AT(count_exit, renew_where_next_was), .arg = NUMBER(STEAL_TIME)},
	{ROW("vcpu-preempted", "KS8", register_steal, note_both,
	     "exits say of another vCPU that it is preempted, which runs"),
	 AND_AT(count_exit, preempt_next)},
	{ROW("vcpu-preempted-4", "KS8", register_steal, note_both,
	     "exits set bit 2 in another vCPU's preempted"),
	 AND_AT(count_exit, spoil_preempted_of_next)},
	{.fault.name = NULL},
};

/* ---- INIT ---- */

static void forget_others(struct kvm_request *q)
{
	uint64_t *msr = kvm_msr(q->vcpu, (unsigned)kvm_on->arg);
	const uint64_t kept = *msr;

	kvm_honest.forget(q);
	*msr = kept;
}

static void forget_poll_control(struct kvm_request *q)
{
	kvm_honest.forget(q);
	*kvm_msr(q->vcpu, NUMBER(POLL_CONTROL)) = 1;
}

/* Of each vCPU: what it had enabled before its INIT, and its exits since then. */
static uint64_t left[SMP_MAX];
static unsigned since[SMP_MAX];

static void forget_but_note(struct kvm_request *q)
{
	const unsigned id = q->vcpu->id;

	left[id] = is_enabled(q) ? *kvm_msr(q->vcpu, (unsigned)kvm_on->arg) : 0;
	since[id] = 0;
	kvm_honest.forget(q);
}

/* Not for ever, lest all that is in the same page later fails. */
static void renew_left_once(struct kvm_request *q)
{
	const unsigned id = q->vcpu->id;

	kvm_honest.count_exit(q);
	q->gpa = left[id] & ~KVM_MSR_ENABLED;
	if (!q->gpa || ++since[id] != A_WHILE)
		return;
	if (kvm_on->arg == NUMBER(SYSTEM_TIME))
		kvm_honest.write_time(q);
	else
		kvm_honest.write_steal(q);
}

const struct kvm_row kvm_vcpu_init_faults[] = {
	{ROW("init-time", "KR1", forget, forget_others, "an INIT leaves the system time's MSR"),
	 .arg = NUMBER(SYSTEM_TIME)},
	{ROW("init-steal", "KR1", forget, forget_others, "an INIT leaves the steal time's MSR"),
	 .arg = NUMBER(STEAL_TIME)},
	{ROW("init-eoi", "KR1", forget, forget_others, "an INIT leaves the PV EOI's MSR"),
	 .arg = NUMBER(PV_EOI_EN)},
	{ROW("init-apf", "KR1", forget, forget_others, "an INIT leaves the async-PF MSR"),
	 .arg = NUMBER(ASYNC_PF_EN)},
	{ROW("init-vector", "KR1", forget, forget_others, "an INIT leaves the async-PF vector"),
	 .arg = NUMBER(ASYNC_PF_INT)},
	{ROW("init-poll", "KR1", forget, forget_poll_control, "an INIT sets poll control to 1")},
	{ROW("init-time-written", "KR1", forget, forget_but_note,
	     "a clock is renewed after an INIT"),
	 AND_AT(count_exit, renew_left_once), .arg = NUMBER(SYSTEM_TIME)},
	{ROW("init-steal-written", "KR1", forget, forget_but_note,
	     "steal time is renewed after an INIT"),
	 AND_AT(count_exit, renew_left_once), .arg = NUMBER(STEAL_TIME)},
	{.fault.name = NULL},
};
