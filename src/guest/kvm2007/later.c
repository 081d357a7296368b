/* SPDX-License-Identifier: GPL-2.0-only */
/* S4: a state page is left alone by all that comes after its registration. */
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "x86/defs.h"
#include "x86/insn.h"

/* Registers state page A, then writes sentinels to its head again.  False: the check has failed. */
static bool register_watched(struct run *run, struct site *site)
{
	struct answer answer;

	*site = fresh_site();
	register_site(site, &answer);
	if (!expect_returned(run, "registration", &answer.wrmsr))
		return false;
	expect_patched(run, site);
	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site->gpa, &answer);
	return !run->failed;
}

/* A random number of a random magnitude. */
static uint64_t any_magnitude(void)
{
	return random64() >> random64() % 64;
}

static bool call_returns(struct run *run, const struct site *site, uint64_t index)
{
	const uint64_t args[6] = {random64()};
	struct outcome call;

	hypercall64(site, index, args, &call);
	return expect_returned(run, "call", &call);
}

void make_calls(struct run *run, const struct site *site)
{
	static const uint64_t edges[] = {0, 1, BIT(31), BIT(32), BIT(63), UINT64_MAX};

	for (unsigned i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		if (!call_returns(run, site, edges[i]) || !call_returns(run, site, any_magnitude()))
			return;
	}
	if (run->options.has_echo)
		call_returns(run, site, run->options.echo);
}

static void make_calls_32(struct run *run, const struct site *site)
{
	const uint64_t args[6] = {random64()};
	struct call32 calls[6];

	for (unsigned i = 0; i < 6; i++)
		hypercall32_prepare(site, (enum mode32)(i % 3), i, args, 0, &calls[i]);
	if (run->options.has_echo)
		calls[5].in.rbx = run->options.echo;
	hypercalls32(calls, 6);
	for (unsigned i = 0; i < 6; i++)
		expect_returned32(run, &calls[i]);
}

void make_exits(void)
{
	struct outcome outcome;

	interact_rdmsr(KVM2007_MSR_API_MAGIC, &outcome);
	interact_rdmsr(KVM2007_MSR_API_MAGIC + 1, &outcome);
	cpuid(0, 0);
	inb(0x80);
}

static void after(struct run *run, void (*later)(struct run *run, const struct site *site))
{
	struct page_sums before;
	struct site site;

	if (!register_watched(run, &site))
		return;
	pages_sum(&before);
	later(run, &site);
	expect_pages_kept(run, &before);
}

/* Calls write nothing into the page, neither ret nor the bytes after the head. */
static void after_calls(struct run *run)
{
	after(run, make_calls);
}

static void after_calls_32(struct run *run)
{
	after(run, make_calls_32);
}

static void exit_otherwise(struct run *run, const struct site *site)
{
	(void)run;
	(void)site;
	make_exits();
}

/* Nor does what the host has to handle otherwise. */
static void after_exits(struct run *run)
{
	after(run, exit_otherwise);
}

/* The page of an earlier registration is left alone, however that of another one ends. */
static void earlier_page(struct run *run)
{
	struct registration all[REGISTRATIONS_MAX];
	struct page_sums before;
	struct answer answer;
	struct site site;

	for (unsigned ending = 0; ending < ENDINGS; ending++) {
		if (!register_watched(run, &site))
			return;
		if (!registrations((enum ending)ending, page_gpa(PAGE_STATE_B), site.gpa, all))
			continue;
		registration_prepare(&all[0], state_of(PAGE_STATE_B), &answer);
		pages_sum(&before);
		registration_make(&all[0], 0, &answer);
		undo_answer(&answer);
		expect_pages_kept(run, &before);
	}
}

static const struct check checks[] = {
	{"state.after-calls", "S4", .body = after_calls},
	{"state.earlier-page", "S4", .body = earlier_page},
	{"state.after-exits", "S4", .body = after_exits},
	{"state.after-calls-legacy", "S4", CHECK_LEGACY, .body = after_calls_32},
};

const struct area later_area = AREA(checks);
