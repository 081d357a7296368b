/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks, as a guest of today's ABI uses them. */
#ifndef GUEST_KVM_CLOCK_H
#define GUEST_KVM_CLOCK_H

#include "abi/kvm.h"
#include "guest/check.h"

/* Written by the host at any time. */
typedef volatile struct pvclock_vcpu_time_info time_info;
typedef volatile struct kvm_steal_time steal_info;

/* The MSR of the system time, and that of the wall clock: the new, else the old one.  0: none. */
uint32_t time_msr(void);
uint32_t wall_msr(void);

/* Whether there are both; if not, the check is a skip. */
bool needs_clock(struct run *run);

/* Registers @offset of page A or B for the system time; ends that.  Both say whether it worked. */
bool time_start(struct run *run, unsigned page, unsigned offset);
bool time_stop(struct run *run);

/* Makes the host run: some answer CPUID without that, but none a port that nothing is behind. */
void make_exit(void);

/* Structures at @offset of page A or B, and their gpas. */
void *page_at(unsigned page, unsigned offset);
uint64_t gpa_at(unsigned page, unsigned offset);

/*
 * Reads what belongs together, between two equal even versions (KT13).  False: the check has
 * failed, for the host never was done with it.
 */
bool time_snapshot(struct run *run, const time_info *info, struct pvclock_vcpu_time_info *copy);

/* The same of another vCPU's, whose host may have begun to write, and now waits for a CPU. */
bool time_snapshot_of_other(struct run *run, const time_info *info,
			    struct pvclock_vcpu_time_info *copy);
bool steal_snapshot(struct run *run, const steal_info *info, uint64_t *steal);

/* KW3: expects that both structures have the same moment. */
void expect_same_moment(struct run *run, const struct pvclock_wall_clock *a,
			const struct pvclock_wall_clock *b);

/* KT6: the time in ns of @info when the TSC is @tsc. */
uint64_t time_at(const struct pvclock_vcpu_time_info *info, uint64_t tsc);

/* The time now. */
bool time_now(struct run *run, const time_info *info, uint64_t *ns);

/* KH4: expects that the pairing @got has the time of @wall and @info. */
void expect_paired_time(struct run *run, const volatile struct pvclock_wall_clock *wall,
			const struct pvclock_vcpu_time_info *info,
			const struct kvm_clock_pairing *got);

/*
 * KT1, KW2: the version that follows @old, when the host has written once; and whether @version is
 * that or one of a later update.
 */
uint32_t next_version(uint32_t old);
bool is_later_version(uint32_t version, uint32_t old);

#endif
