/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S1, S5, S6, S8, V1-V3, P4: which registrations succeed, which are refused, and which fault; and a
 * registration that fails changes nothing.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "lib/boot.h"
#include "lib/string.h"
#include "x86/defs.h"

#define VERSION KVM2007_API_VERSION

#define ONE_TIB (UINT64_C(1) << 40)

/* V2: a guest of the version in .arg is accepted. */
static void accepted(struct run *run)
{
	struct site site = fresh_site();
	struct answer answer;

	register_page(PAGE_STATE_A, run->check->arg, site.gpa, &answer);
	expect_success(run, &answer, &site);
}

static void same_page(struct run *run)
{
	struct site site = fresh_site();

	for (unsigned i = 0; i < 3; i++)
		expect_registration(run, &site);
}

static void other_page(struct run *run)
{
	struct site site = fresh_site();
	struct answer answer;

	expect_registration(run, &site);
	register_page(PAGE_STATE_B, VERSION, site.gpa, &answer);
	expect_success(run, &answer, &site);
}

/* S6: sites that are patched stay patched. */
static void other_site(struct run *run)
{
	struct site first = fresh_site();
	struct site second = make_site(PAGE_SITE_B, 0x300);

	expect_registration(run, &first);
	expect_registration(run, &second);
	expect_patched(run, &first);
}

struct wanted_page {
	uint64_t gpa;
	bool found;
};

static bool look_for_page(const struct boot_region *region, void *arg)
{
	struct wanted_page *page = arg;

	page->found = region->type == BOOT_MEMORY_AVAILABLE && region->base <= page->gpa &&
		      region->length >= page->gpa - region->base + PAGE_SIZE;
	return !page->found;
}

bool page_available(uint64_t gpa)
{
	struct wanted_page page = {.gpa = gpa};

	return boot_each_region(look_for_page, &page) && page.found;
}

/* S8: gpa 0 is a page as any other, and no way to unregister. */
static void page_zero(struct run *run)
{
	static uint8_t saved[64]; /* of the page, where firmware may have data in use */
	struct site site = fresh_site();
	struct kvm_vcpu_para_state *zero;
	struct answer answer;
	uint64_t sum;

	if (!page_available(0)) {
		skip(run, "the memory map has no page 0");
		return;
	}
	zero = (struct kvm_vcpu_para_state *)page_borrow(0);
	memcpy(saved, zero, sizeof(saved));
	prepare_state(zero, VERSION, site.gpa, &answer);
	sum = sum_words(zero, zero + 1);
	register_gpa(0, &answer);
	if (expect_returned(run, "WRMSR of gpa 0", &answer.wrmsr)) {
		expect_equal(run, "ret at gpa 12", zero->ret, 0);
		expect_patched(run, &site);
	}
	undo_answer(&answer);
	expect(run, sum_words(zero, zero + 1) == sum,
	       "page 0: wanted all of it kept but host_version and ret");
	memcpy(zero, saved, sizeof(saved));
}

/* V1: a guest newer than the host is refused; versions are unsigned. */
static void newer(struct run *run)
{
	static const uint32_t versions[] = {2, 0x7fffffff, 0x80000000, 0xffffffff};
	const uint32_t version = versions[run->check->arg];
	struct site site = fresh_site();
	struct answer answer;

	if (first_contact.host_version >= version) {
		skip(run, "the host is as new as that");
		return;
	}
	register_page(PAGE_STATE_A, version, site.gpa, &answer);
	expect_refusal(run, &answer, &site);
}

/* S5: #GP(0), and neither the page nor @site is written. */
static void expect_gpa_faults(struct run *run, const struct site *site, uint64_t gpa)
{
	struct answer answer;

	prepare_page(PAGE_STATE_A, VERSION, site->gpa, &answer);
	register_gpa(gpa, &answer);
	if (!answer.wrmsr.faulted)
		tap_diag("gpa %#lx", gpa);
	expect_gp(run, "WRMSR of a bad gpa", &answer.wrmsr);
	expect_equal(run, "host_version", answer.state->host_version, answer.version_sentinel);
	expect_equal(run, "ret", answer.state->ret, answer.ret_sentinel);
	expect_unpatched(run, site);
	expect_page_kept(run, PAGE_CANARY_1);
}

