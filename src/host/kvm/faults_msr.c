/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the MSRs: rules KM, but KM5. */
#include "host/kvm/faults.h"
#include "lib/string.h"
#include "x86/insn.h"

static bool is_on_arg(const struct kvm_request *q)
{
	return q->number == kvm_on->arg;
}

/* ---- which there are ---- */

/* Its feature is shown all the same. */
static void claim_others(struct kvm_request *q)
{
	kvm_honest.claim(q);
	q->claimed &= !is_on_arg(q);
}

static void claim_writes_only(struct kvm_request *q)
{
	kvm_honest.claim(q);
	q->claimed &= q->write;
}

/* One more MSR, which is that of migration control. */
static void claim_one_more(struct kvm_request *q)
{
	kvm_honest.claim(q);
	if (q->msr != kvm_on->arg)
		return;
	q->number = NUMBER(MIGRATION_CONTROL);
	q->claimed = true;
}

/* The feature is not shown, and its MSR is there; those of other features that are not, are not. */
static void hide_steal_time(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	q->answer->eax &= (uint32_t)~BIT(KVM_FEATURE_STEAL_TIME);
}

static void claim_no_poll_control(struct kvm_request *q)
{
	kvm_honest.claim(q);
	q->claimed &= q->number != NUMBER(POLL_CONTROL);
}

static void hide_steal_time_and_poll_control(struct kvm_request *q)
{
	hide_steal_time(q);
	q->answer->eax &= (uint32_t)~BIT(KVM_FEATURE_POLL_CONTROL);
}

/* An MSR that is not there, because its feature is not, does something all the same. */
static void write_unclaimed(struct kvm_request *q)
{
	kvm_honest.claim(q);
	if (!q->claimed && q->write && q->msr == KVM_MSR_ASYNC_PF_EN)
		guest_write(q->vcpu->memory, q->value & ~UINT64_C(63), &(uint64_t){0}, 8);
}

const struct kvm_row kvm_msr_faults[] = {
	{ROW("msr-no-steal", "KD6", claim, claim_others,
	     "steal time is a feature, but its MSR is not there"),
	 .arg = NUMBER(STEAL_TIME)},
	{ROW("msr-no-clock", "KD6", claim, claim_others,
	     "the clock is a feature, but its MSRs are not there"),
	 .arg = NUMBER(SYSTEM_TIME)},
	{ROW("msr-no-rdmsr", "KM1", claim, claim_writes_only,
	     "RDMSR of the interface's MSRs is a #GP")},
	{ROW("msr-mixed", "KM3", show_features, hide_steal_time_and_poll_control,
	     "of two features that are not shown, one has its MSR"),
	 AND_AT(claim, claim_no_poll_control)},
	{ROW("msr-gated-writes", "KM3", claim, write_unclaimed,
	     "a refused WRMSR writes to the area of a feature that is not shown")},
	{ROW("msr-09", "KM4", claim, claim_one_more, "the MSR after the last one answers"),
	 .arg = KVM_MSR_MIGRATION_CONTROL + 1},
	{ROW("msr-ff", "KM4", claim, claim_one_more, "the last MSR of the range answers"),
	 .arg = KVM_MSR_LAST},
	{.fault.name = NULL},
};

/* ---- what they hold ---- */

static void read_low_half(struct kvm_request *q)
{
	kvm_honest.read_msr(q);
	q->value = (uint32_t)q->value;
}

static void read_high_half_ones(struct kvm_request *q)
{
	kvm_honest.read_msr(q);
	q->value |= ~(uint64_t)UINT32_MAX;
}

static uint64_t apart; /* shared: the value of the old MSR that .arg is */

static void keep_apart(struct kvm_request *q)
{
	if (q->msr == kvm_on->arg)
		SHARED_SET(apart, q->value);
	else
		kvm_honest.keep(q);
}

static void read_apart(struct kvm_request *q)
{
	kvm_honest.read_msr(q);
	if (q->msr == kvm_on->arg)
		q->value = SHARED_GET(apart);
}

static bool kept; /* shared: any vCPU has written the MSR that .arg is */

static void keep_and_note(struct kvm_request *q)
{
	kvm_honest.keep(q);
	if (is_on_arg(q))
		SHARED_SET(kept, true);
}

static void read_other_at_first(struct kvm_request *q)
{
	kvm_honest.read_msr(q);
	if (is_on_arg(q) && !SHARED_GET(kept))
		q->value ^= 1;
}

const struct kvm_row kvm_value_faults[] = {
	{ROW("msr-low-half", "KM1", read_msr, read_low_half, "RDMSR gives bits 0 to 31 only")},
	{ROW("msr-high-half", "KM1", read_msr, read_high_half_ones,
	     "RDMSR gives ones for bits 32 to 63")},
	{ROW("msr-wall-apart", "KM1", keep, keep_apart,
	     "the two MSRs of the wall clock have a value each"),
	 AND_AT(read_msr, read_apart), .arg = KVM_MSR_WALL_CLOCK_OLD},
	{ROW("msr-time-apart", "KM1", keep, keep_apart,
	     "the two MSRs of the system time have a value each"),
	 AND_AT(read_msr, read_apart), .arg = KVM_MSR_SYSTEM_TIME_OLD},
	{ROW("msr-poll-0", "KM2", keep, keep_and_note, "poll control is 0 at first"),
	 AND_AT(read_msr, read_other_at_first), .arg = NUMBER(POLL_CONTROL)},
	{ROW("msr-steal-1", "KM2", keep, keep_and_note, "steal time is 1 at first"),
	 AND_AT(read_msr, read_other_at_first), .arg = NUMBER(STEAL_TIME)},
	{ROW("msr-time-1", "KM2", keep, keep_and_note, "the system time is 1 at first"),
	 AND_AT(read_msr, read_other_at_first), .arg = NUMBER(SYSTEM_TIME)},
	{ROW("msr-migration-0", "KG1", keep, keep_and_note, "migration control is 0 at first"),
	 AND_AT(read_msr, read_other_at_first), .arg = NUMBER(MIGRATION_CONTROL)},
	{.fault.name = NULL},
};

/* ---- CPL 3 ---- */

static bool is_code(struct vcpu *vcpu, const uint8_t code[2])
{
	uint8_t next[2];

	return guest_fetch(vcpu, next, 2) == 2 && !memcmp(next, code, 2);
}

/* The CPU refuses both before the host sees them; this host sees the #GP. */
static bool answer_cpl3(struct vcpu *vcpu)
{
	const bool write = is_code(vcpu, (const uint8_t[]){0x0f, 0x30});
	uint64_t value = (uint32_t)vcpu->regs.rax | vcpu->regs.rdx << 32;
	const uint32_t msr = (uint32_t)vcpu->regs.rcx;

	if (vcpu->slow.cpl != 3 || !(write || is_code(vcpu, (const uint8_t[]){0x0f, 0x32})))
		return false;
	if ((write ? kvm_wrmsr(vcpu, msr, value) : kvm_rdmsr(vcpu, msr, &value)) != MSR_DONE)
		return false;
	vcpu->rip += 2;
	return true;
}

static const struct hooks cpl3_hooks = {.exceptions = (uint32_t)BIT(VECTOR_GP),
					.exception = answer_cpl3};

const struct kvm_row kvm_cpl3_faults[] = {
	{{"msr-cpl3", "KM6", "the MSRs work at CPL 3"}, .hooks = &cpl3_hooks},
	{.fault.name = NULL},
};
