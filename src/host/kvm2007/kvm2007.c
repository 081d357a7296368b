/* SPDX-License-Identifier: GPL-2.0-only */
/* The ABI of 2007 for the rest of the host: the policy, and the fault that is on. */
#include <stddef.h>

#include "host/abi.h"
#include "host/config.h"
#include "host/kvm2007/faults.h"
#include "host/kvm2007/policy.h"
#include "host/log.h"

static vcpu_hypercall *hypercall;

/* Faults look at all of the vCPU, and change it. */
static void hypercall_by_fault(struct vcpu *vcpu)
{
	vcpu_sync(vcpu);
	kvm2007_hypercall_by_steps(vcpu);
}

static void init(const struct vcpu_vendor *vendor, const struct fault *fault)
{
	kvm2007_init(vendor->call_instruction);
	kvm2007_use_fault(fault);
	hypercall = log_calls() ? kvm2007_hypercall_by_steps : kvm2007_hypercall;
	if (fault)
		hypercall = hypercall_by_fault;
}

static void init_vcpu(struct vcpu *vcpu)
{
	vcpu->hypercall = hypercall;
}

/* It is as old as that: no leaf of CPUID is its own. */
static void answer_cpuid(struct vcpu *vcpu, uint32_t leaf, struct cpuid_regs *answer)
{
	(void)vcpu;
	(void)leaf;
	(void)answer;
}

/* It does nothing unless it is asked, and S8: nothing ends a registration. */
static void do_nothing(struct vcpu *vcpu)
{
	(void)vcpu;
}

const struct host_abi kvm2007_abi = {
	.name = "kvm2007",
	.init = init,
	.init_vcpu = init_vcpu,
	.rdmsr = kvm2007_rdmsr,
	.wrmsr = kvm2007_wrmsr,
	.cpuid = answer_cpuid,
	.exit = do_nothing,
	.reset = do_nothing,
	.fault_tables = kvm2007_fault_tables,
	.fault_row_size = sizeof(struct row),
};
