/* SPDX-License-Identifier: GPL-2.0-only */
/* Registrations: what the guest prepares, what the host answers, and the first contact. */
#ifndef GUEST_KVM2007_REGISTRATION_H
#define GUEST_KVM2007_REGISTRATION_H

#include "guest/abi.h"
#include "guest/kvm2007/call.h"

/* The host's answer to a registration. */
struct answer {
	struct outcome wrmsr;
	uint32_t version_sentinel, ret_sentinel;
	struct kvm_vcpu_para_state *state; /* the page afterwards */
};

/* Where in its page a site is, if it does not matter. */
#define SITE_OFFSET 0x100

/* Resets all pages, and makes an unpatched site: in site page A; at byte @offset of @page. */
struct site fresh_site(void);
struct site fresh_site_at(unsigned page, unsigned offset);

struct kvm_vcpu_para_state *state_of(unsigned page);

/*
 * Fills the head of a state page for a registration of @hypercall_gpa by a guest of @version, with
 * sentinels where the host is to write.
 */
void prepare_state(struct kvm_vcpu_para_state *state, uint32_t version, uint64_t hypercall_gpa,
		   struct answer *answer);
void prepare_page(unsigned page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer);

/* Prepares @page and registers it; state page A, as a guest of the ABI's version with @site. */
void register_page(unsigned page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer);
void register_site(const struct site *site, struct answer *answer);

/* A success: ret is 0, the site is patched; a refusal: ret is -KVM_EINVAL, the site is not. */
void expect_success(struct run *run, const struct answer *answer, const struct site *site);
void expect_refusal(struct run *run, const struct answer *answer, const struct site *site);

/* Registers @site, which must be a success. */
void expect_registration(struct run *run, const struct site *site);

/*
 * Gives a site to call through: the one that this patched last, if the pages were not reset since;
 * else it resets them and registers state page A with a site on site page A.
 */
bool register_default(struct run *run, struct site *site);

/* What the first contact showed (D2). */
struct first_contact {
	struct outcome rdmsr;
	bool answered;           /* WRMSR changed the page or the site */
	bool neighbour_answered; /* WRMSR of a neighbour did */
	uint32_t host_version;   /* if it answered */
};

extern struct first_contact first_contact;

/* Makes the first contact: the run's first interactions. */
void discover(struct run *run);

#endif
