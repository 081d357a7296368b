/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that write beside the state page or the site, or only in one kind of refusal. */
#include "host/config.h"
#include "host/kvm2007/faults.h"
#include "x86/defs.h"

/* ---- pages around; .arg: how many pages after the state page's or the site's, as int16_t ---- */

/* Adds 1 to the byte, if the guest has it. */
static void change_byte(const struct request *q, uint64_t gpa)
{
	uint8_t *byte = guest_bytes(q->vcpu->memory, gpa, 1);

	if (byte)
		++*byte;
}

static uint64_t away(uint64_t gpa)
{
	return (gpa & ~UINT64_C(0xfff)) + (uint64_t)(int16_t)kvm2007_on->arg * PAGE_SIZE;
}

static void write_near_page(struct request *q)
{
	kvm2007_honest.write_ret(q);
	change_byte(q, away(q->gpa));
}

static void write_near_page_if_refused(struct request *q)
{
	kvm2007_honest.write_ret(q);
	if (q->refused)
		change_byte(q, away(q->gpa));
}

static void write_near_site(struct request *q)
{
	kvm2007_honest.write_code(q);
	change_byte(q, away(q->site));
}

static void write_near_straddling_site(struct request *q)
{
	kvm2007_honest.write_code(q);
	if (q->site % PAGE_SIZE > PAGE_SIZE - CALL_LENGTH)
		change_byte(q, away(q->site));
}

/* .arg bytes after the site. */
static void write_after_straddling_site(struct request *q)
{
	kvm2007_honest.write_code(q);
	if (q->site % PAGE_SIZE > PAGE_SIZE - CALL_LENGTH)
		change_byte(q, q->site + kvm2007_on->arg);
}

static void write_near_refused_site(struct request *q)
{
	kvm2007_honest.patch(q);
	if (q->refused)
		change_byte(q, away(q->site));
}

static void write_after_refused_site(struct request *q)
{
	kvm2007_honest.patch(q);
	if (q->refused)
		change_byte(q, q->site + kvm2007_on->arg);
}

/* .arg bytes after a site that is in the first .arg * 64 bytes of its page. */
static void write_after_low_site(struct request *q)
{
	kvm2007_honest.write_code(q);
	if (q->site % PAGE_SIZE - 1 < kvm2007_on->arg * 64u)
		change_byte(q, q->site + kvm2007_on->arg);
}

/* The last of its bytes, in the next page, is not written. */
static void make_two_bytes_at_page_end(struct request *q)
{
	kvm2007_honest.make_code(q);
	if (q->site % PAGE_SIZE == PAGE_SIZE - 1)
		q->length = 2;
}

#define PAGES(n) ((uint16_t)(n))

const struct row kvm2007_around_faults[] = {
	{ROW("page-before", "S4", write_ret, write_near_page, "the page before is written"),
	 .arg = PAGES(-1)},
	{ROW("page-2", "S4", write_ret, write_near_page, "the second next page is written"),
	 .arg = PAGES(2)},
	{ROW("page-3", "S4", write_ret, write_near_page, "the third next page is written"),
	 .arg = PAGES(3)},
	{ROW("page-6", "S4", write_ret, write_near_page, "the sixth next page is written"),
	 .arg = PAGES(6)},
	{ROW("refusal-next-page", "S4", write_ret, write_near_page_if_refused,
	     "a refusal writes the next page"),
	 .arg = PAGES(1)},
	{ROW("site-page", "P2", write_code, write_near_site,
	     "the first byte of the site's page is written"),
	 .arg = PAGES(0)},
	{ROW("site-page-1", "P2", write_code, write_near_site,
	     "the page after the site's is written"),
	 .arg = PAGES(1)},
	{ROW("straddle-page", "P2", write_code, write_near_straddling_site,
	     "the first byte of a straddling site's page is written"),
	 .arg = PAGES(0)},
	{ROW("straddle-page-2", "P2", write_code, write_near_straddling_site,
	     "the page after a straddling site is written"),
	 .arg = PAGES(2)},
	{ROW("straddle-page-before", "P2", write_code, write_near_straddling_site,
	     "the page before a straddling site's is written"),
	 .arg = PAGES(-1)},
	{ROW("straddle-after", "P2", write_code, write_after_straddling_site,
	     "a byte after a straddling site is written"),
	 .arg = 6},
	{ROW("straddle-last", "P6", make_code, make_two_bytes_at_page_end,
	     "of a site at a page's last byte two bytes are patched")},
	{ROW("low-site-after", "P2", write_code, write_after_low_site,
	     "a byte after sites near a page's start is written"),
	 .arg = 6},
	{ROW("refused-site-page", "P7", patch, write_near_refused_site,
	     "the first byte of a refused site's page is written"),
	 .arg = PAGES(0)},
	{ROW("refused-site-after", "P7", patch, write_after_refused_site,
	     "a byte after a refused site is written"),
	 .arg = 6},
	{ROW("refused-fourth-byte", "P7", patch, write_after_refused_site,
	     "the fourth byte of a refused site is written"),
	 .arg = 3},
	{.fault.name = NULL},
};

