/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU for hosted tests of the host's vendor parts, which are compiled with -include of this file.
 * It defines the guards of x86/insn.h and vmx_insn.h, and functions in place of their instructions.
 */
#ifndef UNIT_FAKE_CPU_H
#define UNIT_FAKE_CPU_H

#define X86_INSN_H
#define HOST_VMX_INSN_H

#include <stdint.h>

#define this_cpu this_cpu_of_stack /* not used: it needs an image's stack */
#include "x86/cpu.h"
#undef this_cpu

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

struct fake_msr {
	uint32_t number;
	uint64_t value;
	uint32_t needs; /* exists only if this MSR exists and has one of @bits; 0: always */
	uint64_t bits;
};

struct fake_leaf {
	uint32_t number;
	struct cpuid_regs regs;
};

/* Set by a test.  Lists end where a number is 0. */
struct fake_cpu {
	uint64_t cr0, cr2, cr3, cr4, dr6;
	uint16_t cs, ss, ds, es, fs, gs;
	struct fake_leaf leaves[4];
	struct fake_msr msrs[16];
};

extern struct fake_cpu fake;

/* The MSR; NULL if this CPU does not have it. */
struct fake_msr *fake_msr(uint32_t number);

/* ---- fake_cpu.c: x86/insn.h ---- */

#define READ_REG(reg)     (fake.reg)
#define WRITE_REG(reg, v) (fake.reg = (v))
#define READ_SEL(reg)     (fake.reg)

struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf);
uint64_t rdmsr(uint32_t number);
void wrmsr(uint32_t number, uint64_t value);
uint64_t rdtsc(void);
uint8_t inb(uint16_t port);
void outb(uint16_t port, uint8_t value);

/* ---- test_vcpus.c ---- */

void cpu_relax(void);
_Noreturn void halt_for_ever(void);

/* ---- test_vmx.c: vmx_insn.h, and this_cpu() ---- */

#define VMX_REGION(instruction, region) vmx_region(instruction, region)

void vmx_region(const char *instruction, const uint8_t *region);
uint64_t vmread(uint32_t field);
void vmwrite(uint32_t field, uint64_t value);
void vmxoff(void);
void invept_all(void);
struct table_register read_gdtr(void);
struct table_register read_idtr(void);
struct cpu *this_cpu(void);

#endif
