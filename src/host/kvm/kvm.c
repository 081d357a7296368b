/* SPDX-License-Identifier: GPL-2.0-only */
/* Today's ABI for the rest of the host: the policy, and the fault that is on. */
#include <stddef.h>

#include "host/abi.h"
#include "host/clock.h"
#include "host/config.h"
#include "host/hooks.h"
#include "host/kvm/faults.h"
#include "host/kvm/policy.h"
#include "host/sites.h"
#include "x86/insn.h"
#include "x86/rtc.h"

#define BILLION UINT64_C(1000000000)

static const struct hooks quirk_hooks = {.exceptions = (uint32_t)BIT(VECTOR_UD),
					 .exception = kvm_undefined_opcode};

static const struct hooks halt_hooks = {.halt = kvm_hlt};
static const struct hooks pageout_hooks = {.io = pageout_io, .nested_fault = pageout_touched};

/*
 * The handler of the ABIs before this one in the list, if any: of the ABI of 2007.  Both ABIs call
 * by the same instruction, with other registers and results.
 *
 * By the old one, the host writes the instruction, where the guest's registration says (its rule
 * P1), and it stays there (S6).  By this one, it is the guest's own (KC1).  So a call is an old one
 * if it comes from where the host has written an instruction.  To find that out takes a walk
 * through the guest's page tables, so it begins when any vCPU has asked CPUID for this ABI, or has
 * written one of its MSRs: until then no guest can know of its calls (KD6), and all are old ones.
 *
 * A guest that asks CPUID again may be another one in the same memory, as a kernel after its
 * loader.  So the old sites are forgotten then, lest it has calls of its own at the same place.
 */
static vcpu_hypercall *earlier;

static bool known; /* shared: any guest knows of this ABI */

static uint64_t gpa_of_call(const struct vcpu *vcpu)
{
	uint64_t va = vcpu->rip - CALL_LENGTH, gpa;
	bool writable;

	if (vcpu->slow.code_bits != 64)
		va = (uint32_t)(va + vcpu->slow.cs_base);
	return vcpu_translate(vcpu, va, &gpa, &writable) ? gpa : UINT64_MAX;
}

static void hypercall_of_either(struct vcpu *vcpu)
{
	vcpu_sync(vcpu);
	if (!sites_none() && sites_has(gpa_of_call(vcpu)))
		earlier(vcpu);
	else
		kvm_hypercall(vcpu);
}

static void init(const struct vcpu_vendor *vendor, const struct fault *fault)
{
	const uint64_t hz = clock_tsc_hz() / 1000 * 1000; /* it is not known better */
	uint64_t seconds = 0;                             /* stays so if there is no RTC */

	rtc_read(&seconds);
	/* KW1: the RTC has whole seconds, so half of one makes the error least. */
	kvm_set_clock(hz, rdtsc(), seconds * BILLION + BILLION / 2);
	kvm_set_instruction(vendor->call_instruction);
	kvm_use_fault(fault);
	hooks_add(&halt_hooks);
	if (config.quirk)
		hooks_add(&quirk_hooks);
	if (config.pageout)
		hooks_add(&pageout_hooks);
	known = false;
}

static void init_vcpu(struct vcpu *vcpu)
{
	earlier = vcpu->hypercall;
	if (!earlier)
		vcpu->hypercall = kvm_hypercall;
	kvm_init_vcpu(vcpu);
}

static void note_use(struct vcpu *vcpu)
{
	__atomic_store_n(&known, true, __ATOMIC_RELAXED);
	if (earlier)
		vcpu->hypercall = hypercall_of_either;
}

static void cpuid_leaf(struct vcpu *vcpu, uint32_t leaf, struct cpuid_regs *answer)
{
	kvm_cpuid(vcpu, leaf, answer);
	if (leaf >> 16 != KVM_CPUID_SIGNATURE >> 16)
		return;
	sites_clear();
	note_use(vcpu);
}

static enum msr_outcome write_msr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	enum msr_outcome outcome = kvm_wrmsr(vcpu, msr, value);

	if (outcome != MSR_UNKNOWN)
		note_use(vcpu);
	return outcome;
}

/* Another vCPU may have asked CPUID. */
static void after_exit(struct vcpu *vcpu)
{
	if (earlier && __atomic_load_n(&known, __ATOMIC_RELAXED))
		vcpu->hypercall = hypercall_of_either;
	kvm_exit(vcpu);
}

const struct host_abi kvm_abi = {
	.name = "kvm",
	.init = init,
	.init_vcpu = init_vcpu,
	.rdmsr = kvm_rdmsr,
	.wrmsr = write_msr,
	.cpuid = cpuid_leaf,
	.exit = after_exit,
	.reset = kvm_reset,
	.fault_tables = kvm_fault_tables,
	.fault_row_size = sizeof(struct kvm_row),
};
