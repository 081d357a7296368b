/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to break the ABI's rules, one at a time (fault=NAME).  Each is a row of a table: the rule,
 * and the step of the policy that is replaced by an override.  Most overrides take the honest step
 * and then change what it did.  tests/kvm/faults.tsv says which checks must notice.
 */
#ifndef HOST_KVM_FAULTS_H
#define HOST_KVM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/abi.h"
#include "host/hooks.h"
#include "host/kvm/policy.h"

struct kvm_row {
	struct fault fault;
	kvm_step *first, *second;     /* overrides */
	uint16_t first_at, second_at; /* offsets in struct kvm_steps of what they replace */
	uint64_t arg;                 /* for an override that several rows share */
	const struct hooks *hooks;    /* exits that it also needs; NULL: none */
};

_Static_assert(offsetof(struct kvm_row, fault) == 0, "struct host_abi");

/* Fields of a row: the fault, and the step at which its override is. */
#define ROW(name, rule, at, with, what) .fault = {name, rule, what}, AT(first, at, with)
#define AND_AT(at, with)                AT(second, at, with)
#define AT(which, at, with)             .which##_at = offsetof(struct kvm_steps, at), .which = with

/* Each is after the overrides that it names, and ends with a row without a name. */
extern const struct kvm_row kvm_cpuid_faults[], kvm_msr_faults[], kvm_value_faults[],
	kvm_refusal_faults[], kvm_check_faults[], kvm_cpl3_faults[], kvm_wall_faults[],
	kvm_register_faults[], kvm_time_faults[], kvm_steal_faults[], kvm_call_faults[],
	kvm_argument_faults[], kvm_result_faults[], kvm_clobber_faults[], kvm_service_faults[],
	kvm_quirk_faults[], kvm_vcpu_check_faults[], kvm_vcpu_async_pf_faults[],
	kvm_vcpu_ipi_faults[], kvm_vcpu_eoi_faults[], kvm_vcpu_msr_faults[],
	kvm_vcpu_clock_faults[], kvm_vcpu_area_faults[], kvm_vcpu_init_faults[],
	kvm_vcpu_kick_faults[], kvm_vcpu_send_faults[], kvm_vcpu_call_faults[],
	kvm_vcpu_away_faults[];

/*
 * What a fault remembers from one request to the next stands beside it.  All vCPUs share it
 * without a lock: with some faults that is the fault, and the others are for one vCPU.  Access is
 * atomic.
 */
#define SHARED_SET(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_RELAXED)
#define SHARED_GET(variable)        __atomic_load_n(&(variable), __ATOMIC_RELAXED)

/* The number of an MSR, as in struct kvm_request. */
#define NUMBER(name) (KVM_MSR_##name - KVM_MSR_WALL_CLOCK)

/* Exits: more than a guest makes by chance, and less than while it waits for something. */
#define A_WHILE 48

/* An override that does nothing. */
kvm_step kvm_do_nothing;

/* The fault that is on; for overrides only. */
extern const struct kvm_row *kvm_on;

/* As in struct host_abi. */
extern const void *const kvm_fault_tables[];

/* Honest steps, and the fault of a row, or none (NULL). */
void kvm_use_fault(const struct fault *fault);

#endif
