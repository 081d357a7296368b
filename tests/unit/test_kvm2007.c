/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src/host/kvm2007/: an honest host keeps the rules, and each fault has an effect.  All of guest
 * memory is compared, so that each wrong write is seen.
 */
#include <regex.h>

#include "fake_tsc.h"
#include "guest_fixture.h"
#include "host/abi.h"
#include "host/clock.h"
#include "host/config.h"
#include "host/hooks.h"
#include "host/ipi.h"
#include "host/kvm2007/faults.h"
#include "host/kvm2007/policy.h"
#include "host/lapic.h"
#include "host/log.h"
#include "host/vcpus.h"
#include "x86/rtc.h"

#define SIZE      0x140000u
#define PAGE      0x110000u /* a state page, where its place does not matter */
#define SITE      0x112008u
#define MAGIC     0x87655678u
#define EINVAL_32 0xffffffffu
#define EINVAL_64 UINT64_MAX
#define ECHO      0x6563686fu
#define STALE     UINT64_C(0xdeadbeef00000000)
#define LME       BIT(8)
#define LMA       BIT(10)

struct config config;

static struct vcpu vcpu, other;
static unsigned synced;

static const uint8_t vmmcall[] = {0x0f, 0x01, 0xd9};
static const uint8_t vmcall[] = {0x0f, 0x01, 0xc1};

static char logged[1000], patch_logged[1000];

/* The forms of the lines that policy.c logs (log.h). */
#define NUMBER "(0|0x[1-9a-f][0-9a-f]*)"
#define LINE_IS                                        \
	"^(probe [0-9]+ " NUMBER " = (" NUMBER "|#GP)" \
	"|register [0-9]+ " NUMBER " = #GP"            \
	"|register [0-9]+( " NUMBER "){4} = (0|-1)"    \
	"|patch [0-9]+ " NUMBER "( [0-9a-f]{2}){3}"    \
	"|call [0-9]+ (64|32)( " NUMBER "){7} = " NUMBER ")$"

void log_line(const char *fmt, ...)
{
	static regex_t line_is;
	static bool made;
	va_list args;
	char line[1000];

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	strcpy(strncmp(line, "patch ", 6) ? logged : patch_logged, line);
	if (!made)
		assert_int_equal(regcomp(&line_is, LINE_IS, REG_EXTENDED | REG_NOSUB), 0);
	made = true;
	if (regexec(&line_is, line, 0, NULL, 0))
		fail_msg("log line '%s'", line);
}

/* The last line since the last call of this, without patches; "" for none. */
static void assert_logged(const char *want)
{
	assert_string_equal(logged, want);
	logged[0] = '\0';
}

unsigned vcpus_count(void)
{
	return 2;
}

const struct vcpu *vcpus_get(unsigned id)
{
	return id ? &other : &vcpu;
}

/* What only the other ABI uses. */
bool lapic_is_on(void)
{
	return false;
}

void ipi_send_self(const struct vcpu *from, uint32_t vector)
{
	(void)from, (void)vector;
}

void ipi_send_to(const struct vcpu *to, uint32_t vector)
{
	(void)to, (void)vector;
}

uint64_t clock_tsc_hz(void)
{
	return 0;
}

uint64_t rdtsc(void)
{
	return 0;
}

bool rtc_read(uint64_t *seconds)
{
	(void)seconds;
	return false;
}

/* How the guest translates addresses. */
static uint64_t guest_cr0 = CR0_PG, guest_cr4 = CR4_PAE;
static uint64_t rflags; /* that the guest has */

static void sync_slow(struct vcpu *v)
{
	v->slow = (struct vcpu_slow_state){.rsp = 0x1000,
					   .lstar = UINT64_C(0xffffffff80001000),
					   .rflags = rflags,
					   .cr0 = guest_cr0,
					   .cr3 = 0x2000,
					   .cr4 = guest_cr4,
					   .fs_base = STALE,
					   .gs_base = STALE};
	synced++;
}

