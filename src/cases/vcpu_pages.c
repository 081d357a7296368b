/* SPDX-License-Identifier: GPL-2.0-only */
#include "cases/vcpu_pages.h"

#define WORDS(bytes) ((bytes) / sizeof(uint64_t))

/* Where the noise begins, the gap in it, and where it ends. */
#define NOISE_START (WORDS(offsetof(struct vcpu_pages, noise)) + 1)
#define HEAD_START  WORDS(offsetof(struct vcpu_pages, state))
#define HEAD_END    (HEAD_START + WORDS(24))
#define NOISE_END   WORDS(sizeof(struct vcpu_pages))

void vcpu_pages_prepare(struct vcpu_pages *pages, uint32_t version)
{
	pages->version = version;
	pages->asked = false;
	prepare_state(&pages->state, version, pages->site.gpa, &pages->answer);
}

/* The word of noise that follows @word. */
static unsigned next_word(unsigned word)
{
	return ++word == HEAD_START ? HEAD_END : word;
}

void vcpu_pages_reset(struct vcpu_pages *pages, struct site site)
{
	uint64_t *words = (uint64_t *)pages;

	pages->site = site;
	pages->noise = para_random();
	for (unsigned i = NOISE_START; i < NOISE_END; i = next_word(i))
		words[i] = pages->noise;
	vcpu_pages_prepare(pages, KVM_PARA_API_VERSION);
}

bool vcpu_pages_untouched(const struct vcpu_pages *pages)
{
	const struct kvm_vcpu_para_state *state = &pages->state;
	const uint64_t *words = (const uint64_t *)pages;

	for (unsigned i = NOISE_START; i < NOISE_END; i = next_word(i)) {
		if (words[i] != pages->noise)
			return false;
	}
	return state->guest_version == pages->version && state->size == sizeof(*state) &&
	       state->hypercall_gpa == pages->site.gpa &&
	       (pages->asked || (state->host_version == pages->answer.version_sentinel &&
				 state->ret == pages->answer.ret_sentinel));
}
