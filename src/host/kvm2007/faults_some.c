/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that only some calls or some registrations show, or only a look elsewhere: rules C2, C3,
 * C32.2, S2, S4, S9, S10, V2.
 */
#include "host/kvm2007/faults.h"
#include "lib/string.h"
#include "x86/defs.h"
#include "x86/insn.h"

/* ---- some calls ---- */

static void clobber_rbx_if(struct request *q, bool wrong)
{
	kvm2007_honest.give_result(q);
	if (wrong)
		q->vcpu->regs.rbx ^= BIT(20);
}

static void clobber_if_index(struct request *q)
{
	clobber_rbx_if(q, q->index);
}

static void clobber_if_echo(struct request *q)
{
	clobber_rbx_if(q, kvm2007_is_echo(q));
}

/* The world switch leaves the guest's values in XMM registers. */
static void clear_xmm15_if_echo(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (kvm2007_is_echo(q))
		__asm__ volatile("pxor %%xmm15, %%xmm15" : :);
}

static void clear_args_if_echo(struct request *q)
{
	struct gprs *r = &q->vcpu->regs;

	kvm2007_honest.give_result(q);
	if (kvm2007_is_echo(q) && q->long_mode)
		r->rdi = r->rsi = r->rdx = r->rcx = r->r8 = r->r9 = 0;
}

static unsigned nth; /* shared: calls of all vCPUs */

static void clobber_each_50th(struct request *q)
{
	clobber_rbx_if(q, __atomic_add_fetch(&nth, 1, __ATOMIC_RELAXED) % 50 == 0);
}

static void clobber_at_page_end(struct request *q)
{
	clobber_rbx_if(q, q->vcpu->rip % PAGE_SIZE == PAGE_SIZE - 1);
}

static void clobber_at_page_start(struct request *q)
{
	clobber_rbx_if(q, q->vcpu->rip % PAGE_SIZE == CALL_LENGTH);
}

static void clobber_under_pae(struct request *q)
{
	vcpu_sync(q->vcpu);
	clobber_rbx_if(q, q->index && !q->long_mode && q->vcpu->slow.cr4 & CR4_PAE &&
				  q->vcpu->slow.cr0 & CR0_PG);
}

/* Indices of one magnitude; .arg is the number of their highest bit. */
static void answer_magnitude(struct request *q)
{
	if (q->index >> kvm2007_on->arg == 1 && !kvm2007_is_echo(q))
		q->result = 0;
	kvm2007_honest.give_result(q);
}

/* Each mode's calls are counted for themselves; .arg is the mode: 0 is 64-bit mode. */
static unsigned mode_of(struct request *q)
{
	vcpu_sync(q->vcpu);
	if (q->long_mode)
		return 0;
	if (!(q->vcpu->slow.cr0 & CR0_PG))
		return 1;
	return q->vcpu->slow.cr4 & CR4_PAE ? 3 : 2;
}

static unsigned nth_of_mode; /* shared: calls of all vCPUs */

static void clobber_each_50th_of_mode(struct request *q)
{
	clobber_rbx_if(q, mode_of(q) == kvm2007_on->arg &&
				  __atomic_add_fetch(&nth_of_mode, 1, __ATOMIC_RELAXED) % 50 == 0);
}

const struct row kvm2007_some_call_faults[] = {
	{ROW("some-index", "C2", give_result, clobber_if_index,
	     "RBX is clobbered for every index but 0")},
	{ROW("echo-rbx", "C2", give_result, clobber_if_echo, "RBX is clobbered by handled calls")},
	{ROW("echo-xmm15", "C2", give_result, clear_xmm15_if_echo,
	     "XMM15 is cleared by handled calls")},
	{ROW("echo-args", "C2", give_result, clear_args_if_echo,
	     "handled calls clear the argument registers")},
	{ROW("some-50th", "C2", give_result, clobber_each_50th, "every 50th call clobbers RBX")},
	{ROW("some-page-end", "C2", give_result, clobber_at_page_end,
	     "RBX is clobbered through sites at a page's end")},
	{ROW("some-page-start", "C2", give_result, clobber_at_page_start,
	     "RBX is clobbered through sites at a page's start")},
	{ROW("some-pae", "C32.2", give_result, clobber_under_pae,
	     "EBX is clobbered under PAE paging, not for index 0")},
	{ROW("index-1024", "C3", give_result, answer_magnitude,
	     "indices 1024 to 2047 are taken for calls that there are"),
	 .arg = 10},
	{ROW("index-2", "C3", give_result, answer_magnitude, "indices 2 and 3 are taken for calls"),
	 .arg = 1},
	{ROW("index-bit16", "C3", give_result, answer_magnitude,
	     "indices 2^16 to 2^17-1 are taken for calls"),
	 .arg = 16},
	{ROW("index-bit29", "C3", give_result, answer_magnitude,
	     "indices 2^29 to 2^30-1 are taken for calls"),
	 .arg = 29},
	{ROW("index-bit30", "C3", give_result, answer_magnitude,
	     "indices 2^30 to 2^31-1 are taken for calls"),
	 .arg = 30},
	{ROW("64-50th", "C2", give_result, clobber_each_50th_of_mode,
	     "every 50th call from 64-bit mode clobbers RBX"),
	 .arg = 0},
	{ROW("unpaged-50th", "C32.2", give_result, clobber_each_50th_of_mode,
	     "every 50th call without paging clobbers EBX"),
	 .arg = 1},
	{ROW("paged-50th", "C32.2", give_result, clobber_each_50th_of_mode,
	     "every 50th call under 32-bit paging clobbers EBX"),
	 .arg = 2},
	{ROW("pae-50th", "C32.2", give_result, clobber_each_50th_of_mode,
	     "every 50th call under PAE paging clobbers EBX"),
	 .arg = 3},
	{.fault.name = NULL},
};

