/* SPDX-License-Identifier: GPL-2.0-only */
/* S4, V1: a host knows no special numbers: small ones, and those of one bit, are tried in turn. */
#include "guest/kvm2007/checks.h"
#include "x86/defs.h"

#define SMALL  16 /* with bits 0 to 3 */
#define VALUES (SMALL + 28)

static uint32_t value(unsigned n)
{
	return n < SMALL ? n : (uint32_t)BIT(n - SMALL + 4);
}

static void expect_refused(struct run *run, const struct site *site, uint64_t version)
{
	struct answer answer;

	if (version <= first_contact.host_version || version > UINT32_MAX)
		return;
	register_page(PAGE_STATE_A, (uint32_t)version, site->gpa, &answer);
	expect_refusal(run, &answer, site);
	if (run->failed)
		check_diag("version %#lx", version);
}

static void newer(struct run *run)
{
	const uint64_t host = first_contact.host_version;
	struct site site = fresh_site();

	for (unsigned n = 0; n < VALUES && !run->failed; n++) {
		expect_refused(run, &site, value(n));
		if (host + value(n) >= SMALL) /* else it is one of these */
			expect_refused(run, &site, host + value(n));
	}
}

static void sizes(struct run *run)
{
	struct site site = fresh_site();
	struct answer answer;

	for (unsigned n = 0; n < VALUES && !run->failed; n++) {
		site_restore(&site);
		prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
		answer.state->size = value(n);
		register_gpa(page_gpa(PAGE_STATE_A), &answer);
		expect_success(run, &answer, &site);
		expect_equal(run, "size", answer.state->size, value(n));
	}
}

static const struct check checks[] = {
	{"register.newer-values", "V1", .body = newer},
	{"state.sizes", "S4", .body = sizes},
};

const struct area value_area = AREA(checks);