static uint64_t flipped; /* a sum of all that was */

static void flip(struct vcpu *v, enum vcpu_register which, uint64_t bits)
{
	(void)v;
	flipped = flipped * 31 + which * 64 + bits;
}

static const struct vcpu_vendor vendor = {
	.name = "fake", .call_instruction = {0x0f, 0x01, 0xd9}, .sync = sync_slow, .flip = flip};

/* The number of a fault. */
static unsigned fault_by(const char *name)
{
	const struct fault *fault;

	for (unsigned i = 0; (fault = abi_fault(i)); i++) {
		if (!strcmp(fault->name, name))
			return i;
	}
	fail_msg("no fault '%s'", name);
	return 0;
}

/* A host with this fault. */
static void start_host(const char *fault)
{
	char unknown[ABI_NAME_MAX];

	hooks_clear();
	assert_true(abi_offer(NULL, unknown));
	abi_init(&vendor, fault_by(fault));
	abi_init_vcpu(&vcpu);
	abi_init_vcpu(&other);
}

/* A different value in each register, none of which fits in 32 bits. */
static struct gprs noise(void)
{
	struct gprs r;
	uint64_t values[sizeof(r) / sizeof(uint64_t)];

	for (unsigned i = 0; i < COUNT(values); i++)
		values[i] = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
	memcpy(&r, values, sizeof(r));
	return r;
}

static void start_vcpu(struct vcpu *v, unsigned id)
{
	*v = (struct vcpu){
		.id = id,
		.vendor = &vendor,
		.memory = &memory,
		.regs = noise(),
		.rip = 0x100123,
		.entry = 0x100100,
		.exit = {.kind = EXIT_WRMSR, .length = 2},
		.efer = LME | LMA,
	};
}

static int setup(void **state)
{
	(void)state;
	make_memory(SIZE);
	for (unsigned i = 0; i < SIZE; i++)
		memory.bytes[i] = (uint8_t)(i * 5 + i / 253 + 1);
	memcpy(expected, memory.bytes, SIZE);
	config = (struct config){
		.personality = PERSONALITY_HEADER, .log = LOG_EVENTS, .api_version = 1};
	start_vcpu(&vcpu, 0);
	start_vcpu(&other, 1);
	start_host("none");
	synced = 0;
	rflags = RFLAGS_IF;
	flipped = 0;
	logged[0] = '\0';
	return 0;
}

/* Fills a state page as the guest does; memory and expected. */
static void fill_page(uint64_t gpa, uint32_t version, uint32_t size, uint64_t site)
{
	uint8_t *page = memory.bytes + gpa;

	put32(page, version);
	put32(page + 4, 0x5e411e10);
	put32(page + 8, size);
	put32(page + 12, 0x5e411e11);
	put32(page + 16, (uint32_t)site);
	put32(page + 20, (uint32_t)(site >> 32));
	memcpy(expected + gpa, page, 24);
}

static unsigned patch_length(void)
{
	return config.personality == PERSONALITY_LINUX2007 ? 4 : 3;
}

static void expect_answer(uint64_t gpa, uint32_t ret)
{
	put32(expected + gpa + 4, 1);
	put32(expected + gpa + 12, ret);
}

static void expect_patch(uint64_t site, const uint8_t *instruction)
{
	static const uint8_t ret = 0xc3;

	memcpy(expected + site, instruction, 3);
	memcpy(expected + site + 3, &ret, patch_length() - 3);
}

/* Memory is as expected, and nothing of the vCPU has changed except the event. */
static void assert_nothing_else(const struct vcpu *v)
{
	struct vcpu want;

	assert_memory(0, SIZE);
	start_vcpu(&want, v->id);
	assert_memory_equal(&v->regs, &want.regs, sizeof(want.regs));
	assert_int_equal(v->rip, want.rip);
	assert_int_equal(v->efer, want.efer);
	assert_null(v->end_reason);
	assert_int_equal(synced, 0);
}

