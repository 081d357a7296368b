/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ABI as the host sees it: a folder with what an honest host does by that ABI's rules, and the
 * faults that break them.  Nothing else of the host knows an ABI's rules, and only abi.c knows
 * which ABIs there are.
 */
#ifndef HOST_ABI_H
#define HOST_ABI_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vcpu.h"

/* A promise of the ABI that the host can be told to break (fault=NAME). */
struct fault {
	const char *name;
	const char *rule; /* that it breaks; "" for those that end the run */
	const char *what; /* the guest can see of it */
};

enum msr_outcome {
	MSR_UNKNOWN, /* the MSR is none of the ABI's */
	MSR_DONE,
	MSR_GP, /* refused: vcpu->event is #GP, or what a fault makes of it */
};

struct host_abi {
	const char *name;

	/*
	 * Once, before any vCPU runs.  @fault may be another ABI's, and is then not this one's
	 * business.
	 */
	void (*init)(const struct vcpu_vendor *vendor, const struct fault *fault);

	/*
	 * For each vCPU, once, before it runs: sets vcpu->hypercall.  An ABI finds there the
	 * handler of those before it in the list, for calls that are not its own.
	 */
	void (*init_vcpu)(struct vcpu *vcpu);

	/* RDMSR of @msr, with what it reads in *@value; WRMSR of it. */
	enum msr_outcome (*rdmsr)(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
	enum msr_outcome (*wrmsr)(struct vcpu *vcpu, uint32_t msr, uint64_t value);

	/* Its faults, in the order in which they are listed; NULL after the last one. */
	const struct fault *(*fault)(unsigned n);
};

/* All ABIs together: as in struct host_abi. */
void abi_init(const struct vcpu_vendor *vendor, const struct fault *fault);
void abi_init_vcpu(struct vcpu *vcpu);
enum msr_outcome abi_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum msr_outcome abi_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value);

/* Their faults, after "none", which is the first one; NULL after the last one. */
const struct fault *abi_fault(unsigned n);

/* Their names, NULL after the last one. */
const char *const *abi_fault_names(void);

#endif
