/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * APM2 (24593 rev. 3.41) 16.3 to 16.5, 16.9; SDM volume 3 (325384-083) 11.4, 11.6, 11.12;
 * Multiprocessor Specification 1.4, 3.6.2.2
 */
#include "x86/apic.h"

#include "x86/insn.h"
#include "x86/paging.h"

#define CPUID_APIC      BIT(9)  /* leaf 1 EDX */
#define CPUID_X2APIC    BIT(21) /* leaf 1 ECX */
#define BASE_X2APIC     BIT(10)
#define BASE_ENABLED    BIT(11)
#define BASE_ADDRESS    UINT64_C(0x000ffffffffff000)
#define VERSION         0x30
#define SPURIOUS        0xf0
#define SPURIOUS_ENABLE 0x100
#define SPURIOUS_VECTOR 0xff
#define ICR_NMI         0x00400
#define ICR_INIT        0x00500
#define ICR_STARTUP     0x00600
#define ICR_PENDING     0x01000
#define ICR_ASSERT      0x04000
#define ICR_OTHERS      0xc0000
#define LVT_LINT0       0x350
#define LVT_EXTINT      0x700
#define MSR_X2APIC      0x800u

#define MAX_POLLS 100000

static bool x2apic;

/* Plain MOVs: a compiler may fold a volatile access into TEST or OR, which a host has to emulate. */
static uint32_t memory_read(unsigned offset)
{
	uint32_t value;

	__asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(PAGING_APIC + offset) : "memory");
	return value;
}

static void memory_write(unsigned offset, uint32_t value)
{
	__asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(PAGING_APIC + offset) : "memory");
}

uint32_t apic_read(unsigned offset)
{
	return x2apic ? (uint32_t)rdmsr(MSR_X2APIC + offset / 16) : memory_read(offset);
}

void apic_write(unsigned offset, uint32_t value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		memory_write(offset, value);
}

/* Makes the registers reachable, in memory or as MSRs, as the APIC's mode has them. */
static bool find_apic(void)
{
	uint64_t base;

	if (!(cpuid(1, 0).edx & CPUID_APIC))
		return false;
	base = rdmsr(MSR_APIC_BASE);
	if (!(base & BASE_ENABLED))
		return false;
	x2apic = base & BASE_X2APIC;
	if (!x2apic)
		paging_map(PAGING_APIC, base & BASE_ADDRESS, PAGE_RW | PTE_PCD);
	return apic_read(VERSION) != UINT32_MAX; /* a promise of CPUID alone */
}

void apic_virtual_wire(void)
{
	if (!find_apic())
		return; /* off, so the PICs reach the CPU */
	apic_write(SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
	apic_write(LVT_LINT0, LVT_EXTINT);
}

void apic_load(void)
{
	if (x2apic)
		wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | BASE_X2APIC);
	apic_write(SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
}

bool apic_init(bool wanted)
{
	if (!find_apic())
		return false;
	x2apic = x2apic || (wanted && cpuid(1, 0).ecx & CPUID_X2APIC);
	apic_load();
	return true;
}

bool apic_is_x2apic(void)
{
	return x2apic;
}

/* 11.6.1, 11.12.9: in x2APIC mode the ICR is one register, and there is nothing to wait for. */
void apic_send(uint32_t command, uint32_t destination)
{
	if (x2apic) {
		wrmsr(MSR_X2APIC + APIC_ICR / 16, (uint64_t)destination << 32 | command);
		return;
	}
	apic_write(APIC_ICR_DESTINATION, destination << 24);
	apic_write(APIC_ICR, command);
	for (unsigned i = 0; i < MAX_POLLS && apic_read(APIC_ICR) & ICR_PENDING; i++)
		cpu_relax();
}

void apic_nmi_others(void)
{
	apic_send(ICR_OTHERS | ICR_ASSERT | ICR_NMI, 0);
}

void apic_init_others(void)
{
	apic_send(ICR_OTHERS | ICR_ASSERT | ICR_INIT, 0);
}

void apic_start_others(uint32_t low)
{
	apic_send(ICR_OTHERS | ICR_ASSERT | ICR_STARTUP | low / PAGE_SIZE, 0);
}
