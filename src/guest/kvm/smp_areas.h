/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU's own pages: what the host may write for it, in two places, and noise around that.  All is
 * on the last page, since another ABI may use the others at the same time.
 */
#ifndef GUEST_KVM_SMP_AREAS_H
#define GUEST_KVM_SMP_AREAS_H

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/vcpus.h"

struct smp_area {
	struct pvclock_vcpu_time_info time;
	uint8_t after_time[32];
	struct kvm_steal_time steal;
	uint32_t eoi;
	uint8_t after_eoi[60];
	struct kvm_vcpu_pv_apf_data apf;
	uint8_t after_apf[256];
};

_Static_assert(sizeof(struct smp_area) == AROUND, "a power of two: no structure crosses a page");
_Static_assert(offsetof(struct smp_area, steal) == 64, "steal time is aligned to 64");
_Static_assert(offsetof(struct smp_area, apf) % 64 == 0, "so is the async-PF area");

struct vcpu_pages {
	union {
		struct guest_vcpu vcpu;
		uint8_t pages[2 * PAGE_SIZE];
	};
	union {
		struct {
			struct smp_area area[2];
			uint64_t noise;                     /* that the areas are filled with */
			struct pvclock_vcpu_time_info seen; /* smp_clock.c */
			unsigned reads;                     /* likewise */
			bool renews_time, renews_steal;     /* smp_msr.c */
		};
		uint8_t page[PAGE_SIZE];
	};
};

_Static_assert(sizeof(struct vcpu_pages) == SMP_OWN_PAGES * PAGE_SIZE, "x86/smp.h");
_Static_assert(offsetof(struct vcpu_pages, vcpu) == 0, "vcpus.h");

/* Fills all areas of all vCPUs with new noise. */
void areas_reset(struct run *run);

/* Fills area @n of one vCPU as it was. */
void area_fill(struct vcpu_pages *own, unsigned n);

/* Expects area @n of the vCPU @id as it was filled. */
void expect_area_kept(struct run *run, unsigned id, unsigned n);

/* Whether the host renews anything in them; if not, the check is a skip. */
bool needs_renewals(struct run *run);

/* Registers the vCPU's clock in area @n, or its steal time.  False: the check has failed. */
bool start_own_time(struct run *run, struct vcpu_pages *own, unsigned n);
bool start_own_steal(struct run *run, struct vcpu_pages *own, unsigned n);

/* Ends both, as far as the host has them. */
void stop_own(struct run *run, struct vcpu_pages *own);

/* The gpa of what @structure points to, which is in a vCPU's own pages. */
static inline uint64_t own_gpa(const volatile void *structure)
{
	return (uint64_t)structure;
}

#endif
