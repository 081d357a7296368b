/* SPDX-License-Identifier: GPL-2.0-only */
/* KD1: where CPUID shows KVM's signature there is a host, and nowhere else. */
#include <stddef.h>

#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/insn.h"

struct kvm_found kvm_found;
struct presence kvm_host;

/* Features 0 and 3 offer the same two MSRs by an old and a new number. */
const struct kvm_msr kvm_msrs[MSRS] = {
	{KVM_MSR_WALL_CLOCK_OLD, KVM_FEATURE_CLOCKSOURCE},
	{KVM_MSR_SYSTEM_TIME_OLD, KVM_FEATURE_CLOCKSOURCE},
	{KVM_MSR_WALL_CLOCK, KVM_FEATURE_CLOCKSOURCE2},
	{KVM_MSR_SYSTEM_TIME, KVM_FEATURE_CLOCKSOURCE2},
	{KVM_MSR_ASYNC_PF_EN, KVM_FEATURE_ASYNC_PF},
	{KVM_MSR_STEAL_TIME, KVM_FEATURE_STEAL_TIME},
	{KVM_MSR_PV_EOI_EN, KVM_FEATURE_PV_EOI},
	{KVM_MSR_POLL_CONTROL, KVM_FEATURE_POLL_CONTROL},
	{KVM_MSR_ASYNC_PF_INT, KVM_FEATURE_ASYNC_PF_INT},
	{KVM_MSR_ASYNC_PF_ACK, KVM_FEATURE_ASYNC_PF_INT},
	{KVM_MSR_MIGRATION_CONTROL, KVM_FEATURE_MIGRATION_CONTROL},
};

bool has_feature(unsigned feature)
{
	return kvm_found.features >> feature & 1;
}

bool needs(struct run *run, unsigned feature)
{
	static char reason[sizeof("no feature bit 31")];

	if (has_feature(feature))
		return true;
	format(reason, sizeof(reason), "no feature bit %u", feature);
	skip(run, reason);
	return false;
}

bool is_signature(const struct cpuid_regs *r)
{
	return r->ebx == KVM_SIGNATURE_EBX && r->ecx == KVM_SIGNATURE_ECX &&
	       r->edx == KVM_SIGNATURE_EDX;
}

/* Scans as far as Linux does: other interfaces may have the first leaves (KD1). */
static uint32_t find_base(void)
{
	for (unsigned i = 0; i < KVM_CPUID_BASES; i++) {
		uint32_t leaf = KVM_CPUID_SIGNATURE + i * KVM_CPUID_BASE_STEP;
		struct cpuid_regs r = cpuid(leaf, 0);

		if (is_signature(&r))
			return leaf;
	}
	return 0;
}

/* What stands in the first leaf: another hypervisor's signature, as a word if it is one. */
static void describe_absence(void)
{
	struct cpuid_regs r = cpuid(KVM_CPUID_SIGNATURE, 0);
	char word[13] = {0};
	bool readable = true;

	memcpy(word, &r.ebx, 4);
	memcpy(word + 4, &r.ecx, 4);
	memcpy(word + 8, &r.edx, 4);
	for (unsigned i = 0; i < strlen(word); i++)
		readable &= (word[i] >= '0' && word[i] <= 'z') || word[i] == ' ';
	if (*word && readable)
		format(kvm_host.seen, sizeof(kvm_host.seen),
		       "CPUID shows no KVMKVMKVM, 0x40000000 has %s", word);
	else
		format(kvm_host.seen, sizeof(kvm_host.seen),
		       "CPUID shows no KVMKVMKVM, 0x40000000 has %08x %08x %08x", r.ebx, r.ecx,
		       r.edx);
}

static void read_leaves(struct kvm_found *f)
{
	uint32_t last = cpuid(f->base, 0).eax;
	struct cpuid_regs features;

	/* The first hosts wrote 0, and had this leaf all the same (KD2). */
	f->last = last ? last : f->base + KVM_CPUID_FEATURES;
	if (f->last < f->base + KVM_CPUID_FEATURES)
		return;
	features = cpuid(f->base + KVM_CPUID_FEATURES, 0);
	f->features = features.eax;
	f->hints = features.edx;
}

static void read_msrs(struct kvm_found *f)
{
	struct outcome o;

	for (unsigned i = 0; i < MSRS; i++) {
		interact_rdmsr(kvm_msrs[i].number, &o);
		f->msr_faulted[i] = o.faulted;
		f->msr_value[i] = o.faulted ? 0 : (uint32_t)o.after.rax | o.after.rdx << 32;
	}
}

/*
 * SeaBIOS leaves a clock running in memory of its own, and the host writes there at any time (KM2).
 * No page of ours has been used for this ABI before that is over.
 */
static void stop_clock(void)
{
	if (time_msr())
		wrmsr_returns(time_msr(), 0);
}

void kvm_discover(struct run *run)
{
	(void)run;
	kvm_found.base = find_base();
	if (!kvm_found.base) {
		describe_absence();
		return;
	}
	kvm_host.present = kvm_host.registered = true;
	pages_reset();
	read_leaves(&kvm_found);
	read_msrs(&kvm_found);
	stop_clock();
}

/* What the ABI leaves to the host, and no check has reported. */
void kvm_report(struct run *run)
{
	report("cpuid.base", "%#x", kvm_found.base);
	report("cpuid.features", "%#x", kvm_found.features);
	report("cpuid.hints", "%#x", kvm_found.hints);
	wallclock_report();
	kvmclock_report(run);
	steal_report(run);
	calls_report();
	eoi_report();
}
