/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of registrations and of RDMSR that show only under some condition. */
#include "host/kvm2007/faults.h"
#include "lib/string.h"
#include "x86/defs.h"

static bool in_legacy_mode(const struct request *q)
{
	return !(q->vcpu->efer & EFER_LME);
}

static bool in_compatibility_mode(const struct request *q)
{
	vcpu_sync(q->vcpu);
	return q->vcpu->efer & EFER_LMA && q->vcpu->slow.code_bits != 64;
}

static uint64_t flags(const struct request *q)
{
	vcpu_sync(q->vcpu);
	return q->vcpu->slow.rflags;
}

/* As REP MOVSB does if the guest's DF is the host's, too. */
static void write_backwards_under_df(struct request *q)
{
	if (flags(q) & RFLAGS_DF) {
		q->site -= q->length - 1;
		memset(q->code + 1, 0xcc, 2);
	}
	kvm2007_honest.write_code(q);
}

static void clear_if_by_wrmsr(struct request *q)
{
	kvm2007_honest.answer(q);
	q->vcpu->slow.rflags = flags(q) & ~RFLAGS_IF;
}

static void clobber_r10_if_page_changes(struct request *q)
{
	const uint64_t earlier = q->vcpu->para_state_gpa;

	kvm2007_honest.answer(q);
	q->vcpu->regs.r10 ^= earlier && earlier != q->gpa;
}

static bool any_refused; /* shared: the last registration of any vCPU */

static void note_refusal(struct request *q)
{
	SHARED_SET(any_refused, q->refused);
	kvm2007_honest.write_ret(q);
}

static void answer_after_refusal(struct request *q)
{
	if (SHARED_GET(any_refused))
		q->result = 0;
	kvm2007_honest.give_result(q);
}

static void answer_after_zero(struct request *q)
{
	static bool registered; /* shared: some page but 0 */

	if (q->vcpu->para_state_gpa)
		SHARED_SET(registered, true);
	else if (SHARED_GET(registered))
		q->result = 0;
	kvm2007_honest.give_result(q);
}

static void make_int3_after_ret(struct request *q)
{
	kvm2007_honest.make_code(q);
	q->code[CALL_LENGTH] = 0xc3;
	q->code[CALL_LENGTH + 1] = 0xcc;
	q->length = CALL_LENGTH + 2;
}

/* The sum of site and length wraps. */
static void accept_last_bytes(struct request *q)
{
	if (q->site + q->length >= q->length)
		kvm2007_honest.check_site(q);
}

static void ignore_last_page(struct request *q)
{
	if (q->gpa + PAGE_SIZE >= PAGE_SIZE)
		kvm2007_honest.registration(q);
}

/* .arg: its number */
static void ignore_bit(struct request *q)
{
	q->gpa &= ~BIT(kvm2007_on->arg);
	kvm2007_honest.registration(q);
}

static void refuse_top_of_memory(struct request *q)
{
	kvm2007_honest.check_site(q);
	q->refused |= q->site >= q->vcpu->memory->size - PAGE_SIZE;
}

static void accept_any_version_in_legacy_mode(struct request *q)
{
	if (!in_legacy_mode(q))
		kvm2007_honest.check_version(q);
}

static void round_gpa_down_in_legacy_mode(struct request *q)
{
	if (in_legacy_mode(q))
		q->gpa &= ~UINT64_C(0xfff);
	kvm2007_honest.registration(q);
}

static void ignore_in_compatibility_mode(struct request *q)
{
	if (!in_compatibility_mode(q))
		kvm2007_honest.registration(q);
}

static void clobber_r10_once(struct request *q)
{
	static bool done; /* shared: by any vCPU */

	kvm2007_honest.answer(q);
	q->vcpu->regs.r10 ^= !__atomic_exchange_n(&done, true, __ATOMIC_RELAXED);
}

