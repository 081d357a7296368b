/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to break the ABI's rules, one at a time (fault=NAME).  Each is a row of a table: the rule,
 * and the step of the policy that is replaced by an override.  Most overrides take the honest step
 * and then change what it did.  tests/kvm2007/faults.tsv says which checks must notice.
 */
#ifndef HOST_KVM2007_FAULTS_H
#define HOST_KVM2007_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/abi.h"
#include "host/config.h"
#include "host/hooks.h"
#include "host/kvm2007/policy.h"

struct row {
	struct fault fault;
	step *first, *second; /* overrides; the second one, if any, uses what the first noted */
	uint16_t first_at, second_at; /* offsets in struct steps of what they replace */
	uint16_t arg;                 /* for an override that several rows share */
	const struct hooks *hooks;    /* exits that it also needs; NULL: none */
};

_Static_assert(offsetof(struct row, fault) == 0, "struct host_abi");

/* Fields of a row: the fault, and the step at which its override is. */
#define ROW(name, rule, at, with, what) .fault = {name, rule, what}, AT(first, at, with)
#define AND_AT(at, with)                AT(second, at, with)
#define AT(which, at, with)             .which##_at = offsetof(struct steps, at), .which = with

/* Each is after the overrides that it names, and ends with a row without a name. */
extern const struct row kvm2007_probe_faults[], kvm2007_reject_faults[], kvm2007_page_faults[],
	kvm2007_gpa_faults[], kvm2007_version_faults[], kvm2007_patch_faults[],
	kvm2007_argument_faults[], kvm2007_result_faults[], kvm2007_exception_faults[],
	kvm2007_resume_faults[], kvm2007_gpr_faults[], kvm2007_flag_faults[],
	kvm2007_state_faults[], kvm2007_some_call_faults[], kvm2007_later_faults[],
	kvm2007_else_faults[], kvm2007_vcpu_page_faults[], kvm2007_vcpu_site_faults[],
	kvm2007_vcpu_call_faults[], kvm2007_vcpu_run_faults[], kvm2007_late_faults[],
	kvm2007_register_faults[], kvm2007_memory_faults[], kvm2007_vcpu1_faults[],
	kvm2007_beside_faults[], kvm2007_flip_faults[], kvm2007_segment_faults[],
	kvm2007_live_faults[], kvm2007_fx_faults[], kvm2007_system_flag_faults[],
	kvm2007_around_faults[], kvm2007_gp_faults[], kvm2007_refusal_faults[],
	kvm2007_args_faults[], kvm2007_index_faults[], kvm2007_bit_faults[], kvm2007_value_faults[],
	kvm2007_rare_faults[], kvm2007_when_faults[], kvm2007_end_faults[];

/* The fault that is on; for overrides only. */
extern const struct row *kvm2007_on;

/*
 * What a fault remembers from one request to the next stands beside it.  All vCPUs share it
 * without a lock: with some faults that is the fault, and the others are for one vCPU.  Access is
 * atomic, unless the race is the fault.
 */
#define SHARED_SET(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_RELAXED)
#define SHARED_GET(variable)        __atomic_load_n(&(variable), __ATOMIC_RELAXED)

/* As in struct host_abi. */
extern const void *const kvm2007_fault_tables[];

/* After kvm2007_init(): turns on the fault of a row, or none (NULL). */
void kvm2007_use_fault(const struct fault *fault);

/* Whether a call is the echo service's. */
static inline bool kvm2007_is_echo(const struct request *q)
{
	return config.has_echo && q->index == config.echo;
}

/* faults_resume.c: an override that never returns. */
void kvm2007_hang(struct request *q);

#endif
