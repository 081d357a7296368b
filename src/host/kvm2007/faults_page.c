/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the probe and of the state page: rules D and S. */
#include "host/kvm2007/faults.h"
#include "lib/string.h"

/* ---- RDMSR and WRMSR ---- */

static void clobber_rcx(struct request *q)
{
	kvm2007_honest.read_msr(q);
	q->vcpu->regs.rcx ^= 1;
}

/* .arg: for RDMSR (0), or for WRMSR (1). */
static void claim_neighbour(struct request *q)
{
	kvm2007_honest.claim(q);
	q->claimed |= q->msr == KVM2007_MSR_API_MAGIC + 1 && q->write == kvm2007_on->arg;
}

static void clobber_rbx(struct request *q)
{
	q->vcpu->regs.rbx ^= 1;
	kvm2007_honest.registration(q);
}

const struct row kvm2007_probe_faults[] = {
	{ROW("rdmsr-rcx", "D1", read_msr, clobber_rcx, "RDMSR of the magic changes RCX")},
	{ROW("rdmsr-neighbour", "D3", claim, claim_neighbour,
	     "the next MSR number answers as the magic"),
	 .arg = 0},
	{ROW("wrmsr-neighbour", "D3", claim, claim_neighbour, "the next MSR number registers too"),
	 .arg = 1},
	{ROW("wrmsr-rbx", "S1", registration, clobber_rbx, "WRMSR of the magic changes RBX")},
	{.fault.name = NULL},
};

/* ---- the #GP for a bad gpa ---- */

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

static void reject_any(struct request *q)
{
	kvm2007_honest.reject(q);
}

const struct row kvm2007_reject_faults[] = {
	{ROW("gp-vector", "S5", reject, reject_by_ud, "a bad gpa gives #UD")},
	{ROW("gp-error", "S5", reject, reject_with_error_8, "a bad gpa gives #GP(8)")},
	{ROW("gp-rax", "S5", reject, reject_and_clobber_rax,
	     "a bad gpa's #GP comes with RAX changed")},
	{ROW("gp-rip", "S5", reject, reject_after_wrmsr, "a bad gpa's #GP comes behind the WRMSR")},
	{ROW("gp-any", "S2", registration, reject_any, "RDMSR answers, WRMSR is always a #GP")},
	{.fault.name = NULL},
};

/* ---- what is written to the page and to the next one ---- */

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

static void write_version_0(struct request *q)
{
	q->page->host_version = 0;
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

const struct row kvm2007_page_faults[] = {
	{ROW("silent", "S2", registration, do_nothing, "RDMSR answers, WRMSR does nothing")},
	{ROW("no-host-version", "S2", write_version, do_nothing, "host_version is not written")},
	{ROW("host-version-late", "S2", write_version, write_version_on_success,
	     "host_version is written on success only")},
	{ROW("host-version-copy", "S2", write_version, copy_version,
	     "guest_version is written as host_version")},
	{ROW("host-version-0", "S2", write_version, write_version_0, "host_version is 0")},
	{ROW("no-ret", "S3", write_ret, do_nothing, "ret is not written")},
	{ROW("ret-positive", "S3", write_ret, write_positive_ret,
	     "a refusal is KVM_EINVAL, without the sign")},
	{ROW("ret-64", "S4", write_ret, write_64_bits_of_ret, "ret is written as 64 bits")},
	{ROW("size-written", "S4", write_ret, write_size,
	     "the host writes the size that it knows")},
	{ROW("size-checked", "S4", check, refuse_other_sizes, "a size other than 4096 is refused")},
	{ROW("guest-version-written", "S4", write_ret, write_guest_version,
	     "guest_version is overwritten")},
	{ROW("rest-written", "S4", write_ret, clear_rest, "the rest of the page is cleared")},
	{ROW("next-page", "S4", write_ret, write_next_page, "a byte of the next page is written")},
	{.fault.name = NULL},
};

/* ---- which registrations are answered ---- */

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

static bool answered; /* shared: some vCPU's registration */

static void answer_first_only(struct request *q)
{
	if (SHARED_GET(answered))
		return;
	kvm2007_honest.registration(q);
	SHARED_SET(answered, !q->gp);
}

static bool checked; /* shared: some vCPU's registration */

static void refuse_same_page(struct request *q)
{
	kvm2007_honest.check(q);
	q->refused |= SHARED_GET(checked) && q->gpa == q->vcpu->para_state_gpa;
	SHARED_SET(checked, true);
}

static uint64_t first_page; /* shared: the first that any vCPU registered */

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

static uint64_t last_site; /* shared: patched last, for any vCPU */

/* Writes UD2 and RET there, which the guest had there before. */
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

const struct row kvm2007_gpa_faults[] = {
	{ROW("misaligned", "S5", registration, round_gpa_down, "a misaligned gpa is rounded down")},
	{ROW("outside-ignored", "S5", reject, reject_misaligned_only,
	     "a gpa outside memory is ignored, no #GP")},
	{ROW("high-ignored", "S5", registration, cut_gpa, "bits 32-63 of the gpa are ignored")},
	{ROW("first-only", "S6", registration, answer_first_only,
	     "only the first registration is answered")},
	{ROW("same-refused", "S6", check, refuse_same_page, "the page registered last is refused")},
	{ROW("one-page", "S6", check, refuse_other_pages,
	     "another page than the first is refused")},
	{ROW("legacy-ignored", "S1", registration, answer_long_mode_only,
	     "registrations from legacy mode are ignored")},
	{ROW("old-site-unpatched", "S6", write_code, unpatch_other_site,
	     "another site's patch undoes the first")},
	{ROW("zero-unregisters", "S8", registration, ignore_zero, "WRMSR of 0 writes nothing")},
	{.fault.name = NULL},
};
