/* SPDX-License-Identifier: GPL-2.0-only */
/* APM2 (24593 rev. 3.41) 16.3 and 16.4; Multiprocessor Specification 1.4, 3.6.2.2 */
#include "x86/apic.h"

#include "x86/insn.h"
#include "x86/paging.h"

#define CPUID_APIC      BIT(9) /* leaf 1 EDX */
#define BASE_X2APIC     BIT(10)
#define BASE_ENABLED    BIT(11)
#define BASE_ADDRESS    UINT64_C(0x000ffffffffff000)
#define SPURIOUS        0xf0
#define SPURIOUS_ENABLE 0x100
#define SPURIOUS_VECTOR 0xff
#define LVT_LINT0       0x350
#define LVT_EXTINT      0x700

void apic_virtual_wire(void)
{
	const uint64_t va = PAGING_WINDOW_END - PAGE_SIZE;
	uint64_t base;

	if (!(cpuid(1, 0).edx & CPUID_APIC))
		return;
	base = rdmsr(MSR_APIC_BASE);
	if ((base & (BASE_ENABLED | BASE_X2APIC)) != BASE_ENABLED)
		return; /* off, so the PICs reach the CPU; or without the registers in memory */
	paging_map(va, base & BASE_ADDRESS, PAGE_RW | PTE_PCD);
	*(volatile uint32_t *)(va + SPURIOUS) = SPURIOUS_ENABLE | SPURIOUS_VECTOR;
	*(volatile uint32_t *)(va + LVT_LINT0) = LVT_EXTINT;
	paging_unmap(va);
}