/* ---- the state page, later ---- */

static void write_after_call(struct request *q, unsigned offset)
{
	kvm2007_honest.give_result(q);
	if (q->vcpu->para_state_gpa)
		guest_write(q->vcpu->memory, q->vcpu->para_state_gpa + offset, "\x5a\x5a\x5a\x5a",
			    4);
}

static void write_ret_after_call(struct request *q)
{
	write_after_call(q, offsetof(struct kvm_vcpu_para_state, ret));
}

static void write_ret_after_echo(struct request *q)
{
	if (kvm2007_is_echo(q))
		write_ret_after_call(q);
	else
		kvm2007_honest.give_result(q);
}

static void write_rest_after_call(struct request *q)
{
	write_after_call(q, 24);
}

/* Its page, before another one is registered. */
static void write_earlier_page(struct request *q)
{
	const uint64_t earlier = q->vcpu->para_state_gpa;

	kvm2007_honest.answer(q);
	if (earlier && earlier != q->gpa)
		guest_write(q->vcpu->memory, earlier + offsetof(struct kvm_vcpu_para_state, ret),
			    "\x5a", 1);
}

static void write_rest_on_refusal(struct request *q)
{
	kvm2007_honest.answer(q);
	if (q->refused)
		((uint8_t *)q->page)[3000] ^= 1;
}

/* Without a version if the site is outside memory. */
static void skip_version_of_bad_site(struct request *q)
{
	uint8_t byte;

	if (guest_read(q->vcpu->memory, q->site, &byte, 1))
		kvm2007_honest.write_version(q);
}

const struct row kvm2007_later_faults[] = {
	{ROW("ret-after-call", "S4", give_result, write_ret_after_call, "a call writes ret")},
	{ROW("ret-after-echo", "S4", give_result, write_ret_after_echo,
	     "a call that is handled writes ret")},
	{ROW("rest-after-call", "S4", give_result, write_rest_after_call,
	     "a call writes after the page's head")},
	{ROW("earlier-page", "S4", answer, write_earlier_page,
	     "a registration writes to the page of the one before")},
	{ROW("refusal-rest", "S4", answer, write_rest_on_refusal,
	     "a refusal writes a byte of the rest of the page")},
	{ROW("bad-site-version", "S2", write_version, skip_version_of_bad_site,
	     "host_version is not written if the site is outside memory")},
	{.fault.name = NULL},
};

/* ---- registers of RDMSR and WRMSR; other memory; versions ---- */

static void clobber_cf_of_wrmsr(struct request *q)
{
	kvm2007_honest.answer(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.rflags ^= RFLAGS_CF;
}

static void clobber_cr2_of_wrmsr(struct request *q)
{
	kvm2007_honest.answer(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.cr2 ^= BIT(12);
}

static void clobber_xmm0_of_wrmsr(struct request *q)
{
	kvm2007_honest.answer(q);
	__asm__ volatile("pxor %%xmm0, %%xmm0" : :);
}

static void clobber_r11_of_refusal(struct request *q)
{
	kvm2007_honest.answer(q);
	q->vcpu->regs.r11 ^= q->refused;
}

static void clobber_dr3_of_rdmsr(struct request *q)
{
	kvm2007_honest.read_msr(q);
	WRITE_REG(dr3, 0);
}

/* Its first code, which it needs no more; never twice the same in a run. */
static void write_image(struct request *q)
{
	uint8_t byte = 0;

	kvm2007_honest.answer(q);
	guest_read(q->vcpu->memory, q->vcpu->entry, &byte, 1);
	byte++;
	guest_write(q->vcpu->memory, q->vcpu->entry, &byte, 1);
}

static void refuse_equal_version(struct request *q)
{
	q->refused |= q->page->guest_version >= KVM2007_API_VERSION + 1;
}

static void write_version_2(struct request *q)
{
	q->page->host_version = KVM2007_API_VERSION + 1;
}

static void accept_one_more(struct request *q)
{
	q->refused |= q->page->guest_version > KVM2007_API_VERSION + 1;
}

const struct row kvm2007_else_faults[] = {
	{ROW("wrmsr-cf", "S9", answer, clobber_cf_of_wrmsr, "WRMSR of the magic flips CF")},
	{ROW("wrmsr-cr2", "S9", answer, clobber_cr2_of_wrmsr, "WRMSR of the magic changes CR2")},
	{ROW("wrmsr-xmm0", "S9", answer, clobber_xmm0_of_wrmsr, "WRMSR of the magic clears XMM0")},
	{ROW("refusal-r11", "S9", answer, clobber_r11_of_refusal, "a refusal changes R11")},
	{ROW("rdmsr-dr3", "S9", read_msr, clobber_dr3_of_rdmsr, "RDMSR of the magic clears DR3")},
	{ROW("image-written", "S10", answer, write_image, "a byte of the guest's image changes")},
	{ROW("version-2-equal", "V2", check_version, refuse_equal_version,
	     "a host of version 2 refuses a guest of version 2"),
	 AND_AT(write_version, write_version_2)},
	{ROW("version-1-more", "V1", check_version, accept_one_more,
	     "a guest that is one version newer is accepted")},
	{.fault.name = NULL},
};
