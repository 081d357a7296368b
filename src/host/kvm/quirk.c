/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules KC7 and KC8, for quirk=on: the other vendor's call instruction is a #UD, at which the host
 * writes the CPU's own one there, and the guest executes that.
 */
#include "host/kvm/policy.h"

#include "lib/string.h"

#define PF_PRESENT BIT(0)
#define PF_WRITE   BIT(1)

static uint8_t own[CALL_LENGTH];

void kvm_set_instruction(const uint8_t instruction[CALL_LENGTH])
{
	memcpy(own, instruction, sizeof(own));
}

/* VMCALL and VMMCALL differ in the last byte. */
static bool is_others(const struct vcpu *vcpu)
{
	const uint8_t other = own[2] ^ 0xc1 ^ 0xd9;
	uint8_t code[CALL_LENGTH];

	return guest_fetch(vcpu, code, sizeof(code)) == sizeof(code) && code[0] == own[0] &&
	       code[1] == own[1] && code[2] == other;
}

bool kvm_undefined_opcode(struct vcpu *vcpu)
{
	struct kvm_request q;

	if (vcpu->exit.event.vector != VECTOR_UD || vcpu->slow.cpl || !is_others(vcpu))
		return false;
	kvm_begin(&q, vcpu);
	kvm_steps.make_code(&q);
	kvm_steps.find_site(&q);
	kvm_steps.patch(&q);
	return true;
}

/* KC1, KC7: what the CPU understands. */
void kvm_make_code(struct kvm_request *q)
{
	memcpy(q->code, own, sizeof(own));
}

/* KC8: by the guest's page tables, byte for byte: it may be in two pages. */
void kvm_find_site(struct kvm_request *q)
{
	const struct vcpu *vcpu = q->vcpu;

	q->may_write = true;
	for (unsigned i = 0; q->may_write && i < CALL_LENGTH; i++) {
		uint64_t va = vcpu->rip + i;
		bool writable;

		if (vcpu->slow.code_bits != 64)
			va = (uint32_t)(va + vcpu->slow.cs_base);
		q->forbidden_at = va;
		q->may_write = vcpu_translate(vcpu, va, &q->site[i], &writable) &&
			       (writable || !(vcpu->slow.cr0 & CR0_WP));
	}
}

/*
 * KC7: all of it, and RIP stays there.  KC8: or a page fault by a write.  (The page is there, since
 * the guest fetched from it.)
 */
void kvm_patch(struct kvm_request *q)
{
	struct vcpu *vcpu = q->vcpu;

	for (unsigned i = 0; q->may_write && i < CALL_LENGTH; i++)
		guest_write(vcpu->memory, q->site[i], &q->code[i], 1);
	if (q->may_write)
		return;
	vcpu->slow.cr2 = q->forbidden_at;
	vcpu->event = (struct vcpu_event){.pending = true,
					  .has_error = true,
					  .vector = VECTOR_PF,
					  .error = (uint32_t)(PF_PRESENT | PF_WRITE)};
}
