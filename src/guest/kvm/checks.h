/* SPDX-License-Identifier: GPL-2.0-only */
/* The areas of checks of today's ABI, and what they share. */
#ifndef GUEST_KVM_CHECKS_H
#define GUEST_KVM_CHECKS_H

#include "abi/kvm.h"
#include "guest/abi.h"
#include "guest/areas.h"
#include "guest/pages.h"

/* What each page is for.  The host may write to A and B; from the sites code runs. */
enum {
	PAGE_CANARY_0,
	PAGE_A,
	PAGE_CANARY_1,
	PAGE_B,
	PAGE_CANARY_2,
	PAGE_SITE_A,
	PAGE_SITE_B,
	PAGE_CANARY_3,
};

/* Why a check's failure is TODO. */
enum { TODO_NEWER = 1 };

/* The MSRs that CPUID's features say are there, in the order of kvm_msrs. */
enum { MSRS = 11 };
struct kvm_msr {
	uint32_t number;
	uint32_t feature; /* the bit that says it is there (KM3) */
};
extern const struct kvm_msr kvm_msrs[MSRS];

/* What discovery found; all zeros if there is no host. */
struct kvm_found {
	uint32_t base; /* the leaf of CPUID with the signature */
	uint32_t last; /* the last leaf that may be read */
	uint32_t features, hints;
	bool msr_faulted[MSRS]; /* RDMSR before any MSR of this ABI was written */
	uint64_t msr_value[MSRS];
};
extern struct kvm_found kvm_found;
extern struct presence kvm_host;
void kvm_discover(struct run *run);

/* Whether a leaf of CPUID has KVM's signature. */
struct cpuid_regs;
bool is_signature(const struct cpuid_regs *r);

/* Whether CPUID has the bit @feature; if not, the check is a skip that names the bit. */
bool has_feature(unsigned feature);
bool needs(struct run *run, unsigned feature);

/* KD4: expects what tells of a hypervisor; the features that discovery found. */
void expect_hypervisor_bit(struct run *run);
void expect_features(struct run *run);

/* Whether the host enforces features (KM3), by the MSRs whose bit is clear. */
enum enforcement { NONE_MISSING, ENFORCED, NOT_ENFORCED, MIXED };
enum enforcement kvm_enforcement(void);

/* One form for what is reported and not judged: "# report: area.what value". */
#define report(what, ...) check_diag("report: " what " " __VA_ARGS__)
void kvm_report(struct run *run);

extern const struct area cpuid_area, msr_area, msr_kept_area, wallclock_area, kvmclock_area,
	kvmclock_time_area, steal_area, poll_area, migration_area, pveoi_area, asyncpf_area,
	kvm_end_area, eoi_area, smp_eoi_area;

/* What the areas report after all checks, by themselves. */
void wallclock_report(void);
void steal_report(struct run *run);
void calls_report(void);
void eoi_report(void);
void kvmclock_report(struct run *run);
void kvmclock_time_report(struct run *run);

/* Fails unless a call from 64-bit mode has come back; makes one if none has. */
void kvm_sane_call(struct run *run);

extern const struct area vmcall_area, vmcall32_area, calls_area, pairing_area, wake_area, away_area,
	smp_calls_area, smp_kick_area, smp_send_area;

/* Those that need several vCPUs. */
extern const struct area smp_clock_area, smp_msr_area, smp_steal_area, smp_init_area;

#endif
