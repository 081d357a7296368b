/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/kvm2007/policy.c: an honest host keeps the rules. */
#include "kvm2007_fixture.h"

/* D3: other MSRs are not the ABI's. */
static void test_msr(void **state)
{
	static const uint32_t others[] = {MAGIC - 1, MAGIC + 1, 0, MAGIC & 0x7fffffff};
	uint64_t value = 1;

	(void)state;
	fill_page(PAGE, 1, 4096, SITE);
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_int_equal(kvm2007_rdmsr(&vcpu, others[i], &value), MSR_UNKNOWN);
		assert_int_equal(kvm2007_wrmsr(&vcpu, others[i], PAGE), MSR_UNKNOWN);
	}
	assert_int_equal(value, 1);
	assert_no_event(&vcpu);
	assert_nothing_else(&vcpu);
	assert_logged("");
}

static void probe(struct vcpu *v, uint64_t want)
{
	uint64_t value = ~want;

	assert_int_equal(kvm2007_rdmsr(v, MAGIC, &value), MSR_DONE);
	assert_int_equal(value, want);
	assert_no_event(v);
	assert_nothing_else(v);
}

/* D1: RDMSR reads the gpa that this vCPU registered last, or 0. */
static void test_rdmsr_header(void **state)
{
	(void)state;
	probe(&vcpu, 0);
	assert_logged("probe 0 0x87655678 = 0");
	register_ok(&vcpu, PAGE, SITE);
	probe(&vcpu, PAGE);
	assert_logged("probe 0 0x87655678 = 0x110000");
	probe(&other, 0);
	assert_logged("probe 1 0x87655678 = 0");
	register_refused(&vcpu, PAGE + 4096, 2, SITE);
	probe(&vcpu, PAGE);
	assert_rejected(&vcpu, HOLE);
	probe(&vcpu, PAGE);
}

static void test_rdmsr_linux(void **state)
{
	uint64_t value = 0x1234;

	(void)state;
	config.personality = PERSONALITY_LINUX2007;
	assert_int_equal(kvm2007_rdmsr(&vcpu, MAGIC, &value), MSR_GP);
	assert_gp(&vcpu);
	assert_int_equal(value, 0x1234);
	assert_nothing_else(&vcpu);
	assert_logged("probe 0 0x87655678 = #GP");
	register_ok(&vcpu, PAGE, SITE);
	assert_int_equal(kvm2007_rdmsr(&vcpu, MAGIC, &value), MSR_GP);
	assert_gp(&vcpu);
	assert_nothing_else(&vcpu);
}

/* S2, S3, P1, P2. */
static void test_register(void **state)
{
	(void)state;
	register_ok(&vcpu, PAGE, SITE);
	assert_logged("register 0 0x110000 0x1 0x1000 0x112008 = 0");
	assert_string_equal(patch_logged, "patch 0 0x112008 0f 01 d9");
	assert_memory_equal(memory.bytes + SITE, "\x0f\x01\xd9", 3);
}

static void test_register_linux(void **state)
{
	(void)state;
	config.personality = PERSONALITY_LINUX2007;
	register_ok(&other, PAGE, SITE);
	assert_logged("register 1 0x110000 0x1 0x1000 0x112008 = 0");
	assert_memory_equal(memory.bytes + SITE, "\x0f\x01\xd9\xc3", 4);
}

/* P1: the instruction of the CPU's vendor. */
static void test_vendor(void **state)
{
	(void)state;
	for (config.personality = 0; config.personality < 2; config.personality++) {
		kvm2007_init(vmcall);
		fill_page(PAGE, 1, 4096, SITE);
		expect_answer(PAGE, 0);
		expect_patch(SITE, vmcall);
		register_page(&vcpu, PAGE);
		kvm2007_init(vmmcall);
		register_ok(&vcpu, PAGE, SITE);
	}
}

/* S4: size is neither checked nor changed. */
static void test_sizes(void **state)
{
	static const uint32_t sizes[] = {0, 1, 23, 24, 4095, 4096, 4097, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		fill_page(PAGE, 1, sizes[i], SITE);
		expect_answer(PAGE, 0);
		expect_patch(SITE, vmmcall);
		register_page(&vcpu, PAGE);
	}
	assert_logged("register 0 0x110000 0x1 0xffffffff 0x112008 = 0");
}

