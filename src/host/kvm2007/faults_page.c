/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the probe and of the page: rules D and S. */
#include "host/kvm2007/faults.h"
#include "lib/string.h"

/* ---- whose MSR it is, and what an access changes ---- */

static void clobber_rcx(struct request *q)
{
	kvm2007_honest.read_msr(q);
	q->vcpu->regs.rcx ^= 1;
}

static void claim_neighbours_rdmsr(struct request *q)
{
	kvm2007_honest.claim(q);
	q->claimed |= q->msr == KVM2007_MSR_API_MAGIC + 1 && !q->write;
}

static void claim_neighbours_wrmsr(struct request *q)
{
	kvm2007_honest.claim(q);
	q->claimed |= q->msr == KVM2007_MSR_API_MAGIC + 1 && q->write;
}

static void clobber_rbx(struct request *q)
{
	q->vcpu->regs.rbx ^= 1;
	kvm2007_honest.registration(q);
}

static const struct row probe_rows[] = {
	{{"rdmsr-rcx", "D1", "RDMSR of the magic changes RCX"}, AT(read_msr, clobber_rcx)},
	{{"rdmsr-neighbour", "D3", "the next MSR number answers as the magic"},
	 AT(claim, claim_neighbours_rdmsr)},
	{{"wrmsr-neighbour", "D3", "the next MSR number registers too"},
	 AT(claim, claim_neighbours_wrmsr)},
	{{"wrmsr-rbx", "S1", "WRMSR of the magic changes RBX"}, AT(registration, clobber_rbx)},
};

ROWS(kvm2007_probe_faults, probe_rows);

/* ---- the #GP for a page that is not there ---- */

static void reject_by_ud(struct request *q)
{
	kvm2007_honest.reject(q);
	vcpu_inject_ud(q->vcpu);
}

static void reject_with_error_8(struct request *q)
{
	kvm2007_honest.reject(q);
	q->vcpu->event.error = 8;
}

static void reject_and_clobber_rax(struct request *q)
{
	kvm2007_honest.reject(q);
	q->vcpu->regs.rax ^= 1;
}

static void reject_after_wrmsr(struct request *q)
{
	kvm2007_honest.reject(q);
	vcpu_skip(q->vcpu);
}

static const struct row reject_rows[] = {
	{{"gp-vector", "S5", "a bad gpa gives #UD"}, AT(reject, reject_by_ud)},
	{{"gp-error", "S5", "a bad gpa gives #GP(8)"}, AT(reject, reject_with_error_8)},
	{{"gp-rax", "S5", "a bad gpa's #GP comes with RAX changed"},
	 AT(reject, reject_and_clobber_rax)},
	{{"gp-rip", "S5", "a bad gpa's #GP comes behind the WRMSR"},
	 AT(reject, reject_after_wrmsr)},
};

ROWS(kvm2007_reject_faults, reject_rows);

/* ---- what is written to the page, and near it ---- */

static void do_nothing(struct request *q)
{
	(void)q;
}

static void write_version_on_success(struct request *q)
{
	if (!q->refused)
		kvm2007_honest.write_version(q);
}

static void copy_version(struct request *q)
{
	q->page->host_version = q->page->guest_version;
}

static void write_positive_ret(struct request *q)
{
	q->page->ret = q->refused ? KVM2007_EINVAL : 0;
}

static void write_64_bits_of_ret(struct request *q)
{
	kvm2007_honest.write_ret(q);
	memset(&q->page->hypercall_gpa, q->refused ? 0xff : 0, 4);
}

static void write_size(struct request *q)
{
	kvm2007_honest.write_ret(q);
	q->page->size = 24;
}

static void refuse_other_sizes(struct request *q)
{
	kvm2007_honest.check(q);
	q->refused |= q->page->size != sizeof(*q->page);
}

static void write_guest_version(struct request *q)
{
	kvm2007_honest.write_ret(q);
	q->page->guest_version = KVM2007_API_VERSION;
}

static void clear_rest(struct request *q)
{
	kvm2007_honest.write_ret(q);
	memset((uint8_t *)q->page + 24, 0, 40);
}

static void write_next_page(struct request *q)
{
	kvm2007_honest.write_ret(q);
	guest_write(q->vcpu->memory, q->gpa + PAGE_SIZE, &(uint8_t){0}, 1);
}

