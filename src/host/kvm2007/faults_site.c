/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of versions and of the call site: rules V and P. */
#include "host/kvm2007/faults.h"
#include "lib/string.h"

/* ---- versions ---- */

static void accept_version_2(struct request *q)
{
	if (q->page->guest_version != 2)
		kvm2007_honest.check_version(q);
}

static void compare_signed(struct request *q)
{
	q->refused |= (int32_t)q->page->guest_version > (int32_t)KVM2007_API_VERSION;
}

static void refuse_version_0(struct request *q)
{
	kvm2007_honest.check_version(q);
	q->refused |= q->page->guest_version == 0;
}

static bool refused; /* shared: some vCPU's registration */

static void refuse_after_refusal(struct request *q)
{
	kvm2007_honest.check(q);
	q->refused |= SHARED_GET(refused);
	SHARED_SET(refused, q->refused);
}

const struct row kvm2007_version_faults[] = {
	{ROW("version-2", "V1", check_version, accept_version_2, "version 2 is accepted")},
	{ROW("version-signed", "V1", check_version, compare_signed,
	     "versions are compared signed")},
	{ROW("version-0", "V2", check_version, refuse_version_0, "version 0 is refused")},
	{ROW("refuse-after", "V3", check, refuse_after_refusal, "after a refusal all is refused")},
	{.fault.name = NULL},
};

/* ---- the patch ---- */

/* The last bytes of VMCALL and VMMCALL are c1 and d9. */
static void make_other_vendors_code(struct request *q)
{
	kvm2007_honest.make_code(q);
	q->code[2] ^= 0xc1 ^ 0xd9;
}

/* .arg bytes: what is more than the instruction is RET. */
static void make_some_bytes(struct request *q)
{
	kvm2007_honest.make_code(q);
	memset(q->code + CALL_LENGTH, 0xc3, sizeof(q->code) - CALL_LENGTH);
	q->length = kvm2007_on->arg;
}

static void write_byte_before(struct request *q)
{
	guest_write(q->vcpu->memory, q->site - 1, "\xc3", 1);
	kvm2007_honest.write_code(q);
}

static void align_site(struct request *q)
{
	q->site &= ~UINT64_C(7);
	kvm2007_honest.write_code(q);
}

static void refuse_page_start(struct request *q)
{
	kvm2007_honest.check(q);
	q->refused |= q->site % PAGE_SIZE == 0;
}

/* If the address does not translate, nothing is written. */
static void write_to_virtual_address(struct request *q)
{
	struct vcpu *vcpu = q->vcpu;
	uint64_t gpa;
	bool writable;

	vcpu_sync(vcpu);
	if (!guest_translate(vcpu->memory, vcpu->slow.cr3, q->site, &gpa, &writable))
		gpa = UINT64_MAX;
	q->site = gpa;
	kvm2007_honest.write_code(q);
}

/* Whether the guest has a writable mapping of the page at @gpa in its first 4 MiB. */
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

static void write_where_guest_may(struct request *q)
{
	if (!guest_may_write(q->vcpu, q->site))
		q->site = UINT64_MAX; /* no memory: nothing is written */
	kvm2007_honest.write_code(q);
}

static void accept_any_site(struct request *q)
{
	(void)q;
}

static uint64_t late_site; /* shared: of the registration before, by any vCPU */

static void patch_one_late(struct request *q)
{
	const uint64_t late = SHARED_GET(late_site);

	SHARED_SET(late_site, q->site);
	q->site = late;
	if (late)
		kvm2007_honest.write_code(q);
}

static void make_half_at_page_end(struct request *q)
{
	const uint64_t left = PAGE_SIZE - q->site % PAGE_SIZE;

	kvm2007_honest.make_code(q);
	if (q->length > left)
		q->length = (unsigned)left;
}

static void patch_always(struct request *q)
{
	kvm2007_honest.write_code(q);
}

const struct row kvm2007_patch_faults[] = {
	{ROW("other-vendor", "P1", make_code, make_other_vendors_code,
	     "the other vendor's instruction is patched")},
	{ROW("two-bytes", "P1", make_code, make_some_bytes, "two of the bytes are patched"),
	 .arg = 2},
	{ROW("five-bytes", "P2", make_code, make_some_bytes, "five bytes are patched"), .arg = 5},
	{ROW("byte-before", "P2", write_code, write_byte_before,
	     "the byte before the site is written")},
	{ROW("aligned-sites", "P3", write_code, align_site, "the site is rounded down to 8 bytes")},
	{ROW("page-start", "P3", check, refuse_page_start,
	     "a site at the start of a page is refused")},
	{ROW("virtual-patch", "S1", write_code, write_to_virtual_address,
	     "hypercall_gpa is taken for a virtual address")},
	{ROW("respect-ro", "P3", write_code, write_where_guest_may,
	     "a page that the guest maps read-only is not patched")},
	{ROW("site-outside", "P4", check_site, accept_any_site,
	     "a hypercall_gpa outside memory is accepted")},
	{ROW("patch-late", "P5", write_code, patch_one_late,
	     "the site is patched at the next registration")},
	{ROW("half-straddle", "P6", make_code, make_half_at_page_end,
	     "a straddling site is half patched")},
	{ROW("patch-refused", "P7", patch, patch_always, "a refused site is patched")},
	{.fault.name = NULL},
};