/* S5: misaligned, in the hole, beyond the end, wrapped. */
static void test_bad_pages(void **state)
{
	static const uint64_t bad[] = {
		PAGE + 1,
		PAGE + 8,
		PAGE + 24,
		PAGE + 0x800,
		PAGE + 0xfff,
		HOLE - 1,
		HOLE - 0x800,
		HOLE,
		HOLE_END - 4096,
		HOLE_END - 1,
		SIZE - 1,
		SIZE - 4095,
		SIZE,
		SIZE + 4096,
		(UINT64_C(1) << 32) + PAGE,
		UINT64_C(1) << 40,
		(UINT64_C(1) << 52) + PAGE,
		(UINT64_C(1) << 63) + PAGE,
		UINT64_MAX - 4095,
		UINT64_MAX,
	};
	char want[80];

	(void)state;
	register_ok(&vcpu, PAGE + 4096, SITE + 64);
	fill_page(PAGE, 1, 4096, SITE);
	for (config.personality = 0; config.personality < 2; config.personality++) {
		for (size_t i = 0; i < COUNT(bad); i++) {
			assert_rejected(&vcpu, bad[i]);
			snprintf(want, sizeof(want), "register 0 %#lx = #GP", bad[i]);
			assert_logged(want);
		}
	}
	config.personality = PERSONALITY_HEADER;
	register_ok(&vcpu, PAGE, SITE);
}

/* The first and the last page of each piece of memory; S8: 0 is a page like any other. */
static void test_pages_at_boundaries(void **state)
{
	static const uint64_t pages[] = {4096, 0, HOLE - 4096, HOLE_END, SIZE - 4096};

	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++)
		register_ok(&vcpu, pages[i], SITE);
}

/* S6: the same page or another, the same site or another; what is patched stays so. */
static void test_again(void **state)
{
	(void)state;
	for (config.personality = 0; config.personality < 2; config.personality++) {
		uint64_t page = PAGE + config.personality * 0x8000;
		uint64_t site = SITE + config.personality * 0x8000;

		register_ok(&vcpu, page, site);
		register_ok(&vcpu, page, site);
		register_ok(&vcpu, page, site + 16);
		register_ok(&vcpu, page + 4096, site + 16);
		register_ok(&vcpu, page + 4096, site + 32);
		register_ok(&vcpu, page, site);
	}
}

/* S7. */
static void test_page_of_one_vcpu(void **state)
{
	(void)state;
	register_ok(&vcpu, PAGE, SITE);
	register_ok(&other, PAGE + 4096, SITE + 16);
	assert_logged("register 1 0x111000 0x1 0x1000 0x112018 = 0");
	assert_int_equal(vcpu.para_state_gpa, PAGE);
	register_refused(&other, PAGE + 0x8000, 2, SITE);
	assert_int_equal(vcpu.para_state_gpa, PAGE);
	assert_int_equal(other.para_state_gpa, PAGE + 4096);
	assert_rejected(&other, SIZE);
	assert_nothing_else(&vcpu);
	assert_no_event(&vcpu);
}

/* V1, V3, P7: newer ones, compared unsigned; then the right one. */
static void test_newer_guests(void **state)
{
	static const uint32_t newer[] = {2,          3,          0x100,     0x7fffffff,
					 0x80000000, 0x80000001, 0xffffffff};

	(void)state;
	for (config.personality = 0; config.personality < 2; config.personality++) {
		uint64_t site = SITE + config.personality * 0x1000;

		for (size_t i = 0; i < COUNT(newer); i++)
			register_refused(&vcpu, PAGE, newer[i], site);
		assert_logged(config.personality
				      ? "register 0 0x110000 0xffffffff 0x1000 0x113008 = -1"
				      : "register 0 0x110000 0xffffffff 0x1000 0x112008 = -1");
		register_ok(&vcpu, PAGE, site);
	}
}

/* V2. */
static void test_older_guest(void **state)
{
	(void)state;
	fill_page(PAGE, 0, 4096, SITE);
	expect_answer(PAGE, 0);
	expect_patch(SITE, vmmcall);
	register_page(&vcpu, PAGE);
	assert_int_equal(vcpu.para_state_gpa, PAGE);
	assert_logged("register 0 0x110000 0 0x1000 0x112008 = 0");
}

