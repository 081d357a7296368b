/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of discovery: rules KD. */
#include "host/kvm/faults.h"
#include "x86/insn.h"

static void spoil_signature(struct kvm_request *q)
{
	kvm_honest.show_signature(q);
	q->answer->edx |= (uint32_t)kvm_on->arg;
}

static void show_base_as_last(struct kvm_request *q)
{
	kvm_honest.show_signature(q);
	q->answer->eax = q->leaf;
}

/* As QEMU did: with the signature elsewhere, the features stay. */
static void move_signature_only(struct kvm_request *q)
{
	const uint32_t base = KVM_CPUID_SIGNATURE;

	q->from_base = q->leaf == base + KVM_CPUID_BASE_STEP  ? 0
		       : q->leaf == base + KVM_CPUID_FEATURES ? KVM_CPUID_FEATURES
							      : UINT32_MAX;
}

/* There is another interface's block at the old place. */
static void show_two_blocks(struct kvm_request *q)
{
	kvm_honest.answer(q);
	if (q->leaf % KVM_CPUID_BASE_STEP == 0)
		q->answer->eax = q->leaf + KVM_CPUID_FEATURES;
}

static void show_ebx(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	q->answer->ebx = 1;
}

static void show_ecx(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	q->answer->ecx = UINT32_MAX;
}

static void show_hint(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	q->answer->edx = (uint32_t)BIT(1);
}

/* .arg is the bit. */
static void flip_feature(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	q->answer->eax ^= (uint32_t)BIT(kvm_on->arg);
}

static void hide_hypervisor(struct kvm_request *q)
{
	q->answer->ecx &= (uint32_t)~BIT(KVM_HYPERVISOR_BIT); /* the machine may have one, too */
}

static void show_by_subleaf(struct kvm_request *q)
{
	if (!q->subleaf)
		kvm_honest.show_features(q);
}

static unsigned shown; /* shared: by all vCPUs */

static void lose_bit_at_times(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	if (__atomic_add_fetch(&shown, 1, __ATOMIC_RELAXED) % 3 == 0)
		q->answer->eax &= (uint32_t)~BIT(KVM_FEATURE_STEAL_TIME);
}

static void change_rsi(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	q->vcpu->regs.rsi ^= 1;
}

const struct kvm_row kvm_cpuid_faults[] = {
	{ROW("cpuid-spaces", "KD1", show_signature, spoil_signature,
	     "the signature ends with spaces"),
	 .arg = 0x20202000},
	{ROW("cpuid-signature", "KD1", show_signature, spoil_signature,
	     "one letter of the signature is another one"),
	 .arg = 2},
	{ROW("cpuid-features-stay", "KD1", place, move_signature_only,
	     "the signature is at 0x40000100, the features are not"),
	 AND_AT(answer, show_two_blocks)},
	{ROW("cpuid-max-leaf", "KD2", show_signature, show_base_as_last,
	     "the last leaf is said to be that of the signature")},
	{ROW("cpuid-ebx", "KD3", show_features, show_ebx, "EBX of the features is 1")},
	{ROW("cpuid-ecx", "KD3", show_features, show_ecx, "ECX of the features is not 0")},
	{ROW("cpuid-hint", "KD3", show_features, show_hint, "a hint that is not assigned")},
	{ROW("cpuid-bit-8", "KD3", show_features, flip_feature,
	     "a feature that is not assigned, bit 8"),
	 .arg = 8},
	{ROW("cpuid-bit-31", "KD3", show_features, flip_feature,
	     "a feature that is not assigned, bit 31"),
	 .arg = 31},
	{ROW("cpuid-no-hypervisor", "KD4", show_hypervisor, hide_hypervisor,
	     "CPUID does not say that there is a hypervisor")},
	{ROW("cpuid-subleaf", "KD4", show_features, show_by_subleaf,
	     "the features are there only for ECX = 0")},
	{ROW("cpuid-unstable", "KD4", show_features, lose_bit_at_times,
	     "each third time a feature is missing")},
	{ROW("cpuid-rsi", "KD5", show_features, change_rsi, "CPUID changes RSI")},
	{.fault.name = NULL},
};
