/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * APM2 (24593 rev. 3.41) 16.3 to 16.5, 16.9; SDM volume 3 (325384-083) 11.4, 11.6, 11.12;
 * Multiprocessor Specification 1.4, 3.6.2.2
 */
#include "x86/apic.h"

#include <stddef.h>

#include "x86/insn.h"
#include "x86/msr.h"
#include "x86/paging.h"

#define CPUID_APIC      BIT(9)  /* leaf 1 EDX */
#define CPUID_X2APIC    BIT(21) /* leaf 1 ECX */
#define BASE_X2APIC     BIT(10)
#define BASE_ENABLED    BIT(11)
#define BASE_ADDRESS    UINT64_C(0x000ffffffffff000)
#define VERSION         0x30
#define EOI             0xb0
#define ERROR_STATUS    0x280
#define SPURIOUS        0xf0
#define SPURIOUS_ENABLE 0x100
#define SPURIOUS_VECTOR 0xff
#define ICR_NMI         0x00400
#define ICR_INIT        0x00500
#define ICR_STARTUP     0x00600
#define ICR_PENDING     0x01000
#define ICR_OTHERS      0xc0000
#define TO_ALL          0xffu /* the destination "all APICs" of xAPIC mode */
#define LVT_TIMER       0x320
#define LVT_LINT0       0x350
#define LVT_MASKED      0x10000
#define LVT_EXTINT      0x700
#define TIMER_INITIAL   0x380
#define TIMER_DIVIDE    0x3e0
#define TIMER_DIVIDE_1  0x0b
#define MSR_X2APIC      0x800u

#define MAX_POLLS 100000

static bool x2apic;

/* By MOV: of a volatile access a compiler may make TEST or OR, which a host may not emulate. */
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

/* In x2APIC mode a register that is not there faults, and so does a write to a reserved bit. */
uint32_t apic_read(unsigned offset)
{
	uint64_t value = 0;

	if (!x2apic)
		return memory_read(offset);
	msr_read(MSR_X2APIC + offset / 16, &value);
	return (uint32_t)(offset == APIC_ID ? value << 24 : value);
}

void apic_write(unsigned offset, uint32_t value)
{
	if (!x2apic)
		memory_write(offset, value);
	else
		msr_write(MSR_X2APIC + offset / 16, offset == ERROR_STATUS ? 0 : value);
}

static bool cpuid_shows_apic(void)
{
	return cpuid(1, 0).edx & CPUID_APIC;
}

/* A host that shows its guest the real CPUID may not have the MSR. */
static bool is_on(void)
{
	uint64_t base;

	return cpuid_shows_apic() && msr_read(MSR_APIC_BASE, &base) && base & BASE_ENABLED;
}

/* Sets up access to the registers of an APIC that is on, by its mode.  False if there are none. */
static bool find_registers(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	x2apic = base & BASE_X2APIC;
	if (!x2apic)
		paging_map(PAGING_APIC, base & BASE_ADDRESS, PAGE_RW | PTE_PCD);
	return apic_read(VERSION) != UINT32_MAX;
}

/*
 * Turns on an APIC that is off: CPUID then says that there is none, and only the MSR shows it
 * (SDM 11.4.3).  NULL, or why it is not on: not every processor can turn it on again.
 */
static const char *turn_on(void)
{
	uint64_t base = 0;

	if (!msr_read(MSR_APIC_BASE, &base) || !(base & BASE_ADDRESS))
		return cpuid_shows_apic() ? "CPUID shows a local APIC, but MSR 0x1b is not there"
					  : "no local APIC";
	if (base & BASE_ENABLED)
		return "CPUID hides the local APIC (1h EDX bit 9), which MSR 0x1b has on";
	if (msr_write(MSR_APIC_BASE, base | BASE_ENABLED) && is_on())
		return NULL;
	return "the firmware left the local APIC off (bit 11 of MSR 0x1b), and it does not turn on";
}

/* Virtual wire mode, Multiprocessor Specification 3.6.2.2 */
static void connect_pics(void)
{
	apic_write(SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
	apic_write(LVT_LINT0, LVT_EXTINT);
}

void apic_virtual_wire(void)
{
	if (is_on() && find_registers()) /* one that is off lets the PICs' interrupts through */
		connect_pics();
}

/* May fail even if CPUID has the mode. */
static bool enter_x2apic_mode(void)
{
	uint64_t base;

	return msr_read(MSR_APIC_BASE, &base) && msr_write(MSR_APIC_BASE, base | BASE_X2APIC);
}

void apic_load(void)
{
	if (x2apic)
		enter_x2apic_mode();
	apic_write(SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
}

const char *apic_init(bool want_x2apic)
{
	bool was_off = !is_on();
	const char *why = was_off ? turn_on() : NULL;

	if (why)
		return why;
	if (!find_registers())
		return "the local APIC does not answer";
	if (was_off)
		connect_pics();
	x2apic = x2apic || (want_x2apic && cpuid(1, 0).ecx & CPUID_X2APIC && enter_x2apic_mode());
	apic_load();
	return NULL;
}

/* SDM 11.6.1, 11.12.9: in x2APIC mode the ICR is one MSR, and never pending. */
void apic_send(uint32_t command, uint32_t destination)
{
	if (x2apic) {
		uint64_t to = destination == TO_ALL ? UINT32_MAX : destination;

		msr_write(MSR_X2APIC + APIC_ICR / 16, to << 32 | (command & ICR_WRITABLE));
		return;
	}
	apic_write(APIC_ICR_DESTINATION, destination << 24);
	apic_write(APIC_ICR, command);
	for (unsigned i = 0; i < MAX_POLLS && apic_read(APIC_ICR) & ICR_PENDING; i++)
		cpu_relax();
}

void apic_nmi(uint32_t destination)
{
	apic_send(ICR_ASSERT | ICR_NMI, destination);
}

void apic_init_one(uint32_t destination)
{
	apic_send(ICR_ASSERT | ICR_INIT, destination);
}

void apic_start_one(uint32_t destination, uint32_t low)
{
	apic_send(ICR_ASSERT | ICR_STARTUP | low / PAGE_SIZE, destination);
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

/* SDM 11.5.4 */
void apic_timer_start(unsigned vector, uint32_t count)
{
	apic_write(TIMER_DIVIDE, TIMER_DIVIDE_1);
	apic_write(LVT_TIMER, vector); /* once, not masked */
	apic_write(TIMER_INITIAL, count);
}

void apic_timer_stop(void)
{
	apic_write(LVT_TIMER, LVT_MASKED);
	apic_write(TIMER_INITIAL, 0);
}

/*
 * For handlers: apic_write() may be an attempt, but what was interrupted may be one, and there is
 * one at a time.
 */
static void write_directly(unsigned offset, uint32_t value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		memory_write(offset, value);
}

void apic_timer_again(uint32_t count)
{
	write_directly(TIMER_INITIAL, count);
}

void apic_end_of_interrupt(void)
{
	write_directly(EOI, 0);
}
