/* SPDX-License-Identifier: GPL-2.0-only */
/* Registrations (S1-S4): what the guest prepares, what the host answers; and the first contact. */
#ifndef GUEST_KVM2007_REGISTRATION_H
#define GUEST_KVM2007_REGISTRATION_H

#include "guest/abi.h"
#include "guest/kvm2007/call.h"

/* The host's answer to a registration. */
struct answer {
	struct outcome wrmsr;
	uint32_t version_sentinel, ret_sentinel; /* host_version and ret before */
	struct kvm_vcpu_para_state *state;       /* the page, with its answer */
};

/* Bytes of a state page that the ABI defines. */
#define STATE_HEAD (offsetof(struct kvm_vcpu_para_state, hypercall_gpa) + sizeof(uint64_t))

/* Where in its page a site is, if that does not matter. */
#define SITE_OFFSET 0x100

/* Resets all pages, and makes an unpatched site: in site page A, or at byte @offset of @page. */
struct site fresh_site(void);
struct site fresh_site_at(unsigned page, unsigned offset);

struct kvm_vcpu_para_state *state_of(unsigned page);

/*
 * Fills the head of @state, or of the state page @page, for a registration of @hypercall_gpa by a
 * guest of @version, with sentinels where the host is to write.
 */
void prepare_state(struct kvm_vcpu_para_state *state, uint32_t version, uint64_t hypercall_gpa,
		   struct answer *answer);
void prepare_page(unsigned page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer);

/* WRMSR of the magic with @gpa, which was prepared. */
void register_gpa(uint64_t gpa, struct answer *answer);

/* Prepares @page and registers it. */
void register_page(unsigned page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer);

/* Prepares and registers state page A with @site, as a guest of KVM2007_API_VERSION. */
void register_site(const struct site *site, struct answer *answer);

/* Expects that @site has the vendor's instruction (P1); that it is as make_site() left it. */
void expect_patched(struct run *run, const struct site *site);
void expect_unpatched(struct run *run, const struct site *site);

/* Expects a success: ret is 0 (S3), and @site is patched (P1). */
void expect_success(struct run *run, const struct answer *answer, const struct site *site);

/* Expects a refusal: ret is -KVM2007_EINVAL (S3), and @site is unpatched (P7). */
void expect_refusal(struct run *run, const struct answer *answer, const struct site *site);

/* register_site(), and expects a success. */
void expect_registration(struct run *run, const struct site *site);

/*
 * Sets @site to a patched site: the last one that this registered, if it is still patched and the
 * pages were not reset since; else a fresh one, which it registers.  False: the check has failed.
 */
bool register_default(struct run *run, struct site *site);

/* What the first contact showed (D2). */
struct first_contact {
	struct outcome rdmsr, wrmsr; /* of the magic */
	bool rest_kept;              /* of the page, by WRMSR */
	bool answered;               /* WRMSR changed the page or the site */
	bool neighbour_answered;     /* WRMSR of a neighbouring MSR did */
	uint32_t host_version;       /* if answered */
};

extern struct first_contact first_contact;
extern struct presence kvm2007_host;

/* Makes the first contact, the run's first interactions, and sets kvm2007_host. */
void discover(struct run *run);

#endif
