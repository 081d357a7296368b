/* SPDX-License-Identifier: GPL-2.0-only */
/* What each vCPU registers with the host, and what it uses for that. */
#ifndef GUEST_KVM2007_VCPU_PAGES_H
#define GUEST_KVM2007_VCPU_PAGES_H

#include "guest/kvm2007/registration.h"
#include "guest/vcpus.h"

/* From @noise on, everything but the head of the state page is noise. */
struct vcpu_pages {
	union {
		struct {
			struct guest_vcpu vcpu;
			struct site site;
			uint32_t version;     /* that the guest registers as */
			struct answer answer; /* to the registration */
			bool registered;      /* whether it registered since it was prepared */
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

/* Resets all pages of the guest, and gives each vCPU a site of its own; or all the same. */
void vcpu_pages_reset(struct run *run);
void vcpu_pages_share_site(struct run *run, struct site site);

/*
 * Fills the head of a vCPU's state page, as prepare_page() does; registers it on the vCPU that calls
 * this.
 */
void vcpu_pages_prepare(struct vcpu_pages *pages, uint32_t version);
void vcpu_pages_register(struct vcpu_pages *pages, uint32_t version);

/* That the pages of all vCPUs are unchanged, except for the answer to a registration. */
void expect_vcpu_pages_untouched(struct run *run);

#endif
