/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ABI for the rest of the host: a folder with what an honest host does by its rules, and with
 * the faults that break them.  Only that folder knows the rules, and only abi.c knows all ABIs.
 */
#ifndef HOST_ABI_H
#define HOST_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/vcpu.h"

struct cpuid_regs;

/* A way to break a rule (fault=NAME). */
struct fault {
	const char *name;
	const char *rule; /* "" for a fault that breaks none: it ends the run */
	const char *what; /* the guest can see of it */
};

enum msr_outcome {
	MSR_UNKNOWN, /* no MSR of this ABI */
	MSR_DONE,
	MSR_GP, /* vcpu->event is set, to #GP unless a fault has changed it */
};

/* No function may be NULL. */
struct host_abi {
	const char *name;

	/* Called once, before any vCPU runs.  @fault is this ABI's; NULL: none of them is on. */
	void (*init)(const struct vcpu_vendor *vendor, const struct fault *fault);

	/*
	 * Called once for each vCPU before it runs: sets vcpu->hypercall.  An ABI finds there the
	 * handler of the ABIs before it in the list, for calls that are not its own.
	 */
	void (*init_vcpu)(struct vcpu *vcpu);

	/* RDMSR of @msr into *@value, and WRMSR. */
	enum msr_outcome (*rdmsr)(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
	enum msr_outcome (*wrmsr)(struct vcpu *vcpu, uint32_t msr, uint64_t value);

	/* CPUID of @leaf: *@answer is that of the machine, and of the ABIs before it in the list. */
	void (*cpuid)(struct vcpu *vcpu, uint32_t leaf, struct cpuid_regs *answer);

	/* An exit is handled, and was no hypercall. */
	void (*exit)(struct vcpu *vcpu);

	/* The vCPU starts: by its loader, or by a start-up IPI after an INIT. */
	void (*reset)(struct vcpu *vcpu);

	/*
	 * Its faults: tables, NULL after the last one, of rows of @fault_row_size bytes.  Each row
	 * begins with a struct fault; the last one of a table has no name.
	 */
	const void *const *fault_tables;
	size_t fault_row_size;
};

/*
 * Offers only the ABIs in the comma-separated @names; NULL: all.  False: the copy of a name in
 * @unknown, of ABI_NAME_MAX bytes, is none.
 */
#define ABI_NAME_MAX 32
bool abi_offer(const char *names, char *unknown);

/* As in struct host_abi, for all ABIs that are offered; the first that knows an MSR answers. */
void abi_init(const struct vcpu_vendor *vendor, unsigned fault);
void abi_init_vcpu(struct vcpu *vcpu);
enum msr_outcome abi_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum msr_outcome abi_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value);
void abi_cpuid(struct vcpu *vcpu, uint32_t leaf, struct cpuid_regs *answer);
void abi_exit(struct vcpu *vcpu);
void abi_reset(struct vcpu *vcpu);

/* All faults by number: 0 is "none"; NULL after the last one. */
const struct fault *abi_fault(unsigned n);

/* Their names, in the same order; NULL after the last one. */
const char *const *abi_fault_names(void);

#endif