static void assert_no_event(const struct vcpu *v)
{
	assert_false(v->event.pending);
}

/* The event is #GP(0); clears it. */
static void assert_gp(struct vcpu *v)
{
	assert_true(v->event.pending);
	assert_int_equal(v->event.vector, 13);
	assert_true(v->event.has_error);
	assert_int_equal(v->event.error, 0);
	memset(&v->event, 0, sizeof(v->event));
}

static void register_page(struct vcpu *v, uint64_t gpa)
{
	assert_int_equal(kvm2007_wrmsr(v, MAGIC, gpa), MSR_DONE);
	assert_no_event(v);
	assert_nothing_else(v);
}

/* A registration that must succeed. */
static void register_ok(struct vcpu *v, uint64_t gpa, uint64_t site)
{
	fill_page(gpa, 1, 4096, site);
	expect_answer(gpa, 0);
	expect_patch(site, vmmcall);
	register_page(v, gpa);
	assert_int_equal(v->para_state_gpa, gpa);
}

/* A registration that must be refused. */
static void register_refused(struct vcpu *v, uint64_t gpa, uint32_t version, uint64_t site)
{
	uint64_t before = v->para_state_gpa;

	fill_page(gpa, version, 4096, site);
	expect_answer(gpa, EINVAL_32);
	register_page(v, gpa);
	assert_int_equal(v->para_state_gpa, before);
}

static void assert_rejected(struct vcpu *v, uint64_t gpa)
{
	uint64_t before = v->para_state_gpa;

	assert_int_equal(kvm2007_wrmsr(v, MAGIC, gpa), MSR_GP);
	assert_gp(v);
	assert_nothing_else(v);
	assert_int_equal(v->para_state_gpa, before);
}

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

/* Makes a call: RAX is then @want, and no other register has changed (C2). */
static void call(const struct gprs *regs, uint64_t want)
{
	struct gprs after = *regs;

	after.rax = want;
	vcpu.regs = *regs;
	vcpu.hypercall(&vcpu);
	assert_int_equal(vcpu.regs.rax, want);
	assert_memory_equal(&vcpu.regs, &after, sizeof(after));
	vcpu.regs = noise();
	assert_no_event(&vcpu);
	assert_nothing_else(&vcpu);
}

