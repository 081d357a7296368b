/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of one vCPU of several, vCPU 1. */
#include "host/kvm2007/faults.h"
#include "x86/defs.h"

static bool by_vcpu1(const struct request *q)
{
	return q->vcpu->id == 1;
}

static void write_next_version(struct request *q)
{
	kvm2007_honest.write_version(q);
	q->page->host_version += by_vcpu1(q);
}

static void clobber_r12(struct request *q)
{
	kvm2007_honest.registration(q);
	q->vcpu->regs.r12 ^= by_vcpu1(q);
}

/* The guest's first instruction, which it needs no more. */
static void write_text(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (by_vcpu1(q))
		guest_write(q->vcpu->memory, q->vcpu->entry, "\xeb", 1);
}

static void write_own_ret_by_call(struct request *q)
{
	const uint64_t at = q->vcpu->para_state_gpa + offsetof(struct kvm_vcpu_para_state, ret);

	kvm2007_honest.give_result(q);
	if (by_vcpu1(q) && q->vcpu->para_state_gpa)
		guest_write(q->vcpu->memory, at, &(uint32_t){0}, 4);
}

static void clear_xmm7(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (by_vcpu1(q))
		__asm__ volatile("pxor %%xmm7, %%xmm7" : :);
}

static void clear_cf(struct request *q)
{
	kvm2007_honest.give_result(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.rflags &= by_vcpu1(q) ? ~RFLAGS_CF : UINT64_MAX;
}

static void clobber_rbx_unless_index_0(struct request *q)
{
	kvm2007_honest.give_result(q);
	q->vcpu->regs.rbx ^= by_vcpu1(q) && q->index;
}

static void clobber_ebx_of_call32(struct request *q)
{
	kvm2007_honest.give_result(q);
	q->vcpu->regs.rbx ^= by_vcpu1(q) && !q->long_mode;
}

static void ignore_legacy_registration(struct request *q)
{
	if (!by_vcpu1(q) || q->vcpu->efer & EFER_LME)
		kvm2007_honest.registration(q);
}

static void clobber_r10_if_page_changes(struct request *q)
{
	const uint64_t earlier = q->vcpu->para_state_gpa;

	kvm2007_honest.answer(q);
	q->vcpu->regs.r10 ^= by_vcpu1(q) && earlier && earlier != q->gpa;
}

static void claim_neighbour(struct request *q)
{
	kvm2007_honest.claim(q);
	q->claimed |= by_vcpu1(q) && q->msr == KVM2007_MSR_API_MAGIC + 1;
}

static void clobber_rbx_behind(struct request *q)
{
	kvm2007_honest.give_result(q);
	q->vcpu->regs.rbx ^= by_vcpu1(q) && q->vcpu->rip % 4096 > 0x900;
}

static void give_zero_under_pae(struct request *q)
{
	struct vcpu *vcpu = q->vcpu;

	vcpu_sync(vcpu);
	if (by_vcpu1(q) && !q->long_mode && vcpu->slow.cr0 & CR0_PG && vcpu->slow.cr4 & CR4_PAE)
		q->result = 0;
	kvm2007_honest.give_result(q);
}

static void count_in_last_page(struct request *q)
{
	const struct guest_memory *memory = q->vcpu->memory;
	uint8_t *byte = guest_bytes(memory, memory->size - 100, 1);

	kvm2007_honest.give_result(q);
	*byte += by_vcpu1(q);
}

const struct row kvm2007_vcpu1_faults[] = {
	{ROW("vcpu1-version", "V2", write_version, write_next_version,
	     "vCPU 1 gets another host_version")},
	{ROW("vcpu1-wrmsr-r12", "S9", registration, clobber_r12,
	     "WRMSR of the magic changes R12 of vCPU 1")},
	{ROW("vcpu1-text", "S10", give_result, write_text,
	     "a call of vCPU 1 writes to the guest's code")},
	{ROW("vcpu1-call-ret", "S4", give_result, write_own_ret_by_call,
	     "a call of vCPU 1 sets ret to 0")},
	{ROW("vcpu1-xmm7", "C2", give_result, clear_xmm7, "calls of vCPU 1 clear XMM7")},
	{ROW("vcpu1-cf", "C2", give_result, clear_cf, "calls of vCPU 1 clear CF")},
	{ROW("vcpu1-some-index", "C2", give_result, clobber_rbx_unless_index_0,
	     "calls of vCPU 1 clobber RBX, except for index 0")},
	{ROW("vcpu1-call32-ebx", "C32.2", give_result, clobber_ebx_of_call32,
	     "32-bit calls of vCPU 1 clobber EBX")},
	{ROW("vcpu1-legacy", "S1", registration, ignore_legacy_registration,
	     "registrations of vCPU 1 from legacy mode are ignored")},
	{ROW("vcpu1-other-page", "S9", answer, clobber_r10_if_page_changes,
	     "a registration of another page by vCPU 1 changes R10")},
	{ROW("vcpu1-neighbour", "D3", claim, claim_neighbour,
	     "for vCPU 1 the next MSR number registers too")},
	{ROW("vcpu1-behind", "C2", give_result, clobber_rbx_behind,
	     "calls of vCPU 1 from behind byte 0x900 of a page clobber RBX")},
	{ROW("vcpu1-pae", "C32.3", give_result, give_zero_under_pae,
	     "32-bit calls of vCPU 1 under PAE paging give 0")},
	{ROW("vcpu1-last-page", "S10", give_result, count_in_last_page,
	     "calls of vCPU 1 write to the last page of memory")},
	{.fault.name = NULL},
};