/* P2, P3: at any alignment, in any page; no byte before or after it. */
static void test_sites(void **state)
{
	static const uint64_t bases[] = {0, HOLE_END, PAGE + 24, PAGE + 0x800, SITE};

	(void)state;
	for (config.personality = 0; config.personality < 2; config.personality++) {
		for (size_t i = 0; i < COUNT(bases); i++) {
			for (unsigned offset = 0; offset < 17; offset++)
				register_ok(&vcpu, PAGE, bases[i] + offset);
		}
		register_ok(&vcpu, PAGE, HOLE - patch_length());
		register_ok(&vcpu, PAGE, SIZE - patch_length());
		register_ok(&vcpu, PAGE, PAGE + 4096 - patch_length());
	}
}

/* P6: across two pages. */
static void test_straddling_sites(void **state)
{
	(void)state;
	for (config.personality = 0; config.personality < 2; config.personality++) {
		for (unsigned offset = 0xffa; offset <= 0x1003; offset++) {
			register_ok(&vcpu, PAGE, 0x10000 + config.personality * 0x10000 + offset);
			register_ok(&vcpu, PAGE, PAGE - 0x10000 + offset);
		}
	}
}

/* P4, P6, P7, V3: sites that are not memory, or not all of them. */
static void test_bad_sites(void **state)
{
	static const uint64_t bad[] = {
		HOLE - 2,
		HOLE - 1,
		HOLE,
		HOLE + 0x1234,
		HOLE_END - 4,
		HOLE_END - 3,
		HOLE_END - 1,
		SIZE - 2,
		SIZE - 1,
		SIZE,
		SIZE + 0x1000,
		UINT64_C(1) << 32,
		(UINT64_C(1) << 32) + SITE,
		UINT64_C(1) << 40,
		(UINT64_C(1) << 52) + SITE,
		(UINT64_C(1) << 63) + SITE,
		UINT64_MAX - 3,
		UINT64_MAX - 2,
		UINT64_MAX - 1,
		UINT64_MAX,
	};

	(void)state;
	for (config.personality = 0; config.personality < 2; config.personality++) {
		for (size_t i = 0; i < COUNT(bad); i++)
			register_refused(&vcpu, PAGE, 1, bad[i]);
		assert_logged("register 0 0x110000 0x1 0x1000 0xffffffffffffffff = -1");
		register_ok(&vcpu, PAGE, SITE);
	}
	config.personality = PERSONALITY_LINUX2007; /* its fourth byte is outside of memory */
	register_refused(&vcpu, PAGE, 1, HOLE - 3);
	register_refused(&vcpu, PAGE, 1, SIZE - 3);
	register_refused(&vcpu, PAGE, 2, HOLE);
}

/* The upper halves hold leftovers of 64-bit mode (C32.4). */
static void call_32(uint32_t index, uint32_t want)
{
	struct gprs regs = noise(), after;

	regs.rbx = STALE | index;
	vcpu.efer = 0;
	vcpu.regs = regs;
	vcpu.hypercall(&vcpu);
	assert_int_equal((uint32_t)vcpu.regs.rax, want);
	after = vcpu.regs;
	after.rax = regs.rax;
	assert_memory_equal(&after, &regs, sizeof(after));
	vcpu.regs = noise();
	vcpu.efer = LME | LMA;
	assert_no_event(&vcpu);
	assert_nothing_else(&vcpu);
}

static const uint64_t indices[] = {
	0,
	1,
	2,
	63,
	ECHO - 1,
	ECHO,
	ECHO + 1,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	UINT64_C(1) << 32,
	(UINT64_C(1) << 32) + ECHO,
	UINT64_C(1) << 63,
	(UINT64_C(1) << 63) + ECHO,
	UINT64_MAX - 1,
	UINT64_MAX,
};

static void call_all_indices(void)
{
	for (size_t i = 0; i < COUNT(indices); i++) {
		if (!config.has_echo || indices[i] != config.echo)
			call_64(indices[i], EINVAL_64);
		if (!config.has_echo || (uint32_t)indices[i] != config.echo)
			call_32((uint32_t)indices[i], EINVAL_32);
	}
}

/* C3, C4, C32.3: fast, by steps, and with an echo service at another index. */
static void test_undefined_indices(void **state)
{
	(void)state;
	call_all_indices();
	assert_logged("");
	config.echo = UINT64_MAX; /* as config.c does without echo= */
	call_all_indices();
	assert_logged("");
	vcpu.hypercall = kvm2007_hypercall_by_steps;
	call_all_indices();
	assert_logged("");
	config.echo = ECHO;
	config.has_echo = true;
	call_all_indices();
	vcpu.hypercall = kvm2007_hypercall;
	call_all_indices();
	assert_logged("");
}

