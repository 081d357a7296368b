/* SPDX-License-Identifier: GPL-2.0-only */
/* S2-S4: the host writes host_version and ret, in a refusal too, and nothing else in any page. */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "x86/defs.h"

/* Registers state page A as a guest of @version.  Expects an answer, and returns it. */
static struct answer answer_to(struct run *run, uint32_t version)
{
	struct site site = fresh_site();
	struct answer answer;

	register_page(PAGE_STATE_A, version, site.gpa, &answer);
	expect_returned(run, "registration", &answer.wrmsr);
	expect(run,
	       answer.state->host_version != answer.version_sentinel ||
		       answer.state->ret != answer.ret_sentinel,
	       "registration: wanted an answer, got none");
	return answer;
}

static void expect_version(struct run *run, uint32_t guest_version)
{
	struct answer answer = answer_to(run, guest_version);

	expect(run, answer.state->host_version != answer.version_sentinel,
	       "host_version: wanted it written, got the sentinel %#x", answer.version_sentinel);
	expect_equal(run, "host_version", answer.state->host_version, first_contact.host_version);
	expect(run, answer.state->host_version >= KVM2007_API_VERSION,
	       "host_version: wanted %u or more, got %u", KVM2007_API_VERSION,
	       answer.state->host_version);
}

static void host_version(struct run *run)
{
	expect_version(run, KVM2007_API_VERSION);
	expect_version(run, 0);
}

/* Every host but one of this version refuses it, the highest of all. */
static void host_version_refused(struct run *run)
{
	expect_version(run, UINT32_MAX);
}

static void ret(struct run *run)
{
	struct answer answer = answer_to(run, KVM2007_API_VERSION);

	expect_equal(run, "ret", answer.state->ret, 0);
}

static void ret_refused(struct run *run)
{
	struct answer answer;

	if (!needs_newer(run))
		return;
	answer = answer_to(run, UINT32_MAX);
	expect_equal(run, "ret", answer.state->ret, (uint32_t)-KVM2007_EINVAL);
}

static void expect_fields(struct run *run, uint32_t version)
{
	struct answer answer = answer_to(run, version);
	const struct kvm_vcpu_para_state *state = answer.state;

	expect_equal(run, "guest_version", state->guest_version, version);
	expect_equal(run, "size", state->size, sizeof(*state));
	expect_equal(run, "hypercall_gpa", state->hypercall_gpa,
		     page_gpa(PAGE_SITE_A) + SITE_OFFSET);
}

static void guest_fields(struct run *run)
{
	expect_fields(run, KVM2007_API_VERSION);
	expect_fields(run, 0);
	expect_fields(run, UINT32_MAX);
}

static void expect_untouched(struct run *run, const char *what, unsigned page, unsigned from)
{
	expect(run, page_untouched(page, from, PAGE_SIZE),
	       "%s, bytes %u-4095: wanted them as they were, got a change", what, from);
}

static void rest(struct run *run)
{
	answer_to(run, KVM2007_API_VERSION);
	expect_untouched(run, "page after a success", PAGE_STATE_A, STATE_HEAD);
	answer_to(run, UINT32_MAX);
	expect_untouched(run, "page after a refusal", PAGE_STATE_A, STATE_HEAD);
}

static void expect_canaries(struct run *run)
{
	expect_untouched(run, "page before", PAGE_CANARY_0, 0);
	expect_untouched(run, "page behind", PAGE_CANARY_1, 0);
	expect_untouched(run, "another state page", PAGE_STATE_B, 0);
	expect_untouched(run, "page behind that", PAGE_CANARY_2, 0);
	expect_untouched(run, "page behind the sites", PAGE_CANARY_3, 0);
}

static void canaries(struct run *run)
{
	answer_to(run, KVM2007_API_VERSION);
	expect_canaries(run);
	answer_to(run, UINT32_MAX);
	expect_canaries(run);
}

static void size(struct run *run)
{
	static const uint32_t sizes[] = {0, 1, 24, 4095, 4097, 0x80000000, UINT32_MAX};
	const struct site site = fresh_site();

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct answer answer;

		site_restore(&site);
		prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
		answer.state->size = sizes[i];
		register_gpa(page_gpa(PAGE_STATE_A), &answer);
		expect_success(run, &answer, &site);
		expect_equal(run, "size", answer.state->size, sizes[i]);
	}
}

static const struct check checks[] = {
	{"state.host-version", "S2", .body = host_version},
	{"state.host-version-refused", "S2", .body = host_version_refused},
	{"state.ret", "S3", .body = ret},
	{"state.ret-refused", "S3", .body = ret_refused},
	{"state.guest-fields", "S4", .body = guest_fields},
	{"state.rest", "S4", .body = rest},
	{"state.canaries", "S4", .body = canaries},
	{"state.size", "S4", .body = size},
};

const struct area state_area = AREA(checks);