static const struct row page_rows[] = {
	{{"silent", "S2", "RDMSR answers, WRMSR does nothing"}, AT(registration, do_nothing)},
	{{"no-host-version", "S2", "host_version is not written"}, AT(write_version, do_nothing)},
	{{"host-version-late", "S2", "host_version is written on success only"},
	 AT(write_version, write_version_on_success)},
	{{"host-version-copy", "S2", "guest_version is written as host_version"},
	 AT(write_version, copy_version)},
	{{"no-ret", "S3", "ret is not written"}, AT(write_ret, do_nothing)},
	{{"ret-positive", "S3", "a refusal is KVM_EINVAL, without the sign"},
	 AT(write_ret, write_positive_ret)},
	{{"ret-64", "S4", "ret is written as 64 bits"}, AT(write_ret, write_64_bits_of_ret)},
	{{"size-written", "S4", "the host writes the size that it knows"},
	 AT(write_ret, write_size)},
	{{"size-checked", "S4", "a size other than 4096 is refused"},
	 AT(check, refuse_other_sizes)},
	{{"guest-version-written", "S4", "guest_version is overwritten"},
	 AT(write_ret, write_guest_version)},
	{{"rest-written", "S4", "the rest of the page is cleared"}, AT(write_ret, clear_rest)},
	{{"next-page", "S4", "a byte of the next page is written"}, AT(write_ret, write_next_page)},
};

ROWS(kvm2007_page_faults, page_rows);

/* ---- which pages, and when ---- */

static void round_gpa_down(struct request *q)
{
	q->gpa &= ~UINT64_C(0xfff);
	kvm2007_honest.registration(q);
}

static void reject_misaligned_only(struct request *q)
{
	if (q->gpa % PAGE_SIZE)
		kvm2007_honest.reject(q);
}

static void cut_gpa(struct request *q)
{
	q->gpa = (uint32_t)q->gpa;
	kvm2007_honest.registration(q);
}

static bool answered; /* shared: a registration, by any vCPU */

static void answer_first_only(struct request *q)
{
	if (SHARED_GET(answered))
		return;
	kvm2007_honest.registration(q);
	SHARED_SET(answered, !q->gp);
}

static bool checked; /* shared: a registration, by any vCPU */

static void refuse_same_page(struct request *q)
{
	kvm2007_honest.check(q);
	q->refused |= SHARED_GET(checked) && q->gpa == q->vcpu->para_state_gpa;
	SHARED_SET(checked, true);
}

static uint64_t first_page; /* shared: the first one that any vCPU registered */

static void refuse_other_pages(struct request *q)
{
	const uint64_t first = SHARED_GET(first_page);

	kvm2007_honest.check(q);
	q->refused |= first && q->gpa != first;
	if (!q->refused)
		SHARED_SET(first_page, q->gpa);
}

static void answer_long_mode_only(struct request *q)
{
	if (q->vcpu->efer & EFER_LME)
		kvm2007_honest.registration(q);
}

static uint64_t last_site; /* shared: the one patched last */

/* UD2 and RET, as the guest had it. */
static void unpatch_other_site(struct request *q)
{
	const uint64_t before = SHARED_GET(last_site);

	if (before && before != q->site)
		guest_write(q->vcpu->memory, before, "\x0f\x0b\xc3", 3);
	kvm2007_honest.write_code(q);
	SHARED_SET(last_site, q->site);
}

static void ignore_zero(struct request *q)
{
	if (q->gpa)
		kvm2007_honest.registration(q);
}

static const struct row gpa_rows[] = {
	{{"misaligned", "S5", "a misaligned gpa is rounded down"},
	 AT(registration, round_gpa_down)},
	{{"outside-ignored", "S5", "a gpa outside memory is ignored, no #GP"},
	 AT(reject, reject_misaligned_only)},
	{{"high-ignored", "S5", "bits 32-63 of the gpa are ignored"}, AT(registration, cut_gpa)},
	{{"first-only", "S6", "only the first registration is answered"},
	 AT(registration, answer_first_only)},
	{{"same-refused", "S6", "the page registered last is refused"},
	 AT(check, refuse_same_page)},
	{{"one-page", "S6", "another page than the first is refused"},
	 AT(check, refuse_other_pages)},
	{{"legacy-ignored", "S1", "registrations from legacy mode are ignored"},
	 AT(registration, answer_long_mode_only)},
	{{"old-site-unpatched", "S6", "another site's patch undoes the first"},
	 AT(write_code, unpatch_other_site)},
	{{"zero-unregisters", "S8", "WRMSR of 0 writes nothing"}, AT(registration, ignore_zero)},
};

ROWS(kvm2007_gpa_faults, gpa_rows);