/* Calls are the same before and after a registration. */
static void test_call_after_registration(void **state)
{
	(void)state;
	register_ok(&vcpu, PAGE, SITE);
	call_64(0, EINVAL_64);
	register_refused(&vcpu, PAGE, 2, SITE);
	call_64(0, EINVAL_64);
	call_32(0, EINVAL_32);
	assert_int_equal(vcpu.para_state_gpa, PAGE);
}

/* The digest above, by its authors' test vectors. */
static void test_digest(void **state)
{
	(void)state;
	assert_true(digest((const uint8_t *)"", 0) == 0xcbf29ce484222325);
	assert_true(digest((const uint8_t *)"a", 1) == 0xaf63dc4c8601ec8c);
	assert_true(digest((const uint8_t *)"foobar", 6) == 0x85944171f73967e8);
}

static void echo_64(const uint64_t a[6])
{
	struct gprs regs = noise();

	regs.rax = config.echo;
	regs.rdi = a[0];
	regs.rsi = a[1];
	regs.rdx = a[2];
	regs.rcx = a[3];
	regs.r8 = a[4];
	regs.r9 = a[5];
	call(&regs, echoed(a));
}

static void echo_32(const uint64_t a[6])
{
	struct gprs regs = noise();
	uint64_t want = echoed(a);

	regs.rbx = STALE | (uint32_t)config.echo;
	regs.rax = STALE | a[0];
	regs.rcx = STALE | a[1];
	regs.rdx = STALE | a[2];
	regs.rsi = STALE | a[3];
	regs.rdi = STALE | a[4];
	regs.rbp = STALE | a[5];
	vcpu.efer = 0;
	vcpu.regs = regs;
	vcpu.hypercall(&vcpu);
	assert_int_equal((uint32_t)vcpu.regs.rax, (uint32_t)want ^ (uint32_t)(want >> 32));
	regs.rax = vcpu.regs.rax;
	assert_memory_equal(&vcpu.regs, &regs, sizeof(regs));
	vcpu.efer = LME | LMA;
}

/* Calls echo() with single bits, with all bits and with random arguments. */
static void echo_many(void (*echo)(const uint64_t args[6]), uint64_t mask)
{
	uint64_t args[6] = {0};
	uint64_t value = 1;

	echo(args);
	for (unsigned i = 0; i < 6; i++) {
		for (unsigned bit = 0; bit < 64; bit++) {
			args[i] = mask & UINT64_C(1) << bit;
			echo(args);
		}
		args[i] = mask;
		echo(args);
		args[i] = 0;
	}
	for (unsigned n = 0; n < 100; n++) {
		for (unsigned i = 0; i < 6; i++) {
			value = value * 6364136223846793005u + 1442695040888963407u;
			args[i] = (value ^ value >> 33) & mask;
		}
		echo(args);
	}
}

/* C1: each argument in its register, 64 bits of it. */
static void test_echo_64(void **state)
{
	static const uint64_t offered[] = {ECHO, 0, 1, UINT64_C(1) << 32, UINT64_MAX - 1};

	(void)state;
	for (size_t i = 0; i < COUNT(offered); i++) {
		offer_echo(offered[i]);
		vcpu.hypercall = i % 2 ? kvm2007_hypercall_by_steps : kvm2007_hypercall;
		echo_many(echo_64, UINT64_MAX);
	}
	vcpu.regs = noise();
	assert_nothing_else(&vcpu);
}

/* C32.1, C32.4. */
static void test_echo_32(void **state)
{
	static const uint64_t offered[] = {ECHO, 0, 1, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < COUNT(offered); i++) {
		offer_echo(offered[i]);
		vcpu.hypercall = i % 2 ? kvm2007_hypercall_by_steps : kvm2007_hypercall;
		echo_many(echo_32, 0xffffffff);
	}
	vcpu.regs = noise();
	assert_nothing_else(&vcpu);
}

/* A 32-bit guest cannot call an index of more than 32 bits. */
static void test_echo_out_of_reach(void **state)
{
	(void)state;
	offer_echo((UINT64_C(1) << 32) + ECHO);
	call_32(ECHO, EINVAL_32);
	call_64(ECHO, EINVAL_64);
}

