/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions that only vmx.c and vmx_setup.c need.  tests/unit/fake_cpu.h replaces them. */
#ifndef HOST_VMX_INSN_H
#define HOST_VMX_INSN_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vmcs.h"
#include "lib/panic.h"
#include "x86/cpu.h"

static _Noreturn __attribute__((noinline)) void field_failed(enum vmcs_field field)
{
	panic("host: this CPU has no VMCS field %#x", field);
}

static inline uint64_t vmread(enum vmcs_field field)
{
	uint64_t value;
	bool failed;

	__asm__ volatile("vmread %2, %0"
			 : "=r"(value), "=@ccbe"(failed)
			 : "r"((uint64_t)field)
			 : "memory");
	if (__builtin_expect(failed, 0))
		field_failed(field);
	return value;
}

static inline void vmwrite(enum vmcs_field field, uint64_t value)
{
	bool failed;

	__asm__ volatile("vmwrite %2, %1"
			 : "=@ccbe"(failed)
			 : "r"((uint64_t)field), "r"(value)
			 : "memory");
	if (__builtin_expect(failed, 0))
		field_failed(field);
}

/* VMXON, VMCLEAR and VMPTRLD take the region's address from memory. */
#define VMX_REGION(instruction, region)                                                      \
	do {                                                                                 \
		uint64_t pa = (uint64_t)(region);                                            \
		bool failed;                                                                 \
		__asm__ volatile(instruction " %1" : "=@ccbe"(failed) : "m"(pa) : "memory"); \
		if (failed)                                                                  \
			panic("host: " instruction " failed");                               \
	} while (0)

/* INVEPT of type 2: all contexts. */
static inline void invept_all(void)
{
	static const uint64_t none[2];

	__asm__ volatile("invept %0, %1" : : "m"(none), "r"(UINT64_C(2)) : "cc", "memory");
}

static inline void vmxoff(void)
{
	__asm__ volatile("vmxoff" : : : "cc", "memory");
}

static inline struct table_register read_gdtr(void)
{
	struct table_register gdtr;

	__asm__ volatile("sgdt %0" : "=m"(gdtr));
	return gdtr;
}

static inline struct table_register read_idtr(void)
{
	struct table_register idtr;

	__asm__ volatile("sidt %0" : "=m"(idtr));
	return idtr;
}

#endif