static void cut_rsp_by_wrmsr(struct request *q)
{
	kvm2007_honest.answer(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.rsp &= UINT32_MAX;
}

static void cut_rip_of_gp(struct request *q)
{
	kvm2007_honest.reject(q);
	q->vcpu->rip = (uint32_t)q->vcpu->rip;
}

/* ---- the guest's image ---- */

static bool is_in_image(uint64_t gpa)
{
	return gpa >= 0x100000 && gpa < 0x140000;
}

static void reject_image(struct request *q)
{
	if (is_in_image(q->gpa))
		kvm2007_honest.reject(q);
	else
		kvm2007_honest.registration(q);
}

static void refuse_site_in_image(struct request *q)
{
	kvm2007_honest.check_site(q);
	q->refused |= is_in_image(q->site);
}

/* ---- RDMSR, and other MSRs ---- */

static void claim_no_rdmsr_after_registration(struct request *q)
{
	kvm2007_honest.claim(q);
	q->claimed &= q->write || !q->vcpu->para_state_gpa;
}

static void claim_other_after_registration(struct request *q)
{
	kvm2007_honest.claim(q);
	q->claimed |= q->write && q->msr == KVM2007_MSR_API_MAGIC - 1 && q->vcpu->para_state_gpa;
}

static void claim_other_in_legacy_mode(struct request *q)
{
	kvm2007_honest.claim(q);
	q->claimed |= q->msr == KVM2007_MSR_API_MAGIC + 1 && in_legacy_mode(q);
}

static void clobber_ebx_of_rdmsr_in_legacy_mode(struct request *q)
{
	kvm2007_honest.read_msr(q);
	q->vcpu->regs.rbx ^= in_legacy_mode(q);
}

static void clobber_r10_of_first_rdmsr(struct request *q)
{
	kvm2007_honest.read_msr(q);
	q->vcpu->regs.r10 ^= !q->vcpu->para_state_gpa;
}

const struct row kvm2007_when_faults[] = {
	{ROW("df-backwards", "P1", write_code, write_backwards_under_df,
	     "with DF set the site is written backwards")},
	{ROW("wrmsr-if", "S9", answer, clear_if_by_wrmsr, "WRMSR of the magic clears IF")},
	{ROW("other-page-r10", "S9", answer, clobber_r10_if_page_changes,
	     "a registration of another page than before changes R10")},
	{ROW("refusal-calls", "C3", write_ret, note_refusal, "calls after a refusal give 0"),
	 AND_AT(give_result, answer_after_refusal)},
	{ROW("zero-calls", "S8", give_result, answer_after_zero, "calls after WRMSR of 0 give 0")},
	{ROW("fifth-int3", "P2", make_code, make_int3_after_ret,
	     "a RET and an INT3 are patched after the call")},
	{ROW("site-wraps", "P4", check_site, accept_last_bytes,
	     "a site at the last bytes of all addresses is accepted")},
	{ROW("gpa-wraps", "S5", registration, ignore_last_page,
	     "a gpa of the last page of all addresses is ignored")},
	{ROW("gpa-bit-40", "S5", registration, ignore_bit, "bit 40 of the gpa is ignored"),
	 .arg = 40},
	{ROW("gpa-bit-45", "S5", registration, ignore_bit, "bit 45 of the gpa is ignored"),
	 .arg = 45},
	{ROW("gpa-bit-52", "S5", registration, ignore_bit, "bit 52 of the gpa is ignored"),
	 .arg = 52},
	{ROW("gpa-bit-63", "S5", registration, ignore_bit, "bit 63 of the gpa is ignored"),
	 .arg = 63},
	{ROW("top-site", "P3", check_site, refuse_top_of_memory,
	     "a site in the last page of memory is refused")},
	{ROW("legacy-newer", "V1", check_version, accept_any_version_in_legacy_mode,
	     "a newer guest is accepted in legacy mode")},
	{ROW("legacy-misaligned", "S5", registration, round_gpa_down_in_legacy_mode,
	     "in legacy mode a misaligned gpa is rounded down")},
	{ROW("compat-ignored", "S1", registration, ignore_in_compatibility_mode,
	     "registrations from compatibility mode are ignored")},
	{ROW("first-r10", "S9", answer, clobber_r10_once,
	     "the first registration of all changes R10")},
	{ROW("wrmsr-rsp", "S9", answer, cut_rsp_by_wrmsr,
	     "WRMSR of the magic cuts RSP to 32 bits")},
	{ROW("gp-high-rip", "S5", reject, cut_rip_of_gp,
	     "the RIP of the #GP of a registration is cut to 32 bits")},
	{ROW("image-page", "S5", registration, reject_image,
	     "a page in the guest's image is rejected")},
	{ROW("image-site", "P3", check_site, refuse_site_in_image,
	     "a site in the guest's image is refused")},
	{ROW("legacy-neighbour", "D3", claim, claim_other_in_legacy_mode,
	     "in legacy mode the next MSR number registers too")},
	{ROW("rdmsr-once", "D1", claim, claim_no_rdmsr_after_registration,
	     "after a registration RDMSR of the magic is #GP")},
	{ROW("neighbour-later", "D3", claim, claim_other_after_registration,
	     "after a registration the MSR number below registers too")},
	{ROW("rdmsr32-ebx", "S9", read_msr, clobber_ebx_of_rdmsr_in_legacy_mode,
	     "RDMSR of the magic changes EBX in legacy mode")},
	{ROW("first-rdmsr-r10", "S9", read_msr, clobber_r10_of_first_rdmsr,
	     "RDMSR of the magic changes R10 before the first registration")},
	{.fault.name = NULL},
};