/* C32.5: of EFER only LME counts. */
static void test_convention_by_lme(void **state)
{
	static const struct {
		uint64_t efer;
		bool long_mode;
	} table[] = {
		{0, false},  {LMA, false},      {~LME, false},
		{LME, true}, {LME | LMA, true}, {UINT64_MAX, true},
	};
	const struct gprs r = noise();
	const uint64_t args[6] = {r.rdi, r.rsi, r.rdx, r.rcx, r.r8, r.r9};

	(void)state;
	offer_echo(ECHO);
	for (size_t i = 0; i < COUNT(table); i++) {
		vcpu.efer = table[i].efer;
		vcpu.regs = r;
		vcpu.regs.rax = ECHO; /* an index by one convention, an argument by the other */
		vcpu.hypercall(&vcpu);
		if (table[i].long_mode)
			assert_true(vcpu.regs.rax == echoed(args));
		else
			assert_int_equal((uint32_t)vcpu.regs.rax, EINVAL_32);
	}
}

/* log=calls: each, with its index, its arguments and its result. */
static void test_log_calls(void **state)
{
	struct gprs regs = {.rax = 0x10,
			    .rcx = 4,
			    .rdx = 3,
			    .rbx = STALE | 7,
			    .rbp = 6,
			    .rsi = 2,
			    .rdi = 1,
			    .r8 = 5,
			    .r9 = UINT64_MAX};
	const uint64_t args[6] = {0x10, 4, 3, 2, 1, 6};
	uint64_t folded = echoed(args);
	char want[200];

	(void)state;
	folded = (uint32_t)folded ^ folded >> 32;
	config.log = LOG_CALLS;
	start_host("none");
	call(&regs, EINVAL_64);
	assert_logged("call 0 64 0x10 0x1 0x2 0x3 0x4 0x5 0xffffffffffffffff = 0xffffffffffffffff");
	vcpu.efer = 0;
	vcpu.regs = regs;
	offer_echo(7);
	vcpu.hypercall(&vcpu);
	snprintf(want, sizeof(want), "call 0 32 0x7 0x10 0x4 0x3 0x2 0x1 0x6 = %#lx", folded);
	assert_logged(want);
	assert_true(vcpu.regs.rax == folded);
	config.log = LOG_EVENTS;
	vcpu.hypercall(&vcpu);
	assert_logged("");
}

/* Calls go by steps only with a fault, or if they are logged. */
static void test_ways(void **state)
{
	(void)state;
	assert_ptr_equal(vcpu.hypercall, kvm2007_hypercall);
	start_host("hang");
	assert_ptr_not_equal(vcpu.hypercall, kvm2007_hypercall);
	config.log = LOG_CALLS;
	start_host("none");
	assert_ptr_equal(other.hypercall, kvm2007_hypercall_by_steps);
	config.log = LOG_NONE;
	start_host("none");
	assert_ptr_equal(other.hypercall, kvm2007_hypercall);
}

static void test_offer(void **state)
{
	char unknown[ABI_NAME_MAX];
	uint64_t value;

	(void)state;
	start_host("none");
	assert_int_equal(abi_rdmsr(&vcpu, KVM2007_MSR_API_MAGIC, &value), MSR_DONE);
	assert_false(abi_offer("kvm2007,x", unknown));
	assert_string_equal(unknown, "x");
	assert_true(abi_offer("kvm2007", unknown));
	assert_int_equal(abi_rdmsr(&vcpu, KVM2007_MSR_API_MAGIC, &value), MSR_DONE);
	assert_false(abi_offer(",", unknown));
	assert_string_equal(unknown, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer),
		TEST(test_msr),
		TEST(test_rdmsr_header),
		TEST(test_rdmsr_linux),
		TEST(test_register),
		TEST(test_register_linux),
		TEST(test_vendor),
		TEST(test_sizes),
		TEST(test_bad_pages),
		TEST(test_pages_at_boundaries),
		TEST(test_again),
		TEST(test_page_of_one_vcpu),
		TEST(test_newer_guests),
		TEST(test_older_guest),
		TEST(test_sites),
		TEST(test_straddling_sites),
		TEST(test_bad_sites),
		TEST(test_undefined_indices),
		TEST(test_call_after_registration),
		TEST(test_digest),
		TEST(test_echo_64),
		TEST(test_echo_32),
		TEST(test_echo_out_of_reach),
		TEST(test_convention_by_lme),
		TEST(test_log_calls),
		TEST(test_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
