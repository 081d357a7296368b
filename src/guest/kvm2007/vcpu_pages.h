/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU's own pages: its state page between two pages with noise. */
#ifndef GUEST_KVM2007_VCPU_PAGES_H
#define GUEST_KVM2007_VCPU_PAGES_H

#include "guest/kvm2007/registration.h"
#include "guest/vcpus.h"

/* From @noise on all is noise, except the head of the state page. */
struct vcpu_pages {
	union {
		struct {
			struct guest_vcpu vcpu;
			struct site site;
			uint32_t version;     /* guest_version */
			struct answer answer; /* to the registration */
			bool registered;      /* since it was prepared */
			uint64_t noise;
		};
		uint8_t page_before[PAGE_SIZE];
	};
	struct kvm_vcpu_para_state state;
	uint8_t page_after[PAGE_SIZE];
};

_Static_assert(sizeof(struct vcpu_pages) == SMP_OWN_PAGES * PAGE_SIZE, "x86/smp.h");
_Static_assert(offsetof(struct vcpu_pages, vcpu) == 0, "vcpus.h");
_Static_assert(offsetof(struct vcpu_pages, noise) < PAGE_SIZE - 1024, "room for a canary");

/* Resets the pages of pages.h and of all vCPUs, and gives each vCPU a site of its own. */
void vcpu_pages_reset(struct run *run);

/* Gives all vCPUs the same @site. */
void vcpu_pages_share_site(struct run *run, struct site site);

/* Fills the head of a vCPU's state page, as prepare_state() does. */
void vcpu_pages_prepare(struct vcpu_pages *pages, uint32_t version);

/* Prepares the state page, and registers it for the running vCPU. */
void vcpu_pages_register(struct vcpu_pages *pages, uint32_t version);

/* Whether the head of a vCPU's state page is as it was, except for the answer to a registration. */
bool vcpu_state_untouched(const struct vcpu_pages *pages);

/* Expects the pages of all vCPUs unchanged, except for the answer to a registration. */
void expect_vcpu_pages_untouched(struct run *run);

#endif
