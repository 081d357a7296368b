/* SPDX-License-Identifier: GPL-2.0-only */
/* P1-P7, C7: what the host writes at a site, where a site may be, and what it may not write. */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "lib/string.h"
#include "x86/defs.h"

/* Registers a site at @offset, and expects all other bytes of both site pages unchanged. */
static void expect_only_site_changed(struct run *run, unsigned offset)
{
	const unsigned end = offset + SITE_SIZE;
	struct site site = fresh_site_at(PAGE_SITE_A, offset);

	expect_registration(run, &site);
	expect_kept(run, PAGE_SITE_A, 0, offset);
	if (end < PAGE_SIZE)
		expect_kept(run, PAGE_SITE_A, end, PAGE_SIZE);
	if (end <= PAGE_SIZE)
		expect_page_kept(run, PAGE_SITE_B);
}

/* P1: exactly the instruction of the vendor that CPUID names. */
static void instruction(struct run *run)
{
	enum call_vendor vendor = site_vendor();
	struct site site = fresh_site();
	struct answer answer;

	register_site(&site, &answer);
	if (vendor == CALL_EITHER)
		tap_diag("%s: either instruction is accepted", site_vendor_doubt());
	expect(run, site_patched(&site), "wanted %s 0f 01 %02x, got %02x %02x %02x",
	       vendor == CALL_INTEL ? "VMCALL" : "VMMCALL", call_instruction(vendor)[2],
	       site.bytes[0], site.bytes[1], site.bytes[2]);
}

static void around(struct run *run)
{
	pages_reset();
	expect_only_site_changed(run, 0x100);
	expect_only_site_changed(run, 0x7f8);
}

/* Makes no call if the check has failed: the site may hold anything. */
static void expect_call_returns(struct run *run, const struct site *site)
{
	struct outcome outcome;

	if (run->failed)
		return;
	hypercall64(site, 0, no_args, &outcome);
	expect_returned(run, "call through the site", &outcome);
}

/* P5: the CPU executes the new bytes from the next call on. */
static void at_once(struct run *run)
{
	struct site site = fresh_site();

	expect_registration(run, &site);
	expect_call_returns(run, &site);
}

void expect_undefined(struct run *run, const struct site *site)
{
	struct outcome outcome;

	hypercall64(site, 0, no_args, &outcome);
	expect(run, outcome.faulted && outcome.fault.vector == VECTOR_UD,
	       "unpatched site: wanted #UD");
}

/* P5, for a site whose old bytes the CPU has executed many times, and may have cached. */
static void hot_site(struct run *run)
{
	struct site site = fresh_site_at(PAGE_SITE_A, 0x200);

	for (unsigned i = 0; i < 100; i++) {
		expect_undefined(run, &site);
		if (run->failed)
			return;
	}
	expect_registration(run, &site);
	expect_call_returns(run, &site);
}

static void at_offset(struct run *run)
{
	static const unsigned offsets[] = {0, PAGE_SIZE / 2, PAGE_SIZE - SITE_SIZE};

	expect_only_site_changed(run, offsets[run->check->arg]);
}

static void odd(struct run *run)
{
	for (unsigned offset = 0x401; offset < 0x480; offset += 0x26)
		expect_only_site_changed(run, offset);
}

static void in_state_page(struct run *run)
{
	const unsigned offset = 0x200;
	struct site site = fresh_site_at(PAGE_STATE_A, offset);
	struct page_sums before;
	struct answer answer;

	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
	pages_sum(&before);
	register_gpa(page_gpa(PAGE_STATE_A), &answer);
	expect_success(run, &answer, &site);
	expect_call_returns(run, &site);
	expect_rest_kept(run, &before, &answer, &site);
}

/* P3: the rights of the guest's own mapping don't matter. */
static void read_only(struct run *run)
{
	struct site site = fresh_site_at(PAGE_SITE_B, SITE_OFFSET);

	page_read_only(PAGE_SITE_B, true);
	expect_registration(run, &site);
	page_read_only(PAGE_SITE_B, false);
}

/* P7: a refusal changes no byte of the site, and none around it. */
static void refused(struct run *run)
{
	struct site site = fresh_site();
	struct answer answer;

	if (!needs_newer(run))
		return;
	register_page(PAGE_STATE_A, UINT32_MAX, site.gpa, &answer);
	expect_returned(run, "registration", &answer.wrmsr);
	expect(run, answer.state->ret != answer.ret_sentinel,
	       "refusal: wanted an answer, got none");
	expect_unpatched(run, &site);
	expect_kept(run, PAGE_SITE_A, 0, SITE_OFFSET);
	expect_kept(run, PAGE_SITE_A, SITE_OFFSET + 6, PAGE_SIZE);
}

/* C2: also through such a site. */
static void expect_call_preserves(struct run *run, const struct site *site)
{
	struct outcome call;

	if (run->failed)
		return;
	hypercall64(site, 1, no_args, &call);
	if (expect_returned(run, "call through the site", &call))
		expect_gprs(run, &call.before, &call.after, GPR_BIT(rax));
}

/* P6: a site across two pages is patched whole, or refused. */
static void straddle(struct run *run)
{
	for (unsigned offset = 0xffd; offset <= 0xfff; offset++) {
		struct site site = fresh_site_at(PAGE_SITE_A, offset);
		struct answer answer;

		register_site(&site, &answer);
		if (answer.state->ret == 0) {
			expect_success(run, &answer, &site);
			expect_call_preserves(run, &site);
		} else {
			expect_refusal(run, &answer, &site);
		}
		expect_page_kept(run, PAGE_CANARY_2);
		expect_kept(run, PAGE_SITE_A, 0, offset);
		expect_kept(run, PAGE_SITE_B, offset + SITE_SIZE + 2 - PAGE_SIZE, PAGE_SIZE);
		expect_page_kept(run, PAGE_CANARY_3);
	}
}

/* C7: the other vendor's instruction is no call: it is #UD. */
static void other_vendor(struct run *run)
{
	enum call_vendor vendor = site_vendor();
	struct outcome outcome;
	struct site site;

	if (vendor == CALL_EITHER) {
		skip(run, site_vendor_doubt());
		return;
	}
	site = fresh_site();
	memcpy(site.bytes, call_instruction(vendor == CALL_AMD ? CALL_INTEL : CALL_AMD), 3);
	hypercall64(&site, 0, no_args, &outcome);
	expect(run, outcome.faulted && outcome.fault.vector == VECTOR_UD,
	       "the other vendor's instruction: wanted #UD, got %s",
	       outcome.faulted ? "another exception" : "a return");
}

static const struct check checks[] = {
	{"patch.instruction", "P1", .body = instruction},
	{"patch.around", "P2", .body = around},
	{"patch.at-once", "P5", .body = at_once},
	{"patch.hot-site", "P5", .body = hot_site},
	{"patch.page-start", "P3", .body = at_offset, .arg = 0},
	{"patch.page-middle", "P3", .body = at_offset, .arg = 1},
	{"patch.page-end", "P3", .body = at_offset, .arg = 2},
	{"patch.odd", "P3", .body = odd},
	{"patch.in-state-page", "P3", .body = in_state_page},
	{"patch.read-only", "P3", .body = read_only},
	{"patch.refused", "P7", .body = refused},
	{"patch.straddle", "P6", CHECK_NAMED, .body = straddle, .todo = TODO_STRADDLING},
	{"patch.other-vendor", "C7", .body = other_vendor},
};

const struct area patch_area = AREA(checks);
