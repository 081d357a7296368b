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

/* ---- faults ---- */

static const struct fault *faults[FAULTS_MAX];
static const char *fault_names[FAULTS_MAX + 1];
static const struct host_abi *fault_owners[FAULTS_MAX];

/* If there is no room: test_kvm, whose faults come last, looks for each of them. */
static void add_fault(const struct fault *fault, const struct host_abi *owner)
{
	static unsigned n;

	if (n == FAULTS_MAX)
		return;
	faults[n] = fault;
	fault_names[n] = fault->name;
	fault_owners[n++] = owner;
}

static void add_faults_of(const struct host_abi *abi)
{
	for (const void *const *table = abi->fault_tables; *table; table++) {
		const uint8_t *row = *table;

		for (; ((const struct fault *)row)->name; row += abi->fault_row_size)
			add_fault((const struct fault *)row, abi);
	}
}

static void list_faults(void)
{
	static const struct fault none = {"none", "", "breaks nothing"};

	add_fault(&none, NULL);
	for (unsigned i = 0; i < COUNT; i++)
		add_faults_of(abis[i]);
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

/* ---- the ABIs that are offered ---- */

void abi_init(const struct vcpu_vendor *vendor, unsigned fault)
{
	for (unsigned i = 0; i < offers; i++)
		offered[i]->init(vendor, fault_owners[fault] == offered[i] ? faults[fault] : NULL);
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
