/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of the state page and of registers that show only later, or only in one kind of
 * registration: rules S4, S5, S9 and V2.
 */
#include "host/config.h"
#include "host/kvm2007/faults.h"
#include "lib/string.h"
#include "x86/insn.h"

/* ---- the state page ---- */

/* The page that this vCPU registered last; NULL: none. */
static struct kvm_vcpu_para_state *registered_page(const struct vcpu *vcpu)
{
	const uint64_t gpa = vcpu->para_state_gpa;

	return gpa ? guest_bytes(vcpu->memory, gpa, PAGE_SIZE) : NULL;
}

/* What a registration that was accepted left there already. */
static void clear_ret_by_call(struct request *q)
{
	struct kvm_vcpu_para_state *page = registered_page(q->vcpu);

	kvm2007_honest.give_result(q);
	if (page)
		page->ret = 0;
}

static void write_ret_by_call32(struct request *q)
{
	struct kvm_vcpu_para_state *page = registered_page(q->vcpu);

	kvm2007_honest.give_result(q);
	if (page && !q->long_mode)
		page->ret = (uint32_t)q->result;
}

static void clear_bytes_24(struct vcpu *vcpu)
{
	uint8_t *page = (uint8_t *)registered_page(vcpu);

	if (page)
		memset(page + 24, 0, 4);
}

static void copy_to_earlier_page(struct request *q)
{
	struct kvm_vcpu_para_state *earlier = registered_page(q->vcpu);

	if (earlier && earlier != q->page && !q->refused)
		memcpy(earlier, q->page, PAGE_SIZE);
	kvm2007_honest.record(q);
}

static void write_byte_3000(struct request *q)
{
	kvm2007_honest.write_code(q);
	if (q->site / PAGE_SIZE == q->gpa / PAGE_SIZE)
		((uint8_t *)q->page)[3000]++;
}

static void write_byte_2000_of_page_0(struct request *q)
{
	kvm2007_honest.write_ret(q);
	if (!q->gpa)
		((uint8_t *)q->page)[2000]++;
}

static bool refused_for_site(const struct request *q)
{
	return q->refused && q->page->guest_version <= config.api_version;
}

static void write_byte_100_if_site_is_bad(struct request *q)
{
	kvm2007_honest.write_ret(q);
	((uint8_t *)q->page)[100] += refused_for_site(q);
}

static void reject_and_write(struct request *q)
{
	const uint64_t at = (q->gpa & ~UINT64_C(0xfff)) + 24;

	kvm2007_honest.reject(q);
	guest_write(q->vcpu->memory, at, &(uint32_t){0}, 4);
}

static void write_next_version_if_refused(struct request *q)
{
	kvm2007_honest.write_version(q);
	q->page->host_version += q->refused;
}

/* Ports that the guest has for itself don't exit. */
static const struct hooks exit_hooks = {.io = clear_bytes_24};

const struct row kvm2007_late_faults[] = {
	{ROW("ret-cleared", "S4", give_result, clear_ret_by_call, "a call sets ret to 0")},
	{ROW("call32-ret", "S4", give_result, write_ret_by_call32, "a 32-bit call writes ret")},
	{{"exit-byte-24", "S4", "an I/O exit writes bytes 24 to 27 of the page"},
	 .hooks = &exit_hooks},
	{ROW("earlier-copy", "S4", record, copy_to_earlier_page,
	     "a registration is copied to the page before it")},
	{ROW("byte-3000", "S4", write_code, write_byte_3000,
	     "a state page that holds its site is written at byte 3000")},
	{ROW("page-zero-rest", "S4", write_ret, write_byte_2000_of_page_0,
	     "page 0 as a state page is written at byte 2000")},
	{ROW("bad-site-rest", "S4", write_ret, write_byte_100_if_site_is_bad,
	     "a refusal for the site writes byte 100 of the page")},
	{ROW("gp-page", "S5", reject, reject_and_write,
	     "a misaligned gpa's page is written at byte 24")},
	{ROW("refusal-version", "V2", write_version, write_next_version_if_refused,
	     "a refusal has another host_version")},
	{.fault.name = NULL},
};

/* ---- registers; .arg is a flag's bit ---- */

static void set_flag_by_wrmsr(struct request *q)
{
	kvm2007_honest.answer(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.rflags |= kvm2007_on->arg;
}

static void flip_flag_by_rdmsr(struct request *q)
{
	kvm2007_honest.read_msr(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.rflags ^= kvm2007_on->arg;
}

static void clobber_rsi_if_site_is_bad(struct request *q)
{
	kvm2007_honest.write_ret(q);
	q->vcpu->regs.rsi ^= refused_for_site(q);
}

static void clobber_ebx_in_legacy_mode(struct request *q)
{
	kvm2007_honest.answer(q);
	q->vcpu->regs.rbx ^= !(q->vcpu->efer & EFER_LME);
}

static void reject_and_clobber_cr2(struct request *q)
{
	kvm2007_honest.reject(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.cr2 ^= BIT(12);
}

static void reject_and_flip_flag(struct request *q)
{
	kvm2007_honest.reject(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.rflags ^= kvm2007_on->arg;
}

static void reject_and_clear_xmm0(struct request *q)
{
	kvm2007_honest.reject(q);
	__asm__ volatile("pxor %%xmm0, %%xmm0" : :);
}

const struct row kvm2007_register_faults[] = {
	{ROW("wrmsr-sets-of", "S9", answer, set_flag_by_wrmsr, "WRMSR of the magic sets OF"),
	 .arg = RFLAGS_OF},
	{ROW("rdmsr-zf", "S9", read_msr, flip_flag_by_rdmsr, "RDMSR of the magic flips ZF"),
	 .arg = RFLAGS_ZF},
	{ROW("bad-site-rsi", "S9", write_ret, clobber_rsi_if_site_is_bad,
	     "a refusal for the site changes RSI")},
	{ROW("wrmsr32-ebx", "S9", answer, clobber_ebx_in_legacy_mode,
	     "a registration from legacy mode changes EBX")},
	{ROW("gp-cr2", "S5", reject, reject_and_clobber_cr2,
	     "a bad gpa's #GP comes with CR2 changed")},
	{ROW("gp-sf", "S5", reject, reject_and_flip_flag, "a bad gpa's #GP comes with SF flipped"),
	 .arg = RFLAGS_SF},
	{ROW("gp-xmm0", "S5", reject, reject_and_clear_xmm0,
	     "a bad gpa's #GP comes with XMM0 cleared")},
	{.fault.name = NULL},
};
