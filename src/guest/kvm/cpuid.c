/* SPDX-License-Identifier: GPL-2.0-only */
/* KD: what CPUID says of the host, and how it says it. */
#include "guest/compare.h"
#include "guest/kvm/checks.h"
#include "lib/string.h"
#include "x86/defs.h"
#include "x86/insn.h"

#define ASSIGNED_FEATURES 0x0103fefbu /* all but 2, which is dead, 8, 18 to 23, 25 to 31 */
#define HYPERV_INTERFACE  0x31237648u /* "Hv#1": EAX of the leaf 0x40000001 of Hyper-V */

/* Whether the leaf of features may be read. */
static bool has_features_leaf(void)
{
	return kvm_found.last >= kvm_found.base + KVM_CPUID_FEATURES;
}

/* KD1: where another interface has the first block, the features are not in that. */
static void block(struct run *run)
{
	struct cpuid_regs first = cpuid(KVM_CPUID_SIGNATURE, 0);
	uint32_t there = 0;

	if (kvm_found.base == KVM_CPUID_SIGNATURE) {
		skip(run, "the signature is in the first block");
		return;
	}
	if (first.eax > KVM_CPUID_SIGNATURE)
		there = cpuid(KVM_CPUID_SIGNATURE + KVM_CPUID_FEATURES, 0).eax;
	expect(run, kvm_found.features || !there || there == HYPERV_INTERFACE,
	       "EAX of leaf %#x: wanted features, got 0; and %#x in leaf 0x40000001",
	       kvm_found.base + KVM_CPUID_FEATURES, there);
}

/* KD2: EAX of the first leaf is the last leaf, or 0 on the first hosts. */
static void max_leaf(struct run *run)
{
	uint32_t last = cpuid(kvm_found.base, 0).eax;

	expect(run, !last || last - kvm_found.base - 1 < KVM_CPUID_BASE_STEP - 1,
	       "EAX of leaf %#x: wanted a leaf after it, before the next block, got %#x",
	       kvm_found.base, last);
}

/* KD3: what has no meaning is 0. */
static void zeros(struct run *run)
{
	struct cpuid_regs r;

	if (!has_features_leaf())
		return;
	r = cpuid(kvm_found.base + KVM_CPUID_FEATURES, 0);
	expect_equal(run, "EBX of the features", r.ebx, 0);
	expect_equal(run, "ECX of the features", r.ecx, 0);
}

static void unassigned(struct run *run)
{
	expect_equal(run, "unassigned bits in EAX of the features",
		     kvm_found.features & ~ASSIGNED_FEATURES, 0);
	expect_equal(run, "unassigned bits in EDX of the features",
		     kvm_found.hints & ~(1u << KVM_HINTS_REALTIME), 0);
}

void expect_hypervisor_bit(struct run *run)
{
	expect(run, cpuid(1, 0).ecx >> KVM_HYPERVISOR_BIT & 1,
	       "bit 31 of ECX of leaf 1: wanted 1, got 0");
}

static void expect_leaf(struct run *run, uint32_t leaf, uint32_t subleaf,
			const struct cpuid_regs *wanted)
{
	struct cpuid_regs r = cpuid(leaf, subleaf);

	expect(run, !memcmp(&r, wanted, sizeof(r)),
	       "leaf %#x with ECX %#x: wanted %#x %#x %#x %#x, got %#x %#x %#x %#x", leaf, subleaf,
	       wanted->eax, wanted->ebx, wanted->ecx, wanted->edx, r.eax, r.ebx, r.ecx, r.edx);
}

/* KD4: ECX does not matter. */
static void subleaf(struct run *run)
{
	static const uint32_t subleaves[] = {1, 7, 0x80000000, UINT32_MAX};
	uint32_t end = kvm_found.base + (has_features_leaf() ? 1 : 0);

	for (uint32_t leaf = kvm_found.base; leaf <= end; leaf++) {
		struct cpuid_regs first = cpuid(leaf, 0);

		for (unsigned i = 0; i < sizeof(subleaves) / sizeof(subleaves[0]); i++)
			expect_leaf(run, leaf, subleaves[i], &first);
	}
}

void expect_features(struct run *run)
{
	struct cpuid_regs r;

	if (!has_features_leaf())
		return;
	r = cpuid(kvm_found.base + KVM_CPUID_FEATURES, 0);
	expect_equal(run, "EAX of the features", r.eax, kvm_found.features);
	expect_equal(run, "EDX of the features", r.edx, kvm_found.hints);
}

/* KD4: nor does time: it is as discovery found it, after all else that was done. */
static void stable(struct run *run)
{
	struct cpuid_regs wanted = {
		.ebx = KVM_SIGNATURE_EBX, .ecx = KVM_SIGNATURE_ECX, .edx = KVM_SIGNATURE_EDX};

	wanted.eax = cpuid(kvm_found.base, 0).eax;
	expect_leaf(run, kvm_found.base, 0, &wanted);
	expect_features(run);
}

/* KD5: of the registers only EAX to EDX change, and of these the upper halves become 0. */
static void clobbers(struct run *run)
{
	static const uint8_t cpuid_ret[] = {0x0f, 0xa2, 0xc3};
	const unsigned written = GPR_BIT(rax) | GPR_BIT(rbx) | GPR_BIT(rcx) | GPR_BIT(rdx);

	memcpy(page_bytes(PAGE_SITE_A), cpuid_ret, sizeof(cpuid_ret));
	for (uint32_t leaf = kvm_found.base; leaf <= kvm_found.base + 1; leaf++) {
		struct gprs gprs = noise_gprs();
		struct outcome o;

		gprs.rax = leaf | gprs.rax << 32;
		gprs.rflags |= COMPARED_FLAGS & ~RFLAGS_IF;
		interact_call(page_entry(PAGE_SITE_A), &gprs, &o);
		if (!expect_returned(run, "CPUID", &o))
			return;
		expect_registers_kept(run, &o, written);
		expect(run, !((o.after.rax | o.after.rbx | o.after.rcx | o.after.rdx) >> 32),
		       "CPUID: wanted the upper halves of RAX, RBX, RCX and RDX 0");
	}
}

static const struct check checks[] = {
	{"cpuid.block", "KD1", .body = block},
	{"cpuid.max-leaf", "KD2", .body = max_leaf},
	{"cpuid.zeros", "KD3", .body = zeros},
	{"cpuid.unassigned", "KD3", .body = unassigned, .todo = TODO_NEWER},
	{"cpuid.hypervisor-bit", "KD4", .body = expect_hypervisor_bit},
	{"cpuid.subleaf", "KD4", .body = subleaf},
	{"cpuid.clobbers", "KD5", .body = clobbers},
};

const struct area cpuid_area = AREA(checks);

static const struct check end_checks[] = {
	{"cpuid.stable", "KD4", CHECK_LAST, .body = stable},
};

const struct area kvm_end_area = AREA(end_checks);
