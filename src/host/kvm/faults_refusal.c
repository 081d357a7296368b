/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of which values the MSRs take: rules KM5, KS1, KS7, KT12, KE1, KF1 to KF3, KP1, KG1. */
#include "host/kvm/faults.h"
#include "x86/insn.h"

/* ---- refusals ---- */

static void reject_but_keep(struct kvm_request *q)
{
	kvm_honest.reject(q);
	kvm_honest.keep(q);
}

static void reject_by_ud(struct kvm_request *q)
{
	kvm_honest.reject(q);
	vcpu_inject_ud(q->vcpu);
}

static void reject_with_error_8(struct kvm_request *q)
{
	kvm_honest.reject(q);
	q->vcpu->event.error = 8;
}

static void reject_after_wrmsr(struct kvm_request *q)
{
	kvm_honest.reject(q);
	vcpu_skip(q->vcpu);
}

static void reject_and_clear_rdx(struct kvm_request *q)
{
	kvm_honest.reject(q);
	q->vcpu->regs.rdx ^= BIT(33);
}

/* The value is neither kept nor refused. */
static void ignore(struct kvm_request *q)
{
	(void)q;
	q->refused = false;
}

const struct kvm_row kvm_refusal_faults[] = {
	{ROW("refusal-kept", "KM5", reject, reject_but_keep, "a value that is refused is kept")},
	{ROW("refusal-ud", "KM5", reject, reject_by_ud, "a refused value gives #UD")},
	{ROW("refusal-error", "KM5", reject, reject_with_error_8, "a refused value gives #GP(8)")},
	{ROW("refusal-rip", "KM5", reject, reject_after_wrmsr,
	     "a refused value's #GP comes after the WRMSR")},
	{ROW("refusal-rdx", "KM5", reject, reject_and_clear_rdx,
	     "a refused value's #GP comes with RDX changed")},
	{ROW("refusal-ignored", "KM5", reject, ignore, "a refused value is no #GP")},
	{.fault.name = NULL},
};

/* ---- values that are taken ---- */

/* Values that one MSR takes: those that are refused only for the bits in .arg, if any. */
static void take(struct kvm_request *q, unsigned number)
{
	const uint64_t value = q->value;

	if (q->number == number)
		q->value &= ~kvm_on->arg;
	kvm_honest.check(q);
	q->value = value;
}

static void take_steal(struct kvm_request *q)
{
	take(q, NUMBER(STEAL_TIME));
}

static void take_eoi(struct kvm_request *q)
{
	take(q, NUMBER(PV_EOI_EN));
}

static void take_poll(struct kvm_request *q)
{
	take(q, NUMBER(POLL_CONTROL));
}

static void take_async_pf(struct kvm_request *q)
{
	take(q, NUMBER(ASYNC_PF_EN));
}

static void take_vector(struct kvm_request *q)
{
	take(q, NUMBER(ASYNC_PF_INT));
}

/* Addresses outside of memory, where an area is enabled by these bits. */
static void take_eoi_outside(struct kvm_request *q)
{
	kvm_honest.check(q);
	if (q->number == NUMBER(PV_EOI_EN) && !(q->value & 2))
		q->refused = false;
}

static void take_async_pf_outside(struct kvm_request *q)
{
	kvm_honest.check(q);
	if (q->number == NUMBER(ASYNC_PF_EN) && !(q->value & 0x30))
		q->refused = false;
}

static void refuse_poll_0(struct kvm_request *q)
{
	kvm_honest.check(q);
	q->refused |= q->number == NUMBER(POLL_CONTROL) && !q->value;
}

/* .arg is the MSR. */
static void refuse_outside(struct kvm_request *q)
{
	kvm_honest.check(q);
	q->refused |= q->number == kvm_on->arg && q->value & KVM_MSR_ENABLED &&
		      !guest_bytes(q->vcpu->memory, q->value & ~KVM_MSR_ENABLED, 32);
}

static void refuse_old_vectors(struct kvm_request *q)
{
	kvm_honest.check(q);
	q->refused |= q->number == NUMBER(ASYNC_PF_INT) && q->value < 0x20;
}

const struct kvm_row kvm_check_faults[] = {
	{ROW("steal-bit-1", "KS1", check, take_steal, "bit 1 of steal time's MSR is accepted"),
	 .arg = 2},
	{ROW("steal-bit-5", "KS1", check, take_steal, "bit 5 of steal time's MSR is accepted"),
	 .arg = 32},
	{ROW("time-outside", "KT12", check, refuse_outside, "a clock outside of memory is a #GP"),
	 .arg = NUMBER(SYSTEM_TIME)},
	{ROW("eoi-bit-1", "KE1", check, take_eoi, "bit 1 of PV EOI's MSR is accepted"), .arg = 2},
	{ROW("eoi-outside", "KE1", check, take_eoi_outside,
	     "PV EOI's word outside of memory is accepted")},
	{ROW("poll-bit-1", "KP1", check, take_poll, "bit 1 of poll control is accepted"), .arg = 2},
	{ROW("poll-bit-63", "KP1", check, take_poll, "bit 63 of poll control is accepted"),
	 .arg = BIT(63)},
	{ROW("poll-refuses-0", "KP1", check, refuse_poll_0, "poll control does not take 0")},
	{.fault.name = NULL},
};

static void read_ack_as_1(struct kvm_request *q)
{
	kvm_honest.read_msr(q);
	q->value |= q->number == NUMBER(ASYNC_PF_ACK);
}

/* Bit 3 is accepted all the same. */
static void hide_async_pf_int(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	q->answer->eax &= (uint32_t)~BIT(KVM_FEATURE_ASYNC_PF_INT);
}

static void claim_no_async_pf_int(struct kvm_request *q)
{
	kvm_honest.claim(q);
	q->claimed &= q->number != NUMBER(ASYNC_PF_INT) && q->number != NUMBER(ASYNC_PF_ACK);
}

/* With several vCPUs. */
const struct kvm_row kvm_vcpu_check_faults[] = {
	{ROW("apf-bit-4", "KF1", check, take_async_pf,
	     "bit 4 of asynchronous page faults' MSR is accepted"),
	 .arg = 16},
	{ROW("apf-bit-5", "KF1", check, take_async_pf,
	     "bit 5 of asynchronous page faults' MSR is accepted"),
	 .arg = 32},
	{ROW("apf-outside", "KF2", check, take_async_pf_outside,
	     "asynchronous page faults' area outside of memory is accepted")},
	{ROW("apf-not-gated", "KF1", show_features, hide_async_pf_int,
	     "bit 3 of asynchronous page faults' MSR is accepted without its feature"),
	 AND_AT(claim, claim_no_async_pf_int)},
	{ROW("apf-vector-8", "KF3", check, take_vector,
	     "bit 8 of asynchronous page faults' vector is accepted"),
	 .arg = BIT(8)},
	{ROW("apf-vector-32", "KF3", check, take_vector,
	     "bit 32 of asynchronous page faults' vector is accepted"),
	 .arg = BIT(32)},
	{ROW("apf-vector-low", "KF3", check, refuse_old_vectors,
	     "vectors below 32 are refused for asynchronous page faults")},
	{ROW("apf-ack-1", "KF3", read_msr, read_ack_as_1,
	     "the acknowledgement of asynchronous page faults reads as 1")},
	{.fault.name = NULL},
};
