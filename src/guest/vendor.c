/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/vendor.h"

#include "lib/string.h"
#include "x86/insn.h"

enum cpu_vendor vendor_by_name(void)
{
	static const struct {
		char name[13];
		enum cpu_vendor vendor;
	} vendors[] = {
		{"AuthenticAMD", VENDOR_AMD},   {"HygonGenuine", VENDOR_AMD},
		{"GenuineIntel", VENDOR_INTEL}, {"CentaurHauls", VENDOR_INTEL},
		{"  Shanghai  ", VENDOR_INTEL},
	};
	struct cpuid_regs id = cpuid(0, 0);
	uint32_t name[3] = {id.ebx, id.edx, id.ecx};

	for (unsigned i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
		if (!memcmp(name, vendors[i].name, sizeof(name)))
			return vendors[i].vendor;
	}
	return VENDOR_UNKNOWN;
}
