/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host with the ABI of 2007, on the build machine.  All of guest memory is compared, so that each
 * wrong write is seen.
 */
#ifndef UNIT_KVM2007_FIXTURE_H
#define UNIT_KVM2007_FIXTURE_H

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
static inline void assert_logged(const char *want)
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

void vapic_start(struct vcpu *v, void (*look)(struct vcpu *v))
{
	(void)v, (void)look;
}

void vapic_end(struct vcpu *v)
{
	(void)v;
}

void vapic_eoi(struct vcpu *v)
{
	(void)v;
}

unsigned vapic_in_service(const struct vcpu *v)
{
	(void)v;
	return 0;
}

bool vapic_is_waiting(const struct vcpu *v)
{
	(void)v;
	return false;
}

uint32_t apic_read(unsigned offset); /* x86/apic.h */

uint32_t apic_read(unsigned offset)
{
	return offset;
}

void vcpus_kick(unsigned id)
{
	(void)id;
}

bool vcpus_take_kick(struct vcpu *v)
{
	(void)v;
	return false;
}

bool vcpus_await_kick(struct vcpu *v)
{
	return vcpus_take_kick(v);
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

static inline void sync_slow(struct vcpu *v)
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

static inline void flip(struct vcpu *v, enum vcpu_register which, uint64_t bits)
{
	(void)v;
	flipped = flipped * 31 + which * 64 + bits;
}

static const struct vcpu_vendor vendor = {
	.name = "fake", .call_instruction = {0x0f, 0x01, 0xd9}, .sync = sync_slow, .flip = flip};

/* The number of a fault. */
static inline unsigned fault_by(const char *name)
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
static inline void start_host(const char *fault)
{
	char unknown[ABI_NAME_MAX];

	hooks_clear();
	assert_true(abi_offer(NULL, unknown));
	abi_init(&vendor, fault_by(fault));
	abi_init_vcpu(&vcpu);
	abi_init_vcpu(&other);
}

/* A different value in each register, none of which fits in 32 bits. */
static inline struct gprs noise(void)
{
	struct gprs r;
	uint64_t values[sizeof(r) / sizeof(uint64_t)];

	for (unsigned i = 0; i < COUNT(values); i++)
		values[i] = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
	memcpy(&r, values, sizeof(r));
	return r;
}

static inline void start_vcpu(struct vcpu *v, unsigned id)
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

static inline int setup(void **state)
{
	(void)state;
	make_memory(SIZE);
	fill_memory();
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
static inline void fill_page(uint64_t gpa, uint32_t version, uint32_t size, uint64_t site)
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

static inline unsigned patch_length(void)
{
	return config.personality == PERSONALITY_LINUX2007 ? 4 : 3;
}

static inline void expect_answer(uint64_t gpa, uint32_t ret)
{
	put32(expected + gpa + 4, 1);
	put32(expected + gpa + 12, ret);
}

static inline void expect_patch(uint64_t site, const uint8_t *instruction)
{
	static const uint8_t ret = 0xc3;

	memcpy(expected + site, instruction, 3);
	memcpy(expected + site + 3, &ret, patch_length() - 3);
}

/* Memory is as expected, and nothing of the vCPU has changed except the event. */
static inline void assert_nothing_else(const struct vcpu *v)
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

static inline void assert_no_event(const struct vcpu *v)
{
	assert_false(v->event.pending);
}

/* The event is #GP(0); clears it. */
static inline void assert_gp(struct vcpu *v)
{
	assert_true(v->event.pending);
	assert_int_equal(v->event.vector, 13);
	assert_true(v->event.has_error);
	assert_int_equal(v->event.error, 0);
	memset(&v->event, 0, sizeof(v->event));
}

static inline void register_page(struct vcpu *v, uint64_t gpa)
{
	assert_int_equal(kvm2007_wrmsr(v, MAGIC, gpa), MSR_DONE);
	assert_no_event(v);
	assert_nothing_else(v);
}

/* A registration that must succeed. */
static inline void register_ok(struct vcpu *v, uint64_t gpa, uint64_t site)
{
	fill_page(gpa, 1, 4096, site);
	expect_answer(gpa, 0);
	expect_patch(site, vmmcall);
	register_page(v, gpa);
	assert_int_equal(v->para_state_gpa, gpa);
}

/* A registration that must be refused. */
static inline void register_refused(struct vcpu *v, uint64_t gpa, uint32_t version, uint64_t site)
{
	uint64_t before = v->para_state_gpa;

	fill_page(gpa, version, 4096, site);
	expect_answer(gpa, EINVAL_32);
	register_page(v, gpa);
	assert_int_equal(v->para_state_gpa, before);
}

static inline void assert_rejected(struct vcpu *v, uint64_t gpa)
{
	uint64_t before = v->para_state_gpa;

	assert_int_equal(kvm2007_wrmsr(v, MAGIC, gpa), MSR_GP);
	assert_gp(v);
	assert_nothing_else(v);
	assert_int_equal(v->para_state_gpa, before);
}

/* Makes a call: RAX is then @want, and no other register has changed (C2). */
static inline void call(const struct gprs *regs, uint64_t want)
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

static inline void call_64(uint64_t index, uint64_t want)
{
	struct gprs regs = noise();

	vcpu.efer = LME | LMA;
	regs.rax = index;
	call(&regs, want);
}

/* FNV-1a, over bytes. */
static inline uint64_t digest(const uint8_t *bytes, size_t n)
{
	uint64_t hash = 14695981039346656037u;

	while (n--)
		hash = (hash ^ *bytes++) * 1099511628211u;
	return hash;
}

/* The echo service's answer to six arguments. */
static inline uint64_t echoed(const uint64_t args[6])
{
	uint8_t bytes[48];

	for (unsigned i = 0; i < 6; i++) {
		put32(bytes + 8 * i, (uint32_t)args[i]);
		put32(bytes + 8 * i + 4, (uint32_t)(args[i] >> 32));
	}
	return digest(bytes, sizeof(bytes));
}

static inline void offer_echo(uint64_t index)
{
	config.has_echo = true;
	config.echo = index;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, free_memory)

#endif