/* ---- the #GP for a bad gpa; .arg: an offset in the page that the gpa is in ---- */

static void reject_and_write_at(struct request *q)
{
	kvm2007_honest.reject(q);
	change_byte(q, (q->gpa & UINT64_C(0xfffff000)) + kvm2007_on->arg);
}

static void reject_and_patch(struct request *q)
{
	const uint64_t page = q->gpa & ~UINT64_C(0xfff);

	kvm2007_honest.reject(q);
	if (guest_read(q->vcpu->memory, page + offsetof(struct kvm_vcpu_para_state, hypercall_gpa),
		       &q->site, sizeof(q->site))) {
		kvm2007_honest.make_code(q);
		kvm2007_honest.write_code(q);
	}
}

static void reject_with_flag(struct request *q)
{
	kvm2007_honest.reject(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.rflags |= RFLAGS_CF;
}

const struct row kvm2007_gp_faults[] = {
	{ROW("gp-version", "S5", reject, reject_and_write_at, "a bad gpa changes host_version"),
	 .arg = offsetof(struct kvm_vcpu_para_state, host_version)},
	{ROW("gp-ret", "S5", reject, reject_and_write_at, "a bad gpa changes ret"),
	 .arg = offsetof(struct kvm_vcpu_para_state, ret)},
	{ROW("gp-next-page", "S5", reject, reject_and_write_at, "a bad gpa writes the next page"),
	 .arg = PAGE_SIZE},
	{ROW("gp-patch", "S5", reject, reject_and_patch, "a misaligned gpa's site is patched")},
	{ROW("gp-sets-cf", "S5", reject, reject_with_flag, "a bad gpa's #GP comes with CF set")},
	{.fault.name = NULL},
};

/* ---- registers that only one kind of registration changes ---- */

static bool is_newer(const struct request *q)
{
	return q->page->guest_version > config.api_version;
}

/* .arg: whether of a guest that is newer, or of one whose site is bad */
static bool is_refused_so(const struct request *q)
{
	return q->refused && is_newer(q) == kvm2007_on->arg;
}

static void clear_flags_if_refused(struct request *q)
{
	kvm2007_honest.answer(q);
	vcpu_sync(q->vcpu);
	if (is_refused_so(q))
		q->vcpu->slow.rflags &= ~(uint64_t)RFLAGS_PF;
}

static void set_flags_if_refused(struct request *q)
{
	kvm2007_honest.answer(q);
	vcpu_sync(q->vcpu);
	if (is_refused_so(q))
		q->vcpu->slow.rflags |= RFLAGS_PF;
}

static void clobber_cr2_if_refused(struct request *q)
{
	kvm2007_honest.answer(q);
	vcpu_sync(q->vcpu);
	if (is_refused_so(q))
		q->vcpu->slow.cr2 ^= BIT(12);
}

/* A #GP besides the answer. */
static void fault_if(struct request *q, bool wrong)
{
	if (wrong)
		vcpu_inject_gp(q->vcpu);
	q->gp |= wrong;
}

static void fault_if_refused(struct request *q)
{
	kvm2007_honest.answer(q);
	fault_if(q, is_refused_so(q));
}

static void fault_in_legacy_mode(struct request *q)
{
	kvm2007_honest.answer(q);
	fault_if(q, !(q->vcpu->efer & EFER_LME));
}

const struct row kvm2007_refusal_faults[] = {
	{ROW("newer-gp", "V1", answer, fault_if_refused, "a newer guest's refusal is a #GP, too"),
	 .arg = true},
	{ROW("bad-site-gp", "P4", answer, fault_if_refused, "a refusal for the site is a #GP, too"),
	 .arg = false},
	{ROW("legacy-gp", "S1", answer, fault_in_legacy_mode,
	     "a registration from legacy mode is a #GP, too")},
	{ROW("newer-clears-pf", "S9", answer, clear_flags_if_refused,
	     "a newer guest's refusal clears PF"),
	 .arg = true},
	{ROW("newer-sets-pf", "S9", answer, set_flags_if_refused,
	     "a newer guest's refusal sets PF"),
	 .arg = true},
	{ROW("newer-cr2", "S9", answer, clobber_cr2_if_refused,
	     "a newer guest's refusal changes CR2"),
	 .arg = true},
	{ROW("bad-site-sets-pf", "S9", answer, set_flags_if_refused,
	     "a refusal for the site sets PF"),
	 .arg = false},
	{ROW("bad-site-cr2", "S9", answer, clobber_cr2_if_refused,
	     "a refusal for the site changes CR2"),
	 .arg = false},
	{.fault.name = NULL},
};
