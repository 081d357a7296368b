/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registrations from CPL 3 (D4) and compatibility mode (S1), which are checks; and calls from there
 * (C6, C32.5), about which the ABI says nothing, so that they are reported without a verdict.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "lib/string.h"
#include "x86/defs.h"

/* Where in the site's page a call returns to: a UD2, which traps in any mode and at any CPL. */
#define LANDING 0x800

/* Where in that page the stack begins. */
#define STACK 0xff0

static struct gprs other_mode_gprs(uint64_t entry_page)
{
	struct gprs gprs = noise_gprs();

	gprs.rsp = entry_page + STACK;
	return gprs;
}

static uint64_t page_of(const struct site *site)
{
	return site->entry & -(uint64_t)PAGE_SIZE;
}

/* Writes the UD2, and its address on top of the stack: eight bytes, which serve either mode. */
static void set_landing(const struct site *site)
{
	static const uint8_t ud2[] = {0x0f, 0x0b};
	uint64_t landing = page_of(site) + LANDING;

	memcpy(page_bytes(PAGE_SITE_B) + LANDING, ud2, sizeof(ud2));
	memcpy(page_bytes(PAGE_SITE_B) + STACK, &landing, sizeof(landing));
}

/* Makes a WRMSR of the magic, and then a trap, from @mode, with all pages as at @before. */
static struct site wrmsr_from(enum other_mode mode, struct gprs *gprs, struct answer *answer,
			      struct page_sums *before, struct trap_frame *fault)
{
	static const uint8_t wrmsr_ud2[] = {0x0f, 0x30, 0x0f, 0x0b};
	struct site site = fresh_site();
	struct site code = make_site(PAGE_SITE_B, 0);

	memcpy(code.bytes, wrmsr_ud2, sizeof(wrmsr_ud2));
	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, answer);
	pages_sum(before);
	*gprs = other_mode_gprs(page_of(&code));
	gprs->rcx = KVM2007_MSR_API_MAGIC;
	gprs->rax = page_gpa(PAGE_STATE_A);
	gprs->rdx = 0;
	page_user(PAGE_SITE_B, mode == FROM_USER);
	interact_enter(mode, code.entry, gprs, fault);
	page_user(PAGE_SITE_B, false);
	return site;
}

void register_cpl3(struct run *run)
{
	const uint64_t entry = page_entry(PAGE_SITE_B);
	struct page_sums before;
	struct trap_frame fault;
	struct answer answer;
	struct gprs gprs;

	wrmsr_from(FROM_USER, &gprs, &answer, &before, &fault);
	expect(run, fault.vector == VECTOR_GP && fault.error == 0 && fault.rip == entry,
	       "%s of %#x from CPL 3: wanted #GP(0), got exception %u error %#lx rip %#lx", "WRMSR",
	       KVM2007_MSR_API_MAGIC, (unsigned)fault.vector, fault.error, fault.rip);
	expect_pages_kept(run, &before);
}

/* S1: a registration from compatibility mode, at CPL 0, is one as any other. */
void register_compatibility(struct run *run)
{
	const uint64_t landing = page_entry(PAGE_SITE_B) + 2;
	struct page_sums before;
	struct trap_frame fault;
	struct answer answer;
	struct gprs gprs;
	struct site site;

	site = wrmsr_from(FROM_COMPATIBILITY, &gprs, &answer, &before, &fault);
	expect(run, fault.vector == VECTOR_UD && fault.rip == landing,
	       "WRMSR from compatibility mode: wanted it to return, got exception %u at rip %#lx",
	       (unsigned)fault.vector, fault.rip);
	expect_equal(run, "host_version", answer.state->host_version, first_contact.host_version);
	expect_equal(run, "ret", answer.state->ret, 0);
	expect_patched(run, &site);
	expect_equal(run, "ebx", (uint32_t)fault.rbx, (uint32_t)gprs.rbx);
	expect_equal(run, "esi", (uint32_t)fault.rsi, (uint32_t)gprs.rsi);
	expect_equal(run, "edi", (uint32_t)fault.rdi, (uint32_t)gprs.rdi);
	expect_equal(run, "ebp", (uint32_t)fault.rbp, (uint32_t)gprs.rbp);
	expect_rest_kept(run, &before, &answer, &site);
}

/* Makes a call from @mode, and prints how it ended. */
static void report_call(enum other_mode mode, const char *what)
{
	struct site site = fresh_site_at(PAGE_SITE_B, SITE_OFFSET);
	struct trap_frame fault;
	struct answer answer;
	struct gprs gprs;
	bool returned;

	set_landing(&site);
	register_site(&site, &answer);
	gprs = other_mode_gprs(page_of(&site));
	gprs.rax = 0;
	page_user(PAGE_SITE_B, mode == FROM_USER);
	interact_enter(mode, site.entry, &gprs, &fault);
	page_user(PAGE_SITE_B, false);
	returned = fault.vector == VECTOR_UD && fault.rip == page_of(&site) + LANDING;
	trace_call(&gprs, returned, returned ? fault.rax : fault.vector);
	if (returned)
		tap_diag("%s: %ld", what, (long)fault.rax);
	else
		tap_diag("%s: exception %u at rip %#lx", what, (unsigned)fault.vector, fault.rip);
}

void report_other_modes(struct run *run)
{
	(void)run;
	report_call(FROM_USER, "call from CPL 3 (C6)");
	report_call(FROM_COMPATIBILITY, "call from compatibility mode (C32.5)");
}
