/* SPDX-License-Identifier: GPL-2.0-only */
#include "para_faults.h"

#include <stddef.h>

#include "lib/string.h"
#include "para_host.h"
#include "vcpus.h"

/* Whether the guest maps the page at @gpa writable somewhere in its first 4 MiB. */
static bool guest_may_write(struct vcpu *vcpu, uint64_t gpa)
{
	vcpu_sync(vcpu);
	for (uint64_t va = 0; va < UINT64_C(0x400000); va += PAGE_SIZE) {
		bool writable;
		uint64_t page;

		if (guest_translate(vcpu->memory, vcpu->slow.cr3, va, &page, &writable) &&
		    writable && page == (gpa & ~UINT64_C(0xfff)))
			return true;
	}
	return false;
}

uint64_t fault_site(struct vcpu *vcpu, uint64_t gpa)
{
	uint64_t other;
	bool writable;

	if (faulty(FAULT_VIRTUAL_PATCH)) {
		vcpu_sync(vcpu);
		return guest_translate(vcpu->memory, vcpu->slow.cr3, gpa, &other, &writable)
			       ? other
			       : UINT64_MAX;
	}
	if (faulty(FAULT_ALIGNED_SITES))
		return gpa & ~UINT64_C(7);
	if (faulty(FAULT_RESPECT_RO) && !guest_may_write(vcpu, gpa))
		return UINT64_MAX;
	return gpa;
}

void fault_page(struct vcpu *vcpu, struct kvm_vcpu_para_state *state, uint64_t gpa)
{
	uint8_t *page = (uint8_t *)state;

	if (faulty(FAULT_RET_64))
		memset(&state->hypercall_gpa, state->ret ? 0xff : 0, 4);
	if (faulty(FAULT_SIZE_WRITTEN))
		state->size = 24;
	if (faulty(FAULT_GUEST_VERSION_WRITTEN))
		state->guest_version = KVM_PARA_API_VERSION;
	if (faulty(FAULT_REST_WRITTEN))
		memset(page + 24, 0, 40);
	if (faulty(FAULT_NEXT_PAGE))
		guest_write(vcpu->memory, gpa + PAGE_SIZE, &(uint8_t){0}, 1);
}

static bool within(enum fault first, enum fault last)
{
	return config.fault >= first && config.fault <= last;
}

static void swap_with_next(uint64_t *arg)
{
	uint64_t kept = arg[0];

	arg[0] = arg[1];
	arg[1] = kept;
}

static void break_arguments(uint64_t args[6])
{
	if (within(FAULT_SWAP_12, FAULT_SWAP_56))
		swap_with_next(&args[config.fault - FAULT_SWAP_12]);
	if (within(FAULT_DROP_RDI, FAULT_DROP_R9))
		args[config.fault - FAULT_DROP_RDI] = 0;
	if (within(FAULT_CUT_RDI, FAULT_CUT_R9))
		args[config.fault - FAULT_CUT_RDI] &= UINT32_MAX;
}

static void break_arguments32(const struct gprs *r, uint64_t args[6])
{
	if (within(FAULT_SWAP32_12, FAULT_SWAP32_56))
		swap_with_next(&args[config.fault - FAULT_SWAP32_12]);
	if (within(FAULT_DROP_EAX, FAULT_DROP_EBP))
		args[config.fault - FAULT_DROP_EAX] = 0;
	if (faulty(FAULT_STALE_UPPER)) {
		args[3] = r->rsi;
		args[4] = r->rdi;
		args[5] = r->rbp;
	}
}

/* Long enough for other vCPUs to come to the same place. */
static void linger(void)
{
	for (unsigned i = 0; i < 100; i++)
		__builtin_ia32_pause();
}

static uint64_t refuser = UINT64_MAX; /* the vCPU whose registration was refused last */

void fault_others(const struct vcpu *vcpu, const struct kvm_vcpu_para_state *state)
{
	refuser = state->ret ? vcpu->id : UINT64_MAX;
	for (unsigned id = 0; faulty(FAULT_ALL_PAGES) && id < vcpu_count(); id++) {
		uint64_t gpa = vcpu_by(id)->para_gpa;

		if (gpa)
			guest_write(vcpu->memory, gpa + offsetof(struct kvm_vcpu_para_state, ret),
				    &state->ret, sizeof(state->ret));
	}
}

static bool registering;

bool fault_begin_registration(void)
{
	return !faulty(FAULT_LOST_REGISTRATION) ||
	       !__atomic_exchange_n(&registering, true, __ATOMIC_ACQUIRE);
}

void fault_end_registration(void)
{
	if (!faulty(FAULT_LOST_REGISTRATION))
		return;
	linger();
	__atomic_store_n(&registering, false, __ATOMIC_RELEASE);
}

