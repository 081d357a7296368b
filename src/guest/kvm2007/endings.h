/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways in which a registration can end, registrations that must end so, and what each of them
 * must leave as it was.
 */
#ifndef GUEST_KVM2007_ENDINGS_H
#define GUEST_KVM2007_ENDINGS_H

#include "guest/compare.h"
#include "guest/kvm2007/registration.h"

/* Accepted; refused for the version (V1) or for the site (P4); #GP for the page's gpa (S5). */
enum ending { ACCEPTED, NEWER, SITE_OUTSIDE, MISALIGNED, OUTSIDE };
#define ENDINGS 5

/* What the guest registers, and how that must end. */
struct registration {
	enum ending ending;
	uint32_t version;
	uint64_t site; /* gpa */
	uint64_t page; /* gpa */
};

/*
 * Writes to @all the registrations of @page and @site, by their gpas, that must end so.  Returns
 * how many: none if host_is_newest() and @ending is NEWER.
 */
#define REGISTRATIONS_MAX 3
unsigned registrations(enum ending ending, uint64_t page, uint64_t site,
		       struct registration all[REGISTRATIONS_MAX]);

/* Whether no guest can be newer than the host. */
bool host_is_newest(void);

/* Whether a guest can be newer than the host; if not, the check is a skip. */
bool needs_newer(struct run *run);

/* Fills the head of the @state that is registered.  Registers, with the flags @rflags. */
void registration_prepare(const struct registration *r, struct kvm_vcpu_para_state *state,
			  struct answer *answer);
void registration_make(const struct registration *r, uint64_t rflags, struct answer *answer);

/* Expects that it ended as it must: host_version (S2, V2), ret (S3), and @site (P1, P7). */
void expect_ending(struct run *run, const struct registration *r, const struct answer *answer,
		   const struct site *site);

/* Writes back what a registration changes in a state page: host_version and ret. */
void undo_answer(const struct answer *answer);

/* Expects that the sum of @page is still the same. */
void expect_page_sum(struct run *run, unsigned page, uint64_t got, uint64_t wanted);

/* Expects all pages of pages.h as they were at pages_sum(@before). */
void expect_pages_kept(struct run *run, const struct page_sums *before);

/* Writes back all that a registration changes, @site too.  Then expects all pages as they were. */
void expect_rest_kept(struct run *run, const struct page_sums *before, const struct answer *answer,
		      const struct site *site);

/* For comparisons: all compared flags but IF. */
#define NOISE_FLAGS (COMPARED_FLAGS & ~RFLAGS_IF)

#endif