static void misaligned(struct run *run)
{
	static const unsigned offsets[] = {1, 2, 8, 16, 0x800, 0xfff};
	const struct site site = fresh_site();

	for (unsigned i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		expect_gpa_faults(run, &site, page_gpa(PAGE_STATE_A) + offsets[i]);
}

static void outside(struct run *run)
{
	uint64_t addresses[ADDRESSES_MAX];
	unsigned n = outside_addresses(addresses);
	const struct site site = fresh_site();

	for (unsigned i = 0; i < n; i++)
		expect_gpa_faults(run, &site, addresses[i]);
}

/* The address of a good page with one more bit set, so that no memory is there. */
static void high_bits(struct run *run)
{
	uint64_t gpa = page_gpa(PAGE_STATE_A);
	const struct site site = fresh_site();

	expect_gpa_faults(run, &site, gpa | BIT(52));
	expect_gpa_faults(run, &site, gpa | BIT(63));
	if (ONE_TIB >= boot_memory_end())
		expect_gpa_faults(run, &site, gpa | ONE_TIB);
}

static void site_outside(struct run *run)
{
	uint64_t addresses[ADDRESSES_MAX + 1];
	unsigned n = outside_addresses(addresses);
	const struct site site = fresh_site();

	addresses[n++] = page_gpa(PAGE_SITE_A) | BIT(52);
	for (unsigned i = 0; i < n; i++) {
		struct answer answer;

		register_page(PAGE_STATE_A, VERSION, addresses[i] + 0x100, &answer);
		expect_refusal(run, &answer, &site);
	}
}

/* S1: a registration from legacy mode has the same answer as one from long mode. */
static void expect_registered_from(struct run *run, enum mode32 mode)
{
	const struct kvm_vcpu_para_state *a = state_of(PAGE_STATE_A), *b = state_of(PAGE_STATE_B);
	struct answer answer;
	struct call32 call;
	struct site site;

	if (!register_default(run, &site))
		return;
	prepare_page(PAGE_STATE_B, KVM2007_API_VERSION, site.gpa, &answer);
	site = make_site(PAGE_SITE_A, SITE_OFFSET);
	interact_wrmsr32(KVM2007_MSR_API_MAGIC, page_gpa(PAGE_STATE_B), mode, 0, &call);
	expect_returned32(run, &call);
	expect(run, !memcmp(a, b, STATE_HEAD),
	       "the page: wanted what a registration from long mode gives");
	expect_patched(run, &site);
}

static void from_unpaged(struct run *run)
{
	expect_registered_from(run, MODE32_UNPAGED);
}

static void from_paged(struct run *run)
{
	expect_registered_from(run, MODE32_PAGED);
	expect_registered_from(run, MODE32_PAE);
}

/* V3: after a refusal or a fault a correct registration succeeds. */
static void after_failure(struct run *run)
{
	struct registration all[REGISTRATIONS_MAX];
	struct site site = fresh_site();
	struct answer answer;

	if (run->check->arg == NEWER && !needs_newer(run))
		return;
	registrations((enum ending)run->check->arg, page_gpa(PAGE_STATE_A), site.gpa, all);
	registration_prepare(&all[0], state_of(PAGE_STATE_A), &answer);
	registration_make(&all[0], 0, &answer);
	site = fresh_site();
	expect_registration(run, &site);
}

static const struct check checks[] = {
	{"register.success", "V2", .body = accepted, .arg = VERSION},
	{"register.same-page", "S6", .body = same_page},
	{"register.other-page", "S6", .body = other_page},
	{"register.other-site", "S6", .body = other_site},
	{"register.page-zero", "S8", .body = page_zero},
	{"register.old-version", "V2", .body = accepted, .arg = 0},
	{"register.newer-2", "V1", .body = newer, .arg = 0},
	{"register.newer-7fffffff", "V1", .body = newer, .arg = 1},
	{"register.newer-80000000", "V1", .body = newer, .arg = 2},
	{"register.newer-ffffffff", "V1", .body = newer, .arg = 3},
	{"register.misaligned", "S5", .body = misaligned},
	{"register.outside", "S5", .body = outside},
	{"register.high-bits", "S5", .body = high_bits},
	{"register.site-outside", "P4", .body = site_outside},
	{"register.from-unpaged", "S1", CHECK_LAST, .body = from_unpaged},
	{"register.from-paged", "S1", CHECK_LAST, .body = from_paged},
	{"register.cpl3", "D4", .body = register_cpl3},
	{"register.after-newer", "V3", .body = after_failure, .arg = NEWER},
	{"register.after-misaligned", "V3", .body = after_failure, .arg = MISALIGNED},
	{"register.after-outside", "V3", .body = after_failure, .arg = OUTSIDE},
	{"register.after-site-outside", "V3", .body = after_failure, .arg = SITE_OUTSIDE},
};

const struct area register_area = AREA(checks);
