/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm2007/endings.h"

bool host_is_newest(void)
{
	return first_contact.host_version == UINT32_MAX;
}

bool needs_newer(struct run *run)
{
	if (host_is_newest())
		skip(run, "no guest is newer than this host");
	return !host_is_newest();
}

/* Versions of a guest that the host must accept (V2), or refuse (V1). */
static unsigned versions(enum ending ending, uint32_t all[REGISTRATIONS_MAX])
{
	const uint32_t host = first_contact.host_version;

	if (ending == NEWER && host_is_newest())
		return 0;
	all[0] = ending == NEWER ? host + 1 : host;
	all[1] = ending == NEWER ? UINT32_MAX : KVM2007_API_VERSION;
	all[2] = ending == NEWER ? host | 0x80000001 : 0;
	return ending == NEWER && all[2] == host ? 2 : 3;
}

unsigned registrations(enum ending ending, uint64_t page, uint64_t site,
		       struct registration all[REGISTRATIONS_MAX])
{
	static const uint16_t offsets[REGISTRATIONS_MAX] = {1, 8, 0xfff};
	uint32_t version[REGISTRATIONS_MAX];
	uint64_t outside[ADDRESSES_MAX];
	unsigned n = versions(ending, version);

	if (ending == SITE_OUTSIDE || ending == OUTSIDE)
		n = outside_addresses(outside);
	for (unsigned i = 0; i < n; i++) {
		all[i] = (struct registration){ending, version[i], site, page};
		if (ending == SITE_OUTSIDE)
			all[i].site = outside[i] + SITE_OFFSET;
		if (ending == MISALIGNED)
			all[i].page += offsets[i];
		if (ending == OUTSIDE)
			all[i].page = outside[i];
	}
	return n;
}

void registration_prepare(const struct registration *r, struct kvm_vcpu_para_state *state,
			  struct answer *answer)
{
	prepare_state(state, r->version, r->site, answer);
}

void registration_make(const struct registration *r, uint64_t rflags, struct answer *answer)
{
	interact_msr(KVM2007_MSR_API_MAGIC, true, r->page, rflags, &answer->wrmsr);
}

void expect_ending(struct run *run, const struct registration *r, const struct answer *answer,
		   const struct site *site)
{
	const struct kvm_vcpu_para_state *state = answer->state;
	bool faults = r->ending == MISALIGNED || r->ending == OUTSIDE;
	uint32_t ret = r->ending == ACCEPTED ? 0 : (uint32_t)-KVM2007_EINVAL;

	if (faults)
		expect_gp(run, "registration", &answer->wrmsr);
	else
		expect_returned(run, "registration", &answer->wrmsr);
	expect_equal(run, "host_version", state->host_version,
		     faults ? answer->version_sentinel : first_contact.host_version);
	expect_equal(run, "ret", state->ret, faults ? answer->ret_sentinel : ret);
	if (r->ending == ACCEPTED)
		expect_patched(run, site);
	else
		expect_unpatched(run, site);
}

void undo_answer(const struct answer *answer)
{
	answer->state->host_version = answer->version_sentinel;
	answer->state->ret = answer->ret_sentinel;
}

void expect_page_sum(struct run *run, unsigned page, uint64_t got, uint64_t wanted)
{
	expect(run, got == wanted, "page %#lx: wanted it unchanged", page_gpa(page));
}

void expect_pages_kept(struct run *run, const struct page_sums *before)
{
	struct page_sums after;

	pages_sum(&after);
	for (unsigned i = 0; i < PAGES; i++)
		expect_page_sum(run, i, after.of[i], before->of[i]);
}

void expect_rest_kept(struct run *run, const struct page_sums *before, const struct answer *answer,
		      const struct site *site)
{
	undo_answer(answer);
	site_restore(site);
	expect_pages_kept(run, before);
}
