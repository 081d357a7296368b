/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to break the ABI's promises, one at a time (fault=NAME).  Each is a row: what it breaks, and
 * the step of the policy that it replaces.  Most of these overrides take the honest step, and bend
 * what it did.  tests/kvm2007/faults.tsv says which checks must notice.
 */
#ifndef HOST_KVM2007_FAULTS_H
#define HOST_KVM2007_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/abi.h"
#include "host/hooks.h"
#include "host/kvm2007/policy.h"

struct row {
	struct fault fault;
	step *first, *second;         /* overrides; two where one notes something for the other */
	const struct hooks *hooks;    /* what it wants to see besides */
	uint16_t first_at, second_at; /* where in struct steps */
	uint16_t arg;                 /* for overrides that several rows share */
};

/*
 * A row: the fault's name and rule, the step that it replaces, its override, what the guest can see of
 * it, and whatever else it has.
 */
#define ROW(name, rule, at, override, what, ...)                                               \
	{                                                                                      \
		{name, rule, what}, .first_at = offsetof(struct steps, at), .first = override, \
				    __VA_ARGS__                                                \
	}
#define AND_AT(at, override) .second_at = offsetof(struct steps, at), .second = override
#define LAST_ROW         \
	{                \
		.arg = 0 \
	} /* without a name */

/* The tables, each after the overrides that it names; faults.c has their order. */
extern const struct row kvm2007_probe_faults[], kvm2007_reject_faults[], kvm2007_page_faults[],
	kvm2007_gpa_faults[], kvm2007_version_faults[], kvm2007_patch_faults[],
	kvm2007_argument_faults[], kvm2007_result_faults[], kvm2007_exception_faults[],
	kvm2007_resume_faults[], kvm2007_gpr_faults[], kvm2007_flag_faults[],
	kvm2007_state_faults[], kvm2007_vcpu_page_faults[], kvm2007_vcpu_site_faults[],
	kvm2007_vcpu_call_faults[], kvm2007_vcpu_run_faults[], kvm2007_end_faults[];

/* The fault that is on, for overrides; only they may look. */
extern const struct row *kvm2007_on;

/*
 * What a fault remembers from one request to the next stands beside it.  All vCPUs share that without a
 * lock: this is what is wrong with some of these hosts, and the others are meant for one vCPU.  Access
 * is atomic, except where the race is the fault.
 */
#define SHARED_SET(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_RELAXED)
#define SHARED_GET(variable)        __atomic_load_n(&(variable), __ATOMIC_RELAXED)

/*
 * Puts the fault into the steps, if it is one of these, and says whether it is.  After
 * kvm2007_init().
 */
bool kvm2007_use_fault(const struct fault *fault);

/* As in struct host_abi. */
const struct fault *kvm2007_fault(unsigned n);

/* faults_resume.c: an override that never comes back. */
void kvm2007_hang(struct request *q);

#endif