void fault_site_seen(struct vcpu *vcpu)
{
	uint64_t gpa;
	bool writable;

	if (!faulty(FAULT_OWN_PATCHES) || !vcpu->id)
		return;
	vcpu_sync(vcpu);
	if (vcpu_translate(vcpu, vcpu->rip - CALL_LENGTH, &gpa, &writable) && gpa == vcpu->site)
		return;
	vcpu->rip -= CALL_LENGTH;
	vcpu_inject_ud(vcpu);
}

/* What one vCPU leaves there, another one may find. */
static void share(enum fault fault, void *value, unsigned size)
{
	static uint64_t memory[6];

	if (!faulty(fault))
		return;
	memcpy(memory, value, size);
	linger();
	memcpy(value, memory, size);
}

void fault_arguments(struct vcpu *vcpu, struct hypercall *call)
{
	share(FAULT_SHARED_ARGS, call->args, sizeof(call->args));
	share(FAULT_SHARED_RBX, &vcpu->regs.rbx, sizeof(vcpu->regs.rbx));
	if (call->long_mode)
		break_arguments(call->args);
	else
		break_arguments32(&vcpu->regs, call->args);
}

/* Whether a 32-bit call comes from a mode that the host gets wrong. */
static bool wrong_mode(struct vcpu *vcpu)
{
	if (!faulty(FAULT_PAGED_32) && !faulty(FAULT_PAE_32))
		return false;
	vcpu_sync(vcpu);
	return vcpu->slow.cr0 & CR0_PG && (faulty(FAULT_PAGED_32) || vcpu->slow.cr4 & CR4_PAE);
}

uint64_t fault_result(struct vcpu *vcpu, const struct hypercall *call, uint64_t result)
{
	static unsigned calls;
	const uint64_t rax = vcpu->regs.rax;
	const uint64_t index = call->index;
	const bool einval = (uint32_t)result == (uint32_t)-KVM_EINVAL;

	calls++;
	share(FAULT_SHARED_RESULT, &result, sizeof(result));
	if ((faulty(FAULT_VCPU0_CALLS) && vcpu->id) ||
	    (faulty(FAULT_REFUSAL_SHARED) && refuser != UINT64_MAX && refuser != vcpu->id))
		return 0;
	if (faulty(FAULT_RAX_LOW))
		return (rax & ~UINT64_C(0xffffffff)) | (uint32_t)result;
	if (faulty(FAULT_RAX_KEPT))
		return rax;
	if (faulty(FAULT_RESULT_POSITIVE) && einval)
		return KVM_EINVAL;
	if ((faulty(FAULT_RESULT_32) && einval && !call->long_mode) ||
	    (!call->long_mode && wrong_mode(vcpu)) || (faulty(FAULT_INDEX_1) && index == 1) ||
	    (faulty(FAULT_INDEX_TRUNCATED) && index && !(uint32_t)index) ||
	    (faulty(FAULT_NTH_CALL) && calls % 1000 == 0))
		return 0;
	return result;
}

/* Whether the guest's next bytes are @code. */
static bool next_is(struct vcpu *vcpu, const uint8_t *code, unsigned length)
{
	uint64_t gpa;
	bool writable;
	const void *next;

	vcpu_sync(vcpu);
	if (!guest_translate(vcpu->memory, vcpu->slow.cr3, vcpu->rip, &gpa, &writable))
		return false;
	next = guest_bytes(vcpu->memory, gpa, length);
	return next && !memcmp(next, code, length);
}

uint32_t fault_exceptions(void)
{
	if (faulty(FAULT_BOTH_VENDORS))
		return (uint32_t)BIT(VECTOR_UD);
	if (faulty(FAULT_CPL3_WRMSR))
		return (uint32_t)BIT(VECTOR_GP);
	return 0;
}

bool para_exception(struct vcpu *vcpu)
{
	static const uint8_t wrmsr[2] = {0x0f, 0x30};
	const uint8_t *ours = vcpu->vendor->call_instruction;
	const uint8_t other[3] = {ours[0], ours[1], ours[2] ^ 0xc1 ^ 0xd9};
	const struct gprs *r = &vcpu->regs;

	if (faulty(FAULT_BOTH_VENDORS) && next_is(vcpu, other, sizeof(other))) {
		para_hypercall(vcpu);
		vcpu->rip += sizeof(other);
		return true;
	}
	if (faulty(FAULT_CPL3_WRMSR) && (uint32_t)r->rcx == MSR_KVM_API_MAGIC &&
	    next_is(vcpu, wrmsr, sizeof(wrmsr))) {
		if (para_wrmsr(vcpu, MSR_KVM_API_MAGIC, (uint32_t)r->rax | r->rdx << 32))
			vcpu->rip += sizeof(wrmsr);
		return true;
	}
	return false;
}
