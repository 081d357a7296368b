/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S10: a registration or a call writes nowhere but where the ABI says.  Here: not around the stack
 * pointer.
 */
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "lib/string.h"

/*
 * Code that makes an interaction with RSP in the middle of a canary: MOV RBP, RSP; MOV RSP, RBX;
 * the instruction, at most three bytes; MOV RSP, RBP; RET.
 */
static const uint8_t enter[] = {0x48, 0x89, 0xe5, 0x48, 0x89, 0xdc};
static const uint8_t leave[] = {0x48, 0x89, 0xec, 0xc3};
static const uint8_t rdmsr_code[] = {0x0f, 0x32};
static const uint8_t wrmsr_code[] = {0x0f, 0x30};

#define CALL_SIZE    3
#define STACK_PAGE   PAGE_CANARY_0
#define STACK_OFFSET 0x800
#define CODE_PAGE    PAGE_SITE_B

static void expect_stack_kept(struct run *run, const char *what)
{
	expect(run, page_untouched(STACK_PAGE, 0, STACK_OFFSET),
	       "%s: wanted nothing written below RSP", what);
	expect(run, page_untouched(STACK_PAGE, STACK_OFFSET, PAGE_SIZE),
	       "%s: wanted nothing written from RSP on", what);
}

static struct gprs canary_gprs(void)
{
	struct gprs gprs = noise_gprs();

	gprs.rbx = (uint64_t)page_bytes(STACK_PAGE) + STACK_OFFSET;
	return gprs;
}

static void access_msr(struct run *run, const uint8_t code[2], uint64_t value)
{
	uint8_t *to = page_bytes(CODE_PAGE);
	struct gprs gprs = canary_gprs();
	struct outcome outcome;

	memcpy(to, enter, sizeof(enter));
	memcpy(to + sizeof(enter), code, 2);
	memcpy(to + sizeof(enter) + 2, leave, sizeof(leave));
	gprs.rcx = KVM2007_MSR_API_MAGIC;
	gprs.rax = (uint32_t)value;
	gprs.rdx = value >> 32;
	interact_call(page_entry(CODE_PAGE), &gprs, &outcome);
	expect_stack_kept(run, code == rdmsr_code ? "RDMSR" : "WRMSR");
}

/*
 * Writes code with a site in it, and registers that.  A host may write a RET after the call: the
 * guest replaces it.  False: the check has failed.
 */
static bool make_call_code(struct run *run, const uint8_t *before, unsigned before_size,
			   const uint8_t *after, unsigned after_size)
{
	struct site site = fresh_site_at(CODE_PAGE, before_size);
	struct answer answer;

	register_site(&site, &answer);
	expect(run, site_patched(&site), "no registration, so no call: the site is not patched");
	memcpy(page_bytes(CODE_PAGE), before, before_size);
	memcpy(site.bytes + CALL_SIZE, after, after_size);
	return !run->failed;
}

static void call_on_canary(struct run *run, uint64_t index)
{
	const struct site code = {.entry = page_entry(CODE_PAGE)};
	struct gprs gprs = canary_gprs();
	struct outcome outcome;

	gprs.rax = index;
	hypercall64_gprs(&code, &gprs, &outcome);
	if (expect_returned(run, "call", &outcome))
		expect_stack_kept(run, "call");
}

static void stack(struct run *run)
{
	struct registration all[REGISTRATIONS_MAX];
	struct answer answer;

	for (unsigned ending = 0; ending < ENDINGS; ending++) {
		struct site site = fresh_site();

		if (!registrations((enum ending)ending, page_gpa(PAGE_STATE_A), site.gpa, all))
			continue;
		registration_prepare(&all[0], state_of(PAGE_STATE_A), &answer);
		access_msr(run, wrmsr_code, all[0].page);
	}
	access_msr(run, rdmsr_code, 0);
	if (!make_call_code(run, enter, sizeof(enter), leave, sizeof(leave)))
		return;
	call_on_canary(run, 0);
	call_on_canary(run, random64());
	if (run->options.has_echo)
		call_on_canary(run, run->options.echo);
}

/* Expects of a call with the stack as it should be that it returns, with ESP kept. */
static bool expect_sane_call(struct run *run, const struct site *site, const uint64_t args[6])
{
	struct call32 call;

	hypercall32(site, MODE32_UNPAGED, 0, args, 0, &call);
	if (!expect_returned32(run, &call))
		return false;
	expect_equal(run, "esp", (uint32_t)call.out.rsp, (uint32_t)call.in.rsp);
	return !run->failed;
}

/*
 * Without paging, where all registers but ESP are index and arguments: MOV [saved], ESP; MOV ESP,
 * top; the call; MOV ESP, [saved]; RET.  A trap on this stack would be the end, so a call on the
 * usual one is tried first.
 */
static void stack_32(struct run *run)
{
	const uint32_t saved = (uint32_t)page_gpa(CODE_PAGE) + 0x800;
	const uint32_t top = (uint32_t)page_gpa(STACK_PAGE) + STACK_OFFSET;
	uint8_t enter32[] = {0x89, 0x25, 0, 0, 0, 0, 0xbc, 0, 0, 0, 0};
	uint8_t leave32[] = {0x8b, 0x25, 0, 0, 0, 0, 0xc3};
	struct call32 call;
	struct site site;

	memcpy(enter32 + 2, &saved, sizeof(saved));
	memcpy(enter32 + 7, &top, sizeof(top));
	memcpy(leave32 + 2, &saved, sizeof(saved));
	if (!register_default(run, &site) || !expect_sane_call(run, &site, no_args) ||
	    !make_call_code(run, enter32, sizeof(enter32), leave32, sizeof(leave32)))
		return;
	hypercall32_prepare(&site, MODE32_UNPAGED, 1, no_args, 0, &call);
	call.target = (uint32_t)page_gpa(CODE_PAGE);
	hypercalls32(&call, 1);
	if (expect_returned32(run, &call))
		expect_stack_kept(run, "call");
}

static const struct check checks[] = {
	{"memory.stack", "S10", .body = stack},
	{"memory.stack-legacy", "S10", CHECK_LEGACY, .body = stack_32},
};

const struct area memory_area = AREA(checks);