static void call_64(uint64_t index, uint64_t want)
{
	struct gprs regs = noise();

	vcpu.efer = LME | LMA;
	regs.rax = index;
	call(&regs, want);
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

/* FNV-1a, over bytes. */
static uint64_t digest(const uint8_t *bytes, size_t n)
{
	uint64_t hash = 14695981039346656037u;

	while (n--)
		hash = (hash ^ *bytes++) * 1099511628211u;
	return hash;
}

/* The echo service's answer to six arguments. */
static uint64_t echoed(const uint64_t args[6])
{
	uint8_t bytes[48];

	for (unsigned i = 0; i < 6; i++) {
		put32(bytes + 8 * i, (uint32_t)args[i]);
		put32(bytes + 8 * i + 4, (uint32_t)(args[i] >> 32));
	}
	return digest(bytes, sizeof(bytes));
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

static void offer_echo(uint64_t index)
{
	config.has_echo = true;
	config.echo = index;
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
	assert_ptr_equal(vcpu.hypercall, kvm2007_hypercall_by_steps);
	config.log = LOG_CALLS;
	start_host("none");
	assert_ptr_equal(other.hypercall, kvm2007_hypercall_by_steps);
	config.log = LOG_NONE;
	start_host("none");
	assert_ptr_equal(other.hypercall, kvm2007_hypercall);
}

/* An earlier host's fault has no effect. */
static void test_honest_again(void **state)
{
	(void)state;
	start_host("drop-rdi");
	offer_echo(ECHO);
	vcpu.regs.rax = ECHO;
	vcpu.hypercall(&vcpu);
	assert_true(vcpu.regs.rax == echoed((uint64_t[]){0, noise().rsi, noise().rdx, noise().rcx,
							 noise().r8, noise().r9}));
	start_host("none");
	call_64(0, EINVAL_64);
	call_64(ECHO, echoed((uint64_t[]){noise().rdi, noise().rsi, noise().rdx, noise().rcx,
					  noise().r8, noise().r9}));
	register_ok(&vcpu, PAGE, SITE);
}

/* Page tables that map the first 2 MiB to themselves, at the CR3 of sync_slow(). */
static void map_identity(void)
{
	const uint64_t entries[] = {0x3000 | PTE_P | PTE_W, 0x4000 | PTE_P | PTE_W,
				    PTE_P | PTE_W | PTE_PS};

	for (unsigned i = 0; i < COUNT(entries); i++)
		memcpy(memory.bytes + 0x2000 + i * PAGE_SIZE, &entries[i], sizeof(entries[i]));
}

/* Whether the host handles the exception of the code at @rip. */
static bool taken(uint64_t rip, const void *code, unsigned length)
{
	if (code)
		memcpy(memory.bytes + rip, code, length);
	vcpu.rip = rip;
	return hook_exception(&vcpu);
}

/* both-vendors: handles only the other vendor's instruction, at RIP. */
static void test_both_vendors(void **state)
{
	(void)state;
	map_identity();
	for (unsigned amd = 0; amd < 2; amd++) {
		struct vcpu_vendor either = vendor;

		memcpy(either.call_instruction, amd ? vmmcall : vmcall, 3);
		vcpu.vendor = &either;
		start_host("none");
		assert_false(taken(SITE, vmcall, 3));
		start_host("both-vendors");
		assert_int_equal(hooked_exceptions(), BIT(VECTOR_UD));
		assert_int_equal(taken(SITE, vmcall, 3), amd);
		assert_int_equal(vcpu.rip, SITE + (amd ? 3 : 0));
		assert_int_equal(taken(SITE, vmmcall, 3), !amd);
		assert_false(taken(SITE, "\x0f\x0b\xd9", 3));
		assert_false(taken(HOLE, NULL, 0));     /* translates, but not to memory */
		assert_false(taken(0x200000, NULL, 0)); /* does not translate */
		vcpu.vendor = &vendor;
	}
}

/* cpl3-wrmsr: a WRMSR of the magic that is a #GP registers all the same. */
static void test_cpl3_wrmsr(void **state)
{
	static const uint8_t wrmsr[] = {0x0f, 0x30};

	(void)state;
	map_identity();
	fill_page(PAGE, 1, 4096, SITE + 0x100);
	vcpu.regs.rcx = MAGIC;
	vcpu.regs.rax = PAGE;
	vcpu.regs.rdx = 0;
	start_host("none");
	assert_false(taken(SITE, wrmsr, 2));
	start_host("cpl3-wrmsr");
	assert_int_equal(hooked_exceptions(), BIT(VECTOR_GP));
	assert_false(taken(SITE, "\x0f\x32", 2));
	assert_true(taken(SITE, wrmsr, 2));
	assert_int_equal(vcpu.rip, SITE + 2);
	assert_int_equal(vcpu.para_state_gpa, PAGE);
	vcpu.regs.rcx = MAGIC + 5;
	assert_false(taken(SITE, wrmsr, 2));
}

/* Adds @value to @hash. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
}

/* Adds all of the vCPU's state that a fault may change. */
static uint64_t mix_vcpu(uint64_t hash)
{
	const struct vcpu_slow_state *slow = &vcpu.slow;

	for (unsigned i = 0; i < 16; i++)
		hash = mix(hash, (&vcpu.regs.rax)[i]);
	hash = mix(hash, vcpu.rip);
	hash = mix(hash, vcpu.event.pending);
	hash = mix(hash, vcpu.event.vector);
	hash = mix(hash, vcpu.event.error);
	vcpu_sync(&vcpu);
	hash = mix(hash, vcpu.efer);
	hash = mix(hash, vcpu.pat);
	hash = mix(hash, slow->rsp);
	hash = mix(hash, slow->rflags);
	hash = mix(hash, slow->cr2);
	hash = mix(hash, slow->cr4);
	hash = mix(hash, slow->fs_base);
	hash = mix(hash, slow->gs_base);
	hash = mix(hash, slow->lstar);
	hash = mix(hash, slow->ds);
	hash = mix(hash, slow->idtr_limit);
	hash = mix(hash, flipped);
	vcpu.synced = false;
	return hash;
}

/* Pages as they were written here, as most are, add nothing: each time all of memory takes long. */
static uint64_t mix_memory(uint64_t hash)
{
	for (unsigned at = 0; at < SIZE; at += 4096) {
		if (!memcmp(memory.bytes + at, expected + at, 4096))
			continue;
		hash = mix(hash, at);
		for (unsigned i = at; i < at + 4096; i += 8) {
			uint64_t word;

			memcpy(&word, memory.bytes + i, sizeof(word));
			hash = mix(hash, word);
		}
	}
	return hash;
}

static uint32_t page_size = 4097; /* that mix_registration() writes into the page */

static uint64_t mix_registration(uint64_t hash, uint64_t gpa, uint32_t version, uint64_t site)
{
	uint64_t page = (uint32_t)gpa & ~0xfffu;

	memset(&vcpu.event, 0, sizeof(vcpu.event));
	if (page < SIZE && site != HOLE)
		memset(memory.bytes + site, 0xcc, 8);
	if (page < SIZE)
		fill_page(page, version, page_size, site);
	vcpu.rip = 0;
	vcpu.exit.length = 2;
	hash = mix(hash, kvm2007_wrmsr(&vcpu, MAGIC, gpa));
	return mix_vcpu(mix_memory(hash));
}

/* A call of @index by either convention, whose first @n arguments are @value, the others 0. */
static uint64_t mix_args(uint64_t hash, uint64_t index, unsigned n, uint64_t value)
{
	struct gprs *r = &vcpu.regs;
	uint64_t *const args[] = {&r->rdi, &r->rsi, &r->rdx, &r->rcx, &r->r8, &r->r9};
	uint64_t *const args_32[] = {&r->rax, &r->rcx, &r->rdx, &r->rsi, &r->rdi, &r->rbp};

	*r = (struct gprs){.rax = index};
	for (unsigned i = 0; i < n; i++)
		*args[i] = value;
	vcpu.hypercall(&vcpu);
	hash = mix_vcpu(hash);
	*r = (struct gprs){.rbx = index};
	for (unsigned i = 0; i < n; i++)
		*args_32[i] = value;
	vcpu.efer = 0;
	vcpu.hypercall(&vcpu);
	vcpu.efer = LME | LMA;
	return mix_vcpu(hash);
}

static uint64_t mix_call(uint64_t hash, uint64_t index)
{
	vcpu.regs = noise();
	vcpu.regs.rax = index;
	vcpu.hypercall(&vcpu);
	hash = mix_vcpu(hash);

	vcpu.regs = noise();
	vcpu.regs.rbx = index;
	vcpu.efer = 0;
	vcpu.hypercall(&vcpu);
	vcpu.efer = LME | LMA;
	return mix_vcpu(hash);
}

/* A hash of all that the guest can see of a host with this fault. */
static uint64_t seen_with(const char *fault)
{
	static const struct {
		uint64_t gpa;
		uint32_t version;
		uint64_t site;
	} registrations[] = {
		{PAGE, 1, SITE},
		{PAGE, 1, SITE + 3},
		{PAGE, 0, SITE},
		{PAGE, 0xffffffff, SITE},
		{PAGE, 2, SITE + 16},
		{PAGE, 1, 0x112ffe},
		{PAGE, 1, HOLE},
		{PAGE + 8, 1, SITE},
		{HOLE, 1, SITE},
		{(UINT64_C(1) << 32) + PAGE, 1, SITE},
		{PAGE + 4096, 1, SITE + 64},
		{0, 1, SITE + 128},
		{PAGE, 1, PAGE + 0x200},
		{PAGE, 1, 0x112000},
		{PAGE, 1, 0x112fff},
	};
	static const uint64_t called[] = {0, 1, ECHO, ECHO, BIT(31), BIT(63), UINT64_MAX};
	static const uint32_t page_sizes[] = {0, 1, 24, 4095, BIT(31), UINT32_MAX};
	uint64_t hash = 1, value = 0;
	void *state = NULL;

	free_memory(&state);
	setup(&state);
	start_host(fault);
	vcpu.hypercall = kvm2007_hypercall_by_steps; /* also on an honest host */
	offer_echo(ECHO);
	hash = mix(hash, kvm2007_rdmsr(&vcpu, MAGIC, &value));
	hash = mix_vcpu(hash);
	hash = mix(hash, kvm2007_rdmsr(&vcpu, MAGIC + 1, &value));
	hash = mix(hash, kvm2007_wrmsr(&vcpu, MAGIC + 1, PAGE));
	for (size_t i = 0; i < 2 * COUNT(registrations); i++) {
		rflags = i % 2 ? RFLAGS_IF : RFLAGS_PF;
		hash = mix_registration(hash, registrations[i / 2].gpa,
					registrations[i / 2].version, registrations[i / 2].site);
	}
	for (unsigned i = 0; i < COUNT(page_sizes); i++) {
		page_size = page_sizes[i];
		hash = mix_registration(hash, PAGE, 1, SITE);
	}
	page_size = 4097;
	vcpu.efer = 0;
	hash = mix_registration(hash, PAGE, 1, SITE + 256);
	vcpu.efer = LME | LMA;
	fill_page(PAGE, 1, 4097, SITE + 256); /* not as the host left it */
	for (unsigned i = 0; i < COUNT(called); i++) {
		rflags = i % 2 ? RFLAGS_IF : ~RFLAGS_IF;
		hash = mix_call(hash, called[i]);
	}
	for (unsigned n = 0; n <= 6; n++)
		hash = mix_args(hash, 5, n, UINT64_MAX);
	hash = mix_args(hash, ECHO, 0, 0);
	hash = mix_args(hash, ECHO, 6, UINT64_MAX);
	hash = mix_args(hash, ECHO, 6, UINT64_C(0x5555555555555555));
	hash = mix_memory(hash); /* a byte may come round again */
	guest_cr0 = guest_cr4 = 0;
	for (unsigned i = 0; i < 62; i++)
		hash = mix_call(hash, UINT64_C(1) << i % 31);
	guest_cr0 = CR0_PG;
	for (unsigned i = 0; i < 50; i++)
		hash = mix_call(hash, 1);
	guest_cr4 = CR4_PAE;
	for (unsigned i = 0; i < 8; i++) {
		vcpu.rip = 0x112fff + i; /* after sites around the end of a page */
		hash = mix_call(hash, 1500);
	}
	for (unsigned i = 0; i < 1000; i++)
		hash = mix_call(hash, UINT64_C(1) << 32);
	return mix_memory(hash);
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (!strcmp(name, *names))
			return true;
	}
	return false;
}

static bool is_in(const struct row *row, const struct fault *fault)
{
	for (; row->fault.name; row++) {
		if (&row->fault == fault)
			return true;
	}
	return false;
}

/* The @n-th of this ABI's faults, whose tables are the first in the list, after "none". */
static const struct fault *own_fault(unsigned n)
{
	const struct fault *fault = abi_fault(n + 1);

	for (const void *const *table = kvm2007_fault_tables; fault && *table; table++) {
		if (is_in(*table, fault))
			return fault;
	}
	return NULL;
}

static bool takes_several_vcpus(const struct fault *fault)
{
	const struct row *const tables[] = {kvm2007_vcpu_page_faults, kvm2007_vcpu_site_faults,
					    kvm2007_vcpu_call_faults, kvm2007_vcpu_run_faults,
					    kvm2007_vcpu1_faults};

	for (unsigned i = 0; i < COUNT(tables); i++) {
		if (is_in(tables[i], fault))
			return true;
	}
	return false;
}

/*
 * Each fault has an effect, except those that change exceptions or registers of a real CPU, or that
 * show only under conditions that seen_with() does not make.
 */
static void test_faults(void **state)
{
	static const char *const elsewhere[] = {"cpl3-wrmsr",
						"both-vendors",
						"hot-unpatched",
						"call-x87",
						"call-mxcsr",
						"call-xmm7",
						"echo-xmm15",
						"wrmsr-xmm0",
						"gp-xmm0",
						"exit-byte-24",
						"wrmsr-push",
						"rdmsr-push",
						"rsp-32",
						"cr4-de",
						"echo-cut",
						"df-backwards",
						"refusal-calls",
						"zero-calls",
						"site-wraps",
						"gpa-wraps",
						"gpa-bit-45",
						"rip-32",
						"top-site",
						"legacy-newer",
						"legacy-misaligned",
						"wrmsr-rsp",
						"rdmsr-once",
						"neighbour-later",
						"rdmsr32-ebx",
						"x87-exceptions",
						"x87-top",
						"mxcsr-fz",
						NULL};
	static const char *const forbidden[] = {"call-dr0",  "call-dr1", "call-dr2", "call-dr3",
						"rdmsr-dr3", "call-cr8", "dr0-low",  "hang",
						"reset",     NULL};
	const uint64_t honest = seen_with("none");
	const struct fault *fault;

	(void)state;
	assert_true(seen_with("none") == honest);
	for (unsigned i = 0; (fault = own_fault(i)); i++) {
		bool without = is_one_of(fault->name, elsewhere) || is_in(kvm2007_fx_faults, fault);

		if (takes_several_vcpus(fault) || is_one_of(fault->name, forbidden))
			continue;
		if ((seen_with(fault->name) == honest) != without)
			fail_msg("fault=%s: wanted %s", fault->name,
				 without ? "no effect here" : "an effect");
	}
}

/*
 * Each fault has a unique name of letters, digits and dashes, a text, a step or hooks, and a rule,
 * unless it ends the run.
 */
static void test_fault_table(void **state)
{
	static const char *const without_rule[] = {"mute", "hang", "reset", "lost-rip", NULL};
	const char *const *names = abi_fault_names();
	const struct fault *fault;
	unsigned n;

	(void)state;
	for (n = 0; (fault = abi_fault(n)); n++) {
		assert_ptr_equal(names[n], fault->name);
		assert_true(*fault->name && *fault->what);
		assert_int_equal(strspn(fault->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(fault->name));
		for (unsigned i = 0; i < n; i++) {
			assert_string_not_equal(fault->name, abi_fault(i)->name);
			assert_string_not_equal(fault->what, abi_fault(i)->what);
		}
	}
	assert_null(names[n]);

	start_host("none");
	assert_null(kvm2007_on);
	for (n = 0; (fault = own_fault(n)); n++) {
		assert_int_equal(!*fault->rule, is_one_of(fault->name, without_rule));
		assert_int_equal(strspn(fault->rule, "CDPSV0123456789."), strlen(fault->rule));
		start_host(fault->name);
		assert_true(kvm2007_on->first || kvm2007_on->hooks);
	}
	assert_true(n >= 300);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, free_memory)

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
		TEST(test_honest_again),
		TEST(test_both_vendors),
		TEST(test_cpl3_wrmsr),
		TEST(test_faults),
		TEST(test_fault_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
