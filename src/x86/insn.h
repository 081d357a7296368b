/* SPDX-License-Identifier: GPL-2.0-only */
/* Single instructions that C does not have. */
#ifndef X86_INSN_H
#define X86_INSN_H

#include <stdint.h>

static inline uint8_t inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void outb(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline uint16_t inw(uint16_t port)
{
	uint16_t v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

/* Writes @n bytes to one port. */
static inline void outsb(uint16_t port, const void *bytes, uint64_t n)
{
	__asm__ volatile("rep outsb" : "+S"(bytes), "+c"(n) : "d"(port) : "memory");
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
	__asm__ volatile("wrmsr"
			 :
			 : "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "c"(msr)
			 : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

/* Control and debug registers, by the names that MOV has for them: cr0, dr0, ... */
#define READ_REG(reg)                                                                    \
	({                                                                               \
		uint64_t reg##_value;                                                    \
		__asm__ volatile("mov %%" #reg ", %0" : "=r"(reg##_value) : : "memory"); \
		reg##_value;                                                             \
	})
#define WRITE_REG(reg, v) __asm__ volatile("mov %0, %%" #reg : : "r"((uint64_t)(v)) : "memory")

/* Segment selectors: cs (read only), ss, ds, es, fs, gs */
#define READ_SEL(reg)                                                       \
	({                                                                  \
		uint16_t reg##_value;                                       \
		__asm__ volatile("mov %%" #reg ", %0" : "=r"(reg##_value)); \
		reg##_value;                                                \
	})
#define WRITE_SEL(reg, v) __asm__ volatile("mov %0, %%" #reg : : "r"((uint32_t)(v)) : "memory")

static inline void invlpg(const void *address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/*
 * What follows begins after all earlier loads: SDM volume 2 (325383-083), LFENCE.  On AMD where
 * bit 1 of MSR 0xc0011029 is set, which hypervisors do for their guests.
 */
static inline void load_fence(void)
{
	__asm__ volatile("lfence" : : : "memory");
}

static inline void interrupts_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void interrupts_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/* Waits for an interrupt: none can come between STI and HLT. */
static inline void halt_once(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

_Noreturn static inline void halt_for_ever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

/* No fault has a gate: the processor shuts down.  INT3 would do, but some hypervisors keep it. */
_Noreturn static inline void triple_fault(void)
{
	static const uint8_t no_gates[10];

	for (;;)
		__asm__ volatile("lidt %0; ud2" : : "m"(no_gates));
}

#endif
