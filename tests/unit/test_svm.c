/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/svm.c on CPUs that no emulator has.  Sections are of APM2 (24593 rev. 3.41). */
#include "fake_cpu.h"

#include "host/svm.h"
#include "vendor_fixture.h"

#define MAX_LEAF     0x80000000u
#define FEATURES     0x80000001u /* ECX bit 2: SVM */
#define SVM_FEATURES 0x8000000au /* EDX bit 0: nested paging; bit 3: the next RIP is saved */
#define VM_CR        0xc0010114u
#define FIRMWARE     "the firmware has disabled SVM: wanted bit 4 of VM_CR (MSR 0xc0010114) clear"
#define NESTED       "this CPU has no nested paging: wanted CPUID 8000000ah EDX bit 0"

static struct svm *svm; /* that svm_run() was called with */

static const struct fake_cpu plain = {
	.leaves = {{MAX_LEAF, {.eax = SVM_FEATURES}},
		   {FEATURES, {.ecx = BIT(2)}},
		   {SVM_FEATURES, {.edx = BIT(0)}}},
	.msrs = {{.number = VM_CR},
		 {.number = MSR_EFER, .value = EFER_LMA},
		 {.number = MSR_VM_HSAVE_PA}},
};

/* ---- what svm.c calls ---- */

void svm_run(struct svm *entered, struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	svm = entered;
}

void svm_take_nmi(void)
{
}

void svm_block_nmis(void)
{
}

bool vcpu_handle_exit(struct vcpu *v)
{
	vcpu_sync(v);
	vcpu_skip(v);
	return true;
}

/* ---- tests ---- */

static void start(const struct fake_cpu *cpu)
{
	fake = *cpu;
	memset(pages, 0xa5, sizeof(pages)); /* they are not cleared */
	vcpu = (struct vcpu){.vendor = &svm_vendor, .pages = pages};
	svm_vendor.init();
	svm_vendor.run(&vcpu, &begin);
}

/* SVM is offered if CPUID has its leaf and its bit.  No MSR may be read: all are missing here. */
static void test_offered(void **state)
{
	static const struct {
		uint32_t max, features;
		bool offered;
	} table[] = {
		{0x8000000a, BIT(2), true},
		{0x80000020, BIT(2), true},
		{0x80000009, BIT(2), false},
		{0x80000000, BIT(2), false},
		{0, BIT(2), false}, /* no extended leaves at all */
		{0x8000000a, ~(uint32_t)BIT(2), false},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		fake = (struct fake_cpu){.leaves = {{MAX_LEAF, {.eax = table[i].max}},
						    {FEATURES, {.ecx = table[i].features}}}};
		assert_int_equal(svm_vendor.offered(), table[i].offered);
	}
}

/* SVM is available unless the firmware disables it (15.4) or nested paging is missing (15.25). */
static void test_available(void **state)
{
	static const struct {
		uint64_t vm_cr;
		uint32_t features;
		const char *why; /* NULL: available */
	} table[] = {
		{0, BIT(0), NULL},
		{~BIT(4), BIT(0), NULL},
		{BIT(4), BIT(0), FIRMWARE},
		{BIT(3) | BIT(4), ~0u, FIRMWARE},
		{0, 0, NESTED},
		{0, ~(uint32_t)BIT(0), NESTED},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		const char *why = NULL;

		fake = plain;
		fake_msr(VM_CR)->value = table[i].vm_cr;
		fake.leaves[2].regs.edx = table[i].features;
		assert_int_equal(svm_vendor.available(&why), !table[i].why);
		if (table[i].why)
			assert_string_equal(why, table[i].why);
	}
}

/*
 * 15.11: three ranges of MSRs; two bits for each, the lower for reads.  The last quarter is
 * reserved.
 */
static void test_msr_map(void **state)
{
	static const uint32_t ranges[] = {0, 0xc0000000, 0xc0010000};
	const uint8_t *map;

	(void)state;
	start(&plain);
	map = (const uint8_t *)svm->guest.msrpm_pa;
	assert_int_equal((uintptr_t)map % PAGE_SIZE, 0);
	for (uint32_t bit = 0; bit < 2 * 8 * PAGE_SIZE; bit++) {
		const uint32_t range = bit / 0x4000, msr = bit % 0x4000 / 2;
		const bool passed = range < COUNT(ranges) && is_passthrough(ranges[range] + msr);

		if ((map[bit / 8] >> bit % 8 & 1) == passed)
			fail_msg("%s of MSR %#x of range %u: wanted it %s",
				 bit % 2 ? "WRMSR" : "RDMSR", msr, range,
				 passed ? "passed" : "to exit");
	}
}

/* The maps need their intercepts (15.10, 15.11), and nested paging must be on. */
static void test_controls(void **state)
{
	const struct vmcb *c;

	(void)state;
	start(&plain);
	c = &svm->guest;
	assert_int_equal(c->intercept1 & (BIT(27) | BIT(28)), BIT(27) | BIT(28));
	assert_int_equal(c->iopm_pa, (uintptr_t)io_bitmap_init());
	assert_int_equal(c->nested_control & 1, 1);
	assert_int_equal(c->nested_cr3, ROOT);
	assert_int_not_equal(c->asid, 0); /* the host's own: 15.5.1 */
	assert_int_equal(c->efer, EFER_SVME);
	assert_int_equal(fake_msr(MSR_EFER)->value, EFER_LMA | EFER_SVME);
	assert_int_not_equal(fake_msr(MSR_VM_HSAVE_PA)->value, 0);
}

/* 15.7.1: the next RIP, if the CPU saves it, counts prefixes. */
static void test_next_rip(void **state)
{
	struct fake_cpu saves = plain;

	(void)state;
	saves.leaves[2].regs.edx |= BIT(3);
	for (unsigned saving = 0; saving < 2; saving++) {
		start(saving ? &saves : &plain);
		svm->guest.exit_code = 0x72; /* CPUID */
		svm->guest.next_rip = RIP + 5;
		assert_true(svm_exit(svm, &vcpu));
		assert_int_equal(vcpu.exit.kind, EXIT_CPUID);
		assert_int_equal(svm->guest.rip, RIP + (saving ? 5 : 2));
	}
}

/*
 * CS.L (bit 9 of a packed attribute, 15.5.1) counts only in long mode; else CS.D (bit 10): 4.7.2,
 * 4.8.1.
 */
static void test_code(void **state)
{
	static const struct {
		uint64_t efer;
		uint16_t attributes;
		uint8_t bits;
	} table[] = {
		{EFER_LMA, 0xa9b, 64}, {EFER_LMA, 0xc9b, 32}, {EFER_LMA, 0x89b, 16}, {0, 0xe9b, 32},
		{0, 0xa9b, 16},        {0, 0xc9b, 32},        {0, 0x09b, 16},
	};

	(void)state;
	start(&plain);
	for (unsigned i = 0; i < COUNT(table); i++) {
		svm->guest.efer = EFER_SVME | table[i].efer;
		svm->guest.cs.attributes = table[i].attributes;
		svm->guest.cs.base = 0xffff0000 + i;
		vcpu.synced = false;
		vcpu_sync(&vcpu);
		assert_int_equal(vcpu.slow.code_bits, table[i].bits);
		assert_int_equal(vcpu.slow.cs_base, 0xffff0000 + i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offered),  cmocka_unit_test(test_available),
		cmocka_unit_test(test_msr_map),  cmocka_unit_test(test_controls),
		cmocka_unit_test(test_next_rip), cmocka_unit_test(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
