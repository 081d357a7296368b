/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/abi.h"

#include <stddef.h>

#include "lib/list.h"
#include "lib/string.h"

/* X(NAME) for each ABI: struct host_abi NAME_abi, in the folder NAME. */
#define ABIS(X) X(kvm2007) X(kvm)

#define X(name) extern const struct host_abi name##_abi;
ABIS(X)
#undef X

static const struct host_abi *const abis[] = {
#define X(name) &name##_abi,
	ABIS(X)
#undef X
};

#define COUNT      (sizeof(abis) / sizeof(abis[0]))
#define FAULTS_MAX 1023

static const struct host_abi *offered[COUNT];
static unsigned offers;

static bool is_name(const char *name)
{
	for (unsigned i = 0; i < COUNT; i++) {
		if (!strcmp(name, abis[i]->name))
			return true;
	}
	return false;
}

bool abi_offer(const char *names, char *unknown)
{
	const char *rest = names;

	while ((rest = list_next(rest, unknown, ABI_NAME_MAX))) {
		if (!is_name(unknown))
			return false;
	}
	offers = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		if (!names || list_has(names, abis[i]->name))
			offered[offers++] = abis[i];
	}
	return true;
}

void abi_init(const struct vcpu_vendor *vendor, const struct fault *fault)
{
	for (unsigned i = 0; i < offers; i++)
		offered[i]->init(vendor, fault);
}

void abi_init_vcpu(struct vcpu *vcpu)
{
	for (unsigned i = 0; i < offers; i++)
		offered[i]->init_vcpu(vcpu);
}

enum msr_outcome abi_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	enum msr_outcome outcome = MSR_UNKNOWN;

	for (unsigned i = 0; i < offers && outcome == MSR_UNKNOWN; i++)
		outcome = offered[i]->rdmsr(vcpu, msr, value);
	return outcome;
}

enum msr_outcome abi_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value)
{
	enum msr_outcome outcome = MSR_UNKNOWN;

	for (unsigned i = 0; i < offers && outcome == MSR_UNKNOWN; i++)
		outcome = offered[i]->wrmsr(vcpu, msr, value);
	return outcome;
}

void abi_cpuid(struct vcpu *vcpu, uint32_t leaf, struct cpuid_regs *answer)
{
	for (unsigned i = 0; i < offers; i++)
		offered[i]->cpuid(vcpu, leaf, answer);
}

void abi_exit(struct vcpu *vcpu)
{
	for (unsigned i = 0; i < offers; i++)
		offered[i]->exit(vcpu);
}

void abi_reset(struct vcpu *vcpu)
{
	for (unsigned i = 0; i < offers; i++)
		offered[i]->reset(vcpu);
}

static const struct fault *faults[FAULTS_MAX];
static const char *fault_names[FAULTS_MAX + 1];

static void add_fault(unsigned n, const struct fault *fault)
{
	faults[n] = fault;
	fault_names[n] = fault->name;
}

/* Asked for one by one, the faults before each would be counted again each time. */
static void list_faults(void)
{
	static const struct fault none = {"none", "", "breaks nothing"};
	const struct fault *fault;
	unsigned n = 0;

	add_fault(n++, &none);
	for (unsigned i = 0; i < COUNT; i++) {
		for (unsigned k = 0; n < FAULTS_MAX && (fault = abis[i]->fault(k)); k++)
			add_fault(n++, fault);
	}
}

const struct fault *abi_fault(unsigned n)
{
	if (!faults[0])
		list_faults();
	return n < FAULTS_MAX ? faults[n] : NULL;
}

const char *const *abi_fault_names(void)
{
	abi_fault(0);
	return fault_names;
}
