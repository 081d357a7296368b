/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm2007/vcpu_pages.h"

#define WORDS(bytes) ((bytes) / sizeof(uint64_t))

/* In words: where the noise begins, its gap for the head of the state page, and where it ends. */
#define NOISE_START (WORDS(offsetof(struct vcpu_pages, noise)) + 1)
#define HEAD_START  WORDS(offsetof(struct vcpu_pages, state))
#define HEAD_END    (HEAD_START + WORDS(STATE_HEAD))
#define NOISE_END   WORDS(sizeof(struct vcpu_pages))

void vcpu_pages_prepare(struct vcpu_pages *pages, uint32_t version)
{
	pages->version = version;
	pages->registered = false;
	prepare_state(&pages->state, version, pages->site.gpa, &pages->answer);
}

/* The word of noise after @word. */
static unsigned next_word(unsigned word)
{
	return ++word == HEAD_START ? HEAD_END : word;
}

static void reset(struct vcpu_pages *pages, struct site site)
{
	uint64_t *words = (uint64_t *)pages;

	pages->site = site;
	pages->noise = random64();
	for (unsigned i = NOISE_START; i < NOISE_END; i = next_word(i))
		words[i] = pages->noise;
	vcpu_pages_prepare(pages, KVM2007_API_VERSION);
}

/* Whether the head has the answer to its registration. */
static bool answered(const struct kvm_vcpu_para_state *state)
{
	const uint32_t host = first_contact.host_version;
	const uint32_t ret = state->guest_version > host ? (uint32_t)-KVM2007_EINVAL : 0;

	return state->host_version == host && state->ret == ret;
}

static bool unanswered(const struct vcpu_pages *pages)
{
	return pages->state.host_version == pages->answer.version_sentinel &&
	       pages->state.ret == pages->answer.ret_sentinel;
}

bool vcpu_state_untouched(const struct vcpu_pages *pages)
{
	const struct kvm_vcpu_para_state *state = &pages->state;

	return state->guest_version == pages->version && state->size == sizeof(*state) &&
	       state->hypercall_gpa == pages->site.gpa &&
	       (pages->registered ? answered(state) : unanswered(pages));
}

static bool untouched(const struct vcpu_pages *pages)
{
	const uint64_t *words = (const uint64_t *)pages;

	for (unsigned i = NOISE_START; i < NOISE_END; i = next_word(i)) {
		if (words[i] != pages->noise)
			return false;
	}
	return vcpu_state_untouched(pages);
}

void vcpu_pages_reset(struct run *run)
{
	const unsigned room = PAGE_SIZE / (run->vcpus + 1); /* from one vCPU's site to the next */

	pages_reset();
	for (unsigned id = 0; id < run->vcpus; id++)
		reset(vcpu_pages(id), make_site(PAGE_SITE_A, (id + 1) * room));
}

void vcpu_pages_share_site(struct run *run, struct site site)
{
	for (unsigned id = 0; id < run->vcpus; id++)
		vcpu_pages(id)->site = site;
}

void expect_vcpu_pages_untouched(struct run *run)
{
	for (unsigned id = 0; id < run->vcpus; id++)
		expect(run, untouched(vcpu_pages(id)), "page of vCPU %u: wanted it kept", id);
}

void vcpu_pages_register(struct vcpu_pages *pages, uint32_t version)
{
	vcpu_pages_prepare(pages, version);
	pages->registered = true;
	register_gpa((uint64_t)&pages->state, &pages->answer);
}
