/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake_cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array)         (sizeof(array) / sizeof((array)[0]))
#define FEATURE_CONTROL      0x3au
#define FEATURE_CONTROL_LOCK BIT(0)

struct fake_cpu fake;

struct fake_msr *fake_msr(uint32_t number)
{
	for (unsigned i = 0; i < COUNT(fake.msrs) && fake.msrs[i].number; i++) {
		struct fake_msr *msr = &fake.msrs[i];
		const struct fake_msr *needed;

		if (msr->number != number)
			continue;
		if (!msr->needs)
			return msr;
		needed = fake_msr(msr->needs);
		return needed && needed->value & msr->bits ? msr : NULL;
	}
	return NULL;
}

/* A leaf that the CPU does not have may return anything (SDM volume 2, CPUID): here all ones. */
struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	assert_int_equal(subleaf, 0);
	for (unsigned i = 0; i < COUNT(fake.leaves) && fake.leaves[i].number; i++) {
		if (fake.leaves[i].number == leaf)
			return fake.leaves[i].regs;
	}
	return (struct cpuid_regs){~0u, ~0u, ~0u, ~0u};
}

static struct fake_msr *access_msr(const char *instruction, uint32_t number)
{
	struct fake_msr *msr = fake_msr(number);

	if (!msr)
		fail_msg("%s of MSR %#x, which this CPU does not have", instruction, number);
	return msr;
}

uint64_t rdmsr(uint32_t number)
{
	return access_msr("RDMSR", number)->value;
}

void wrmsr(uint32_t number, uint64_t value)
{
	struct fake_msr *msr = access_msr("WRMSR", number);

	if (number == FEATURE_CONTROL && msr->value & FEATURE_CONTROL_LOCK)
		fail_msg("WRMSR of IA32_FEATURE_CONTROL, which is locked");
	msr->value = value;
}

uint64_t rdtsc(void)
{
	return 0;
}

uint8_t inb(uint16_t port)
{
	fail_msg("IN of port %#x", port);
	return 0;
}

void outb(uint16_t port, uint8_t value)
{
	fail_msg("OUT to port %#x of %#x", port, value);
}
