/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/msr.h"

#include "x86/defs.h"
#include "x86/trap.h"

/* boot/call.asm */
extern const uint8_t op_rdmsr[], op_wrmsr[];

static bool access(const uint8_t *target, uint32_t msr, uint64_t *value)
{
	struct call call = {
		.target = (uint64_t)target,
		.in = {.rax = (uint32_t)*value,
		       .rcx = msr,
		       .rdx = *value >> 32,
		       .rflags = RFLAGS_RESERVED1},
	};

	if (!attempt_call(&call))
		return false;
	*value = (uint32_t)call.out.rax | call.out.rdx << 32;
	return true;
}

bool msr_read(uint32_t msr, uint64_t *value)
{
	return access(op_rdmsr, msr, value);
}

bool msr_write(uint32_t msr, uint64_t value)
{
	return access(op_wrmsr, msr, &value);
}
