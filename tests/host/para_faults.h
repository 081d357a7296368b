/* SPDX-License-Identifier: GPL-2.0-only */
/* How the faults (faults.h) bend what the honest host does; each without effect under the others. */
#ifndef HOST_PARA_FAULTS_H
#define HOST_PARA_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/kvm_para.h"
#include "config.h"
#include "vcpu.h"

/* A hypercall, as its convention tells it. */
struct hypercall {
	uint64_t index, args[6];
	bool long_mode;
};

static inline bool faulty(enum fault fault)
{
	return __builtin_expect(config.fault == fault, 0);
}

/* Where the host takes the site at @gpa to be. */
uint64_t fault_site(struct vcpu *vcpu, uint64_t gpa);

/* What the host writes to the page, and near it, beside its answer. */
void fault_page(struct vcpu *vcpu, struct kvm_vcpu_para_state *state, uint64_t gpa);

/* What a registration does to other vCPUs. */
void fault_others(const struct vcpu *vcpu, const struct kvm_vcpu_para_state *state);

/* Around a registration: whether it is one that the host takes notice of. */
bool fault_begin_registration(void);
void fault_end_registration(void);

/* Whether a vCPU sees the call instruction that it has just executed; if not, it takes a #UD. */
void fault_site_seen(struct vcpu *vcpu);

/* What becomes of a call's arguments, and of its result. */
void fault_arguments(struct vcpu *vcpu, struct hypercall *call);
uint64_t fault_result(struct vcpu *vcpu, const struct hypercall *call, uint64_t result);

/* The exceptions of the guest that a faulty host wants to see: a bit a vector. */
uint32_t fault_exceptions(void);

/*
 * Whether an exception of the guest is one that a faulty host takes for something else: then it is
 * handled.
 */
bool para_exception(struct vcpu *vcpu);

#endif
