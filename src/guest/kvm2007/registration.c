/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm2007/registration.h"

#include "guest/kvm2007/checks.h"
#include "guest/vcpu.h"
#include "lib/printf.h"
#include "x86/defs.h"

/* A random number that is no version, not 0, and no negative error code. */
static uint32_t sentinel(void)
{
	return ((uint32_t)random64() & 0x7fffff00) | 0x40000042;
}

struct site fresh_site_at(unsigned page, unsigned offset)
{
	pages_reset();
	return make_site(page, offset);
}

struct site fresh_site(void)
{
	return fresh_site_at(PAGE_SITE_A, SITE_OFFSET);
}

struct kvm_vcpu_para_state *state_of(unsigned page)
{
	return (struct kvm_vcpu_para_state *)page_bytes(page);
}

void prepare_state(struct kvm_vcpu_para_state *state, uint32_t version, uint64_t hypercall_gpa,
		   struct answer *answer)
{
	answer->state = state;
	answer->version_sentinel = sentinel();
	answer->ret_sentinel = sentinel();
	state->guest_version = version;
	state->host_version = answer->version_sentinel;
	state->size = sizeof(*state);
	state->ret = answer->ret_sentinel;
	state->hypercall_gpa = hypercall_gpa;
}

void prepare_page(unsigned page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer)
{
	prepare_state(state_of(page), version, hypercall_gpa, answer);
}

void register_gpa(uint64_t gpa, struct answer *answer)
{
	interact_wrmsr(KVM2007_MSR_API_MAGIC, gpa, &answer->wrmsr);
}

void register_page(unsigned page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer)
{
	prepare_page(page, version, hypercall_gpa, answer);
	register_gpa(page_gpa(page), answer);
}

void register_site(const struct site *site, struct answer *answer)
{
	register_page(PAGE_STATE_A, KVM2007_API_VERSION, site->gpa, answer);
}

static void expect_site(struct run *run, const struct site *site, bool met, const char *wanted)
{
	expect(run, met, "site %#lx: wanted %s, got %02x %02x %02x %02x", site->gpa, wanted,
	       site->bytes[0], site->bytes[1], site->bytes[2], site->bytes[3]);
}

void expect_patched(struct run *run, const struct site *site)
{
	expect_site(run, site, site_patched(site), "the vendor's instruction");
}

void expect_unpatched(struct run *run, const struct site *site)
{
	expect_site(run, site, site_unpatched(site), "it unpatched");
}

static bool expect_ret(struct run *run, const struct answer *answer, uint32_t ret)
{
	if (!expect_returned(run, "registration", &answer->wrmsr))
		return false;
	expect_equal(run, "ret", answer->state->ret, ret);
	return true;
}

void expect_success(struct run *run, const struct answer *answer, const struct site *site)
{
	if (expect_ret(run, answer, 0))
		expect_patched(run, site);
}

void expect_refusal(struct run *run, const struct answer *answer, const struct site *site)
{
	if (expect_ret(run, answer, (uint32_t)-KVM2007_EINVAL))
		expect_unpatched(run, site);
}

void expect_registration(struct run *run, const struct site *site)
{
	struct answer answer;

	register_site(site, &answer);
	expect_success(run, &answer, site);
}

bool register_default(struct run *run, struct site *site)
{
	static struct site patched;
	static uint64_t generation; /* of the pages, when it was patched */
	struct answer answer;

	if (generation && generation == pages_generation() && site_patched(&patched)) {
		*site = patched;
		return true;
	}
	*site = fresh_site();
	register_site(site, &answer);
	if (!expect_returned(run, "registration", &answer.wrmsr))
		return false;
	patched = *site;
	generation = pages_generation();
	expect(run, site_patched(site), "no registration, so no call: the site is not patched");
	return site_patched(site);
}

/* Whether the host wrote to the page or the site, even where this ABI does not allow it. */
static bool host_changed(const struct answer *answer, const struct site *site)
{
	const struct kvm_vcpu_para_state *state = answer->state;

	return state->host_version != answer->version_sentinel ||
	       state->ret != answer->ret_sentinel || state->guest_version != KVM2007_API_VERSION ||
	       state->size != sizeof(*state) || state->hypercall_gpa != site->gpa ||
	       !page_untouched(PAGE_STATE_A, STATE_HEAD, PAGE_SIZE) || !site_unpatched(site);
}

struct first_contact first_contact;
struct presence kvm2007_host;

static void describe_absence(const struct outcome *rdmsr, const struct outcome *wrmsr)
{
	char *seen = kvm2007_host.seen;
	size_t size = sizeof(kvm2007_host.seen);
	uint32_t msr = KVM2007_MSR_API_MAGIC;

	if (rdmsr->faulted && wrmsr->faulted)
		format(seen, size, "RDMSR and WRMSR of %#x fault", msr);
	else
		format(seen, size, "RDMSR of %#x %s, WRMSR %s", msr,
		       rdmsr->faulted ? "faults" : "says nothing",
		       wrmsr->faulted ? "faults" : "changes nothing");
}

void discover(struct run *run)
{
	static const uint32_t neighbours[2] = {KVM2007_MSR_API_MAGIC - 1,
					       KVM2007_MSR_API_MAGIC + 1};
	struct presence *host = &kvm2007_host;
	bool read[2], written[2]; /* whether the neighbours could be */
	struct first_contact *first = &first_contact;
	struct outcome rdmsr;
	struct answer answer;
	struct site site;

	site_init();
	memory_note(run);
	site = fresh_site();
	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
	for (unsigned i = 0; i < 2; i++) {
		interact_rdmsr(neighbours[i], &rdmsr);
		read[i] = !rdmsr.faulted;
		written[i] = wrmsr_returns(neighbours[i], page_gpa(PAGE_STATE_A));
	}
	first->neighbour_answered = host_changed(&answer, &site);

	interact_rdmsr(KVM2007_MSR_API_MAGIC, &first->rdmsr);
	site = make_site(PAGE_SITE_A, SITE_OFFSET);
	register_site(&site, &answer);
	first->wrmsr = answer.wrmsr;
	first->rest_kept = page_untouched(PAGE_STATE_A, STATE_HEAD, PAGE_SIZE);
	first->answered = host_changed(&answer, &site);
	first->host_version = answer.state->host_version;
	host->registered = !answer.wrmsr.faulted && answer.state->ret == 0 && site_patched(&site);

	/* D2: without an answer, if only the magic does not fault. */
	host->present = first->answered || (!first->rdmsr.faulted && !read[0] && !read[1]) ||
			(!answer.wrmsr.faulted && !written[0] && !written[1]);
	if (!host->present)
		describe_absence(&first->rdmsr, &answer.wrmsr);
}
