/* SPDX-License-Identifier: GPL-2.0-only */
/* src/guest/kvm2007/site.c: which call instruction the guest accepts, by CPUID. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_cpu.h"
#include "guest/kvm2007/site.h"

#define VMX BIT(5)
#define SVM BIT(2)

uint64_t page_gpa(unsigned page)
{
	return page;
}

static struct {
	uint32_t number;
	struct cpuid_regs regs;
} leaves[4];

struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	assert_int_equal(subleaf, 0);
	for (unsigned i = 0; i < 4; i++) {
		if (leaves[i].number == leaf)
			return leaves[i].regs;
	}
	fail_msg("CPUID of leaf %#x", leaf);
	return (struct cpuid_regs){0};
}

static bool accepts(uint8_t last)
{
	uint8_t bytes[] = {0x0f, 0x01, last, 0xc3};
	struct site site = {.bytes = bytes};

	return site_patched(&site);
}

static void test_vendors(void **state)
{
	static const struct {
		const char *name;
		uint32_t leaf_1, leaf_80000001; /* ECX */
		enum call_vendor vendor;
	} table[] = {
		{"AuthenticAMD", 0, 0, CALL_AMD},      {"AuthenticAMD", 0, SVM, CALL_AMD},
		{"AuthenticAMD", VMX, 0, CALL_EITHER}, {"AuthenticAMD", VMX, SVM, CALL_EITHER},
		{"HygonGenuine", 0, SVM, CALL_AMD},    {"HygonGenuine", VMX, 0, CALL_EITHER},
		{"GenuineIntel", 0, 0, CALL_INTEL},    {"GenuineIntel", VMX, 0, CALL_INTEL},
		{"GenuineIntel", 0, SVM, CALL_EITHER}, {"CentaurHauls", VMX, 0, CALL_INTEL},
		{"CentaurHauls", 0, SVM, CALL_EITHER}, {"  Shanghai  ", VMX, 0, CALL_INTEL},
		{"  Shanghai  ", 0, SVM, CALL_EITHER}, {"NobodyKnows!", 0, 0, CALL_EITHER},
		{"NobodyKnows!", VMX, 0, CALL_EITHER}, {"NobodyKnows!", 0, SVM, CALL_EITHER},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t name[3];

		memcpy(name, table[i].name, sizeof(name));
		leaves[0].number = 0;
		leaves[0].regs = (struct cpuid_regs){1, name[0], name[2], name[1]};
		leaves[1].number = 1;
		leaves[1].regs = (struct cpuid_regs){0, 0, table[i].leaf_1, 0};
		leaves[2].number = 0x80000000;
		leaves[2].regs = (struct cpuid_regs){0x80000001, 0, 0, 0};
		leaves[3].number = 0x80000001;
		leaves[3].regs = (struct cpuid_regs){0, 0, table[i].leaf_80000001, 0};
		site_init();
		assert_int_equal(site_vendor(), table[i].vendor);
		assert_int_equal(accepts(0xd9), table[i].vendor != CALL_INTEL);
		assert_int_equal(accepts(0xc1), table[i].vendor != CALL_AMD);
		assert_false(accepts(0xd8));
		assert_int_equal(!site_vendor_doubt(), table[i].vendor != CALL_EITHER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_vendors)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
