/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/cpuid.h"

#include "host/abi.h"
#include "host/vcpus.h"
#include "x86/insn.h"

#define CPUID_APIC   BIT(9)  /* leaf 1 EDX */
#define CPUID_X2APIC BIT(21) /* leaf 1 ECX */

/*
 * The bits that stay of each leaf's ECX and EDX; other leaves read as 0.  The guest sees a plain
 * CPU, without features whose state or MSRs the host would have to switch.  APM3 (24594 rev. 3.36)
 * appendix E; Intel SDM volume 2 (325383-083), CPUID.
 */
static const struct {
	uint32_t leaf, ecx, edx;
} cpuid_leaves[] = {
	{0x00000000, ~0u, ~0u},
	{0x00000001,
	 /* not DTES64, MONITOR, DS-CPL, VMX, SMX, EIST, TM2, FMA, PDCM, DCA, x2APIC, TSC deadline,
	    XSAVE, OSXSAVE, AVX, F16C */
	 (uint32_t) ~(BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(12) |
		      BIT(15) | BIT(18) | BIT(21) | BIT(24) | BIT(26) | BIT(27) | BIT(28) |
		      BIT(29)),
	 /* not MCE, APIC, MTRR, MCA, DS, ACPI, TM, PBE */
	 (uint32_t) ~(BIT(7) | BIT(9) | BIT(12) | BIT(14) | BIT(21) | BIT(22) | BIT(29) | BIT(31))},
	{0x80000000, ~0u, ~0u},
	{0x80000001,
	 /* only LAHF, CR8 in legacy mode, ABM, SSE4A, misaligned SSE, PREFETCHW */
	 (uint32_t)(BIT(0) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8)),
	 /* not MCE, APIC, MTRR, MCA, FFXSR, RDTSCP */
	 (uint32_t) ~(BIT(7) | BIT(9) | BIT(12) | BIT(14) | BIT(25) | BIT(27))},
	{0x80000002, ~0u, ~0u},
	{0x80000003, ~0u, ~0u},
	{0x80000004, ~0u, ~0u},
	{0x80000005, ~0u, ~0u},
	{0x80000006, ~0u, ~0u},
	{0x80000008, 0, 0},
};

void handle_cpuid(struct vcpu *vcpu)
{
	const uint32_t leaf = (uint32_t)vcpu->regs.rax, last = 0x80000008;
	struct cpuid_regs r = {0, 0, 0, 0};

	for (unsigned i = 0; i < sizeof(cpuid_leaves) / sizeof(cpuid_leaves[0]); i++) {
		if (cpuid_leaves[i].leaf != leaf)
			continue;
		r = cpuid(leaf, (uint32_t)vcpu->regs.rcx);
		r.ecx &= cpuid_leaves[i].ecx;
		r.edx &= cpuid_leaves[i].edx;
		if (leaf == 1 && vcpus_count() > 1) {
			r.edx |= (uint32_t)CPUID_APIC;
			r.ecx |= cpuid(1, 0).ecx & (uint32_t)CPUID_X2APIC;
		}
	}
	if (leaf == 0)
		r.eax = 1;
	if (leaf == 0x80000000 && r.eax > last)
		r.eax = last;
	abi_cpuid(vcpu, leaf, &r);
	vcpu->regs.rax = r.eax;
	vcpu->regs.rbx = r.ebx;
	vcpu->regs.rcx = r.ecx;
	vcpu->regs.rdx = r.edx;
	vcpu_skip(vcpu);
}
