/* SPDX-License-Identifier: GPL-2.0-only */
/* KD: what CPUID says of the host. */
#include "guest/kvm/checks.h"
#include "x86/insn.h"

/* KD2: EAX of the first leaf is the last leaf, or 0 on the first hosts. */
static void max_leaf(struct run *run)
{
	uint32_t last = cpuid(kvm_found.base, 0).eax;

	expect(run, !last || last - kvm_found.base - 1 < KVM_CPUID_BASE_STEP - 1,
	       "EAX of leaf %#x: wanted a leaf after it, before the next block, got %#x",
	       kvm_found.base, last);
}

static const struct check checks[] = {
	{"cpuid.max-leaf", "KD2", .body = max_leaf},
};

const struct area cpuid_area = AREA(checks);
