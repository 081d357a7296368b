/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S4, S9, S10, V1, V2: what registrations, refusals and calls leave alone, and versions that depend
 * on the host's own.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "lib/string.h"
#include "x86/defs.h"

#define SOME_CALLS 12

extern const uint8_t image_start[], rodata_end[];

/* What the head of a state page holds. */
struct snapshot {
	const uint8_t *page;
	uint8_t head[STATE_HEAD];
};

static struct snapshot take_snapshot(unsigned page)
{
	struct snapshot s = {.page = page_bytes(page)};

	memcpy(s.head, s.page, sizeof(s.head));
	return s;
}

static void expect_head(struct run *run, const char *what, const struct snapshot *s)
{
	for (unsigned i = 0; i < sizeof(s->head); i++)
		expect(run, s->page[i] == s->head[i], "%s, byte %u: wanted %#x, got %#x", what, i,
		       s->head[i], s->page[i]);
}

static void expect_unchanged(struct run *run, const char *what, unsigned page, unsigned from)
{
	expect(run, page_untouched(page, from, PAGE_SIZE),
	       "%s, bytes %u-4095: wanted them as they were, got a change", what, from);
}

/* S4: calls write nothing into the page, neither ret nor the bytes after the head. */
static void after_calls(struct run *run)
{
	static const uint64_t args[6];
	struct snapshot before;
	struct site site;

	if (!register_default(run, &site))
		return;
	before = take_snapshot(PAGE_STATE_A);
	for (unsigned i = 0; i < SOME_CALLS; i++) {
		uint64_t index = run->options.has_echo && i % 2 ? run->options.echo : i;
		struct outcome call;

		hypercall64(&site, index, args, &call);
		if (!expect_returned(run, "call", &call))
			return;
	}
	expect_head(run, "page after calls", &before);
	expect_unchanged(run, "page after calls", PAGE_STATE_A, STATE_HEAD);
}

/* S4: the page of an earlier registration is left alone, whichever it is. */
static void earlier_page(struct run *run)
{
	struct site site = fresh_site();
	struct snapshot a, b;
	struct answer answer;

	expect_registration(run, &site);
	a = take_snapshot(PAGE_STATE_A);
	register_page(PAGE_STATE_B, KVM2007_API_VERSION, site.gpa, &answer);
	expect_success(run, &answer, &site);
	expect_head(run, "page A after B's registration", &a);
	b = take_snapshot(PAGE_STATE_B);
	expect_registration(run, &site);
	expect_head(run, "page B after A's registration", &b);
	expect_unchanged(run, "page A", PAGE_STATE_A, STATE_HEAD);
	expect_unchanged(run, "page B", PAGE_STATE_B, STATE_HEAD);
}

/* S2, S4, P7: of each kind of refusal that does not fault. */
static void expect_clean_refusal(struct run *run, uint32_t version, uint64_t site_gpa)
{
	struct site site = fresh_site();
	struct answer answer;

	register_page(PAGE_STATE_A, version, site_gpa ? site_gpa : site.gpa, &answer);
	expect_refusal(run, &answer, &site);
	expect_equal(run, "host_version", answer.state->host_version, first_contact.host_version);
	expect_equal(run, "guest_version", answer.state->guest_version, version);
	expect_equal(run, "size", answer.state->size, sizeof(*answer.state));
	expect_equal(run, "hypercall_gpa", answer.state->hypercall_gpa,
		     site_gpa ? site_gpa : site.gpa);
	expect_unchanged(run, "page", PAGE_STATE_A, STATE_HEAD);
	expect_unchanged(run, "page before", PAGE_CANARY_0, 0);
	expect_unchanged(run, "next page", PAGE_CANARY_1, 0);
	expect_unchanged(run, "another state page", PAGE_STATE_B, 0);
	expect_unchanged(run, "page after the sites", PAGE_CANARY_3, 0);
}

static void refusals(struct run *run)
{
	expect_clean_refusal(run, UINT32_MAX, 0);
	expect_clean_refusal(run, KVM2007_API_VERSION, BIT(63) | 0x100);
	expect_clean_refusal(run, UINT32_MAX, BIT(63) | 0x100);
}

/* V2: a guest of exactly the host's version is accepted; V1: of one more it is refused. */
static void exact_version(struct run *run)
{
	uint32_t version = first_contact.host_version + (uint32_t)run->check->arg;
	struct site site = fresh_site();
	struct answer answer;

	if (version < first_contact.host_version) {
		skip(run, "the host has the highest version of all");
		return;
	}
	register_page(PAGE_STATE_A, version, site.gpa, &answer);
	if (run->check->arg)
		expect_refusal(run, &answer, &site);
	else
		expect_success(run, &answer, &site);
}

/* S9: an access of the magic MSR with @value, by @wrmsr or not, with noise and all flags but IF. */
static void expect_msr_preserves(struct run *run, bool wrmsr, uint64_t value)
{
	static struct comparison c;
	struct outcome access;

	comparison_begin(&c, 0);
	interact_msr(KVM2007_MSR_API_MAGIC, wrmsr, value, COMPARED_FLAGS & ~RFLAGS_IF, &access);
	comparison_end(&c);
	if (access.faulted) /* 2007's hosts fault on RDMSR; probe.*-clean looks at the registers */
		return;
	expect_gprs(run, &access.before, &access.after, wrmsr ? 0 : GPR_BIT(rax) | GPR_BIT(rdx));
	expect_flags(run, access.before.rflags, access.after.rflags);
	for (unsigned group = GROUP_SEGMENTS; group <= GROUP_XMM; group++)
		expect_group(run, &c, group);
}

/* On a success, on both kinds of refusal, and on a #GP. */
static void msr_preserves(struct run *run)
{
	struct site site = fresh_site();
	struct answer answer;

	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
	expect_msr_preserves(run, true, page_gpa(PAGE_STATE_A));
	prepare_page(PAGE_STATE_A, UINT32_MAX, site.gpa, &answer);
	expect_msr_preserves(run, true, page_gpa(PAGE_STATE_A));
	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, BIT(63), &answer);
	expect_msr_preserves(run, true, page_gpa(PAGE_STATE_A));
	expect_msr_preserves(run, false, 0);
}

static uint64_t image_sum(void)
{
	uint64_t sum = 0;

	for (const uint64_t *word = (const uint64_t *)image_start;
	     word < (const uint64_t *)rodata_end; word++)
		sum = (sum ^ *word) * 31 + (sum >> 59);
	return sum;
}

/* S10: neither code nor constants of the guest's image change. */
static void image(struct run *run)
{
	static const uint64_t args[6];
	struct site site = fresh_site();
	uint64_t before = image_sum();
	struct outcome call;

	expect_registration(run, &site);
	if (run->failed)
		return;
	hypercall64(&site, 0, args, &call);
	expect_equal(run, "sum of the image", image_sum(), before);
}

static const struct check checks[] = {
	{"state.after-calls", "S4", .body = after_calls},
	{"state.earlier-page", "S4", .body = earlier_page},
	{"state.refusals", "S4", .body = refusals},
	{"state.image", "S10", .body = image},
	{"register.exact-version", "V2", .body = exact_version, .arg = 0},
	{"register.one-more", "V1", .body = exact_version, .arg = 1},
	{"register.keeps-all", "S9", .body = msr_preserves},
};

const struct area nothing_else_area = AREA(checks);
