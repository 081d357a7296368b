/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src/host/kvm/: an honest host keeps the rules, and each fault has an effect.  All of guest memory
 * is compared, so that each wrong write is seen.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fake_tsc.h"
#include "guest_fixture.h"
#include "host/clock.h"
#include "host/config.h"
#include "host/hooks.h"
#include "host/ipi.h"
#include "host/kvm/faults.h"
#include "host/lapic.h"
#include "host/log.h"
#include "host/sites.h"
#include "host/vcpus.h"
#include "x86/apic.h"
#include "x86/rtc.h"

#define SIZE   0x140000u
#define AREA   0x110000u /* where its place does not matter */
#define SITE   0x112008u
#define FAR    (UINT64_C(1) << 40)
#define BASE   0x40000000u
#define RTC    UINT64_C(1700000000)
#define TSC_HZ UINT64_C(2500000000)
#define START  UINT64_C(1000000)
#define LMA    BIT(10)
#define LME    BIT(8)

#define M(n) (0x4b564d00u + (n))

struct config config;

static struct vcpu vcpu, other;
static unsigned vcpus = 2;
static uint64_t tsc, tsc_step; /* and how much it counts from one read to the next */
static bool apic_is_on;

/* The interrupts that were sent: to which vCPU, and at which vector, one byte each. */
static char sent[100];

/* What the guest's code is, and how it translates addresses: by page tables at 0x2000. */
static struct vcpu_slow_state slow;

uint64_t rdtsc(void)
{
	return tsc += tsc_step;
}

void log_line(const char *fmt, ...)
{
	(void)fmt;
}

uint64_t clock_tsc_hz(void)
{
	return TSC_HZ;
}

bool rtc_read(uint64_t *seconds)
{
	*seconds = RTC;
	return true;
}

unsigned vcpus_count(void)
{
	return vcpus;
}

const struct vcpu *vcpus_get(unsigned id)
{
	return id ? &other : &vcpu;
}

void vcpus_kick(unsigned id)
{
	(id ? &other : &vcpu)->kicked = true;
}

bool vcpus_take_kick(struct vcpu *v)
{
	bool kicked = v->kicked;

	v->kicked = false;
	return kicked;
}

bool vcpus_await_kick(struct vcpu *v)
{
	return vcpus_take_kick(v);
}

/* For a fault: an interrupt is pending. */
uint32_t apic_read(unsigned offset)
{
	return offset == APIC_IRR;
}

bool lapic_is_on(void)
{
	return apic_is_on;
}

/* test_vapic.c has the real one. */
static unsigned in_service;
static bool is_waiting;

void vapic_start(struct vcpu *v, void (*look)(struct vcpu *v))
{
	(void)look;
	v->vapic.on = true;
}

void vapic_end(struct vcpu *v)
{
	v->vapic.on = in_service;
}

void vapic_eoi(struct vcpu *v)
{
	(void)v;
	in_service -= !!in_service;
}

unsigned vapic_in_service(const struct vcpu *v)
{
	(void)v;
	return in_service;
}

bool vapic_is_waiting(const struct vcpu *v)
{
	(void)v;
	return is_waiting;
}

void ipi_send_to(const struct vcpu *to, uint32_t vector)
{
	snprintf(sent + strlen(sent), sizeof(sent) - strlen(sent), "%u:%x ", to->id, vector);
}

void ipi_send_self(const struct vcpu *from, uint32_t vector)
{
	ipi_send_to(from, vector);
}

static void assert_sent(const char *want)
{
	assert_string_equal(sent, want);
	sent[0] = '\0';
}

static void sync_slow(struct vcpu *v)
{
	v->slow = slow;
}

static const struct vcpu_vendor vendor = {
	.name = "fake", .call_instruction = {0x0f, 0x01, 0xd9}, .sync = sync_slow};

static void start_host(const char *fault)
{
	const struct fault *row;
	char unknown[ABI_NAME_MAX];
	unsigned i = 0;

	while ((row = abi_fault(i)) && strcmp(row->name, fault))
		i++;
	assert_non_null(row);
	hooks_clear();
	sites_clear();
	assert_true(abi_offer("kvm", unknown));
	abi_init(&vendor, i);
	vcpu.hypercall = other.hypercall = NULL;
	abi_init_vcpu(&vcpu);
	abi_init_vcpu(&other);
}

static int setup(void **state)
{
	(void)state;
	make_memory(SIZE);
	fill_memory();
	config = (struct config){
		.features = UINT32_MAX, .base = BASE, .enforce = true, .kvm_echo = UINT64_MAX};
	slow = (struct vcpu_slow_state){.rflags = RFLAGS_IF, .code_bits = 64};
	vcpu = other = (struct vcpu){.vendor = &vendor,
				     .memory = &memory,
				     .rip = 0x100123,
				     .exit = {.kind = EXIT_WRMSR, .length = 2},
				     .efer = LME | LMA};
	other.id = 1;
	other.apic_id = 5;
	tsc = START;
	tsc_step = 0;
	vcpus = 2;
	apic_is_on = true;
	in_service = 0;
	is_waiting = false;
	sent[0] = '\0';
	start_host("none");
	return 0;
}

/* ---- CPUID ---- */

static struct cpuid_regs ask(uint32_t leaf)
{
	struct cpuid_regs r = {0, 0, 0, 0};

	abi_cpuid(&vcpu, leaf, &r);
	return r;
}

static void assert_cpuid(uint32_t leaf, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const struct cpuid_regs r = ask(leaf);

	assert_int_equal(r.eax, a);
	assert_int_equal(r.ebx, b);
	assert_int_equal(r.ecx, c);
	assert_int_equal(r.edx, d);
}

/* KD1 to KD4. */
static void test_cpuid(void **state)
{
	(void)state;
	assert_cpuid(0, 0, 0, 0, 0);
	assert_cpuid(1, 0, 0, 1u << 31, 0);
	assert_cpuid(BASE, BASE + 1, 0x4b4d564b, 0x564b4d56, 0x4d);
	assert_cpuid(BASE + 1, 0x010278f9, 0, 0, 0); /* bits 0 3-7 11-14 17 24 */
	assert_cpuid(BASE + 2, 0, 0, 0, 0);
	vcpu.regs.rcx = 7;
	assert_cpuid(BASE + 1, 0x010278f9, 0, 0, 0);
	vcpus = 1;
	assert_cpuid(BASE + 1, 0x010230e9, 0, 0, 0);
	config.features = 0x21;
	assert_cpuid(BASE + 1, 0x21, 0, 0, 0);
	config.base = BASE + 0x300;
	assert_cpuid(BASE, 0, 0, 0, 0);
	assert_cpuid(BASE + 0x300, BASE + 0x301, 0x4b4d564b, 0x564b4d56, 0x4d);
	assert_cpuid(BASE + 0x301, 0x21, 0, 0, 0);
}

/* ---- MSRs ---- */

static void assert_no_event(void)
{
	assert_false(vcpu.event.pending);
	assert_int_equal(vcpu.rip, 0x100123);
}

static void write_ok(uint32_t msr, uint64_t value)
{
	assert_int_equal(abi_wrmsr(&vcpu, msr, value), MSR_DONE);
	assert_no_event();
}

/* KM5: #GP(0), and the value and all of memory stay. */
static void write_refused(uint32_t msr, uint64_t value)
{
	uint64_t before, after;

	assert_int_equal(abi_rdmsr(&vcpu, msr, &before), MSR_DONE);
	memcpy(expected, memory.bytes, SIZE);
	assert_int_equal(abi_wrmsr(&vcpu, msr, value), MSR_GP);
	assert_memory(0, SIZE);
	assert_true(vcpu.event.pending && vcpu.event.has_error);
	assert_int_equal(vcpu.event.vector, 13);
	assert_int_equal(vcpu.event.error, 0);
	vcpu.event.pending = false;
	assert_no_event();
	assert_int_equal(abi_rdmsr(&vcpu, msr, &after), MSR_DONE);
	assert_true(before == after);
}

static void reads_as(uint32_t msr, uint64_t want)
{
	uint64_t value = ~want;

	assert_int_equal(abi_rdmsr(&vcpu, msr, &value), MSR_DONE);
	assert_true(value == want);
}

static void is_unknown(uint32_t msr)
{
	uint64_t value;

	assert_int_equal(abi_rdmsr(&vcpu, msr, &value), MSR_UNKNOWN);
	assert_int_equal(abi_wrmsr(&vcpu, msr, 0), MSR_UNKNOWN);
}

/* KM2, KG1: what they are at first; KM4: and that there are no others. */
static void test_initial(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 9; i++)
		reads_as(M(i), i == 5 || i == 8);
	reads_as(0x11, 0);
	reads_as(0x12, 0);
	is_unknown(0x10);
	is_unknown(0x13);
	is_unknown(M(9));
	is_unknown(M(0xff));
	is_unknown(M(-1));
	is_unknown(0);
	is_unknown(UINT32_MAX);
}

/* KM1. */
static void test_read_back(void **state)
{
	uint64_t value;

	(void)state;
	write_ok(0x11, FAR + 4);
	reads_as(M(0), FAR + 4);
	write_ok(M(0), FAR + 8);
	reads_as(0x11, FAR + 8);
	write_ok(0x12, FAR + 1);
	reads_as(M(1), FAR + 1);
	write_ok(M(1), FAR + 65);
	reads_as(0x12, FAR + 65);
	write_ok(M(3), FAR + 1);
	reads_as(M(3), FAR + 1);
	write_ok(M(7), UINT64_MAX);
	reads_as(M(7), 0);
	assert_int_equal(abi_rdmsr(&other, M(0), &value), MSR_DONE); /* the VM's */
	assert_true(value == FAR + 8);
	assert_int_equal(abi_rdmsr(&other, M(1), &value), MSR_DONE); /* each vCPU's */
	assert_true(value == 0);
	write_ok(M(0), 0);
	assert_memory(0, SIZE);
}

/* KM3: without its feature's bit an MSR does not exist, if that is enforced. */
static void test_gating(void **state)
{
	static const struct {
		uint32_t msr;
		unsigned bit;
	} gates[] = {{0x11, 0}, {0x12, 0},  {M(0), 3},  {M(1), 3},  {M(2), 4}, {M(3), 5},
		     {M(4), 6}, {M(5), 12}, {M(6), 14}, {M(7), 14}, {M(8), 17}};
	uint64_t value;

	(void)state;
	for (unsigned i = 0; i < COUNT(gates); i++) {
		config.features = ~(1u << gates[i].bit);
		is_unknown(gates[i].msr);
		config.features = 1u << gates[i].bit;
		assert_int_equal(abi_rdmsr(&vcpu, gates[i].msr, &value), MSR_DONE);
	}
	config.features = 0;
	config.enforce = false;
	for (unsigned i = 0; i < COUNT(gates) - 1; i++)
		assert_int_equal(abi_rdmsr(&vcpu, gates[i].msr, &value), MSR_DONE);
	is_unknown(M(8)); /* KG1 */
}

/* KS1, KE1, KF1 to KF3, KP1, KG1. */
static void test_refusals(void **state)
{
	(void)state;
	for (unsigned bit = 1; bit < 6; bit++)
		write_refused(M(3), FAR | 1 | 1u << bit);
	write_ok(M(4), AREA + 4);
	write_refused(M(4), AREA + 2);
	write_refused(M(4), AREA + 3);
	write_refused(M(4), FAR + 1);
	write_refused(M(4), SIZE - 2 + 1);
	write_ok(M(4), FAR);
	for (unsigned bit = 1; bit < 64; bit++) {
		write_refused(M(5), UINT64_C(1) << bit);
		write_refused(M(8), UINT64_C(1) << bit);
		if (bit >= 8)
			write_refused(M(6), UINT64_C(1) << bit);
	}
	write_refused(M(2), AREA | 0x10);
	write_refused(M(2), AREA | 0x20);
	write_refused(M(2), AREA | 0x05);
	write_refused(M(2), FAR | 9);
	write_refused(M(2), HOLE | 9);
	write_ok(M(2), FAR | 1);
	for (unsigned vector = 0; vector < 256; vector++)
		write_ok(M(6), vector);
	write_ok(M(5), 0);
	write_ok(M(5), 1);
	write_ok(M(8), 0);
	write_ok(M(8), 1);
}

/* KR1. */
static void test_reset(void **state)
{
	(void)state;
	write_ok(M(0), AREA);
	write_ok(M(1), AREA + 64 + 1);
	write_ok(M(3), AREA + 128 + 1);
	write_ok(M(5), 0);
	memcpy(expected, memory.bytes, SIZE);
	abi_reset(&vcpu);
	reads_as(M(1), 0);
	reads_as(M(3), 0);
	reads_as(M(5), 0);
	reads_as(M(0), AREA);
	for (unsigned i = 0; i < 1000; i++)
		abi_exit(&vcpu);
	assert_memory(0, SIZE);
}

/* ---- clocks ---- */

static struct pvclock_vcpu_time_info time_at(uint64_t gpa)
{
	struct pvclock_vcpu_time_info time;

	memcpy(&time, memory.bytes + gpa, sizeof(time));
	return time;
}

/* KT6. */
static uint64_t now_by(const struct pvclock_vcpu_time_info *time)
{
	uint64_t ticks = tsc - time->tsc_timestamp;

	ticks = time->tsc_shift < 0 ? ticks >> -time->tsc_shift : ticks << time->tsc_shift;
	return time->system_time +
	       (uint64_t)((unsigned __int128)ticks * time->tsc_to_system_mul >> 32);
}

/* Nothing but @length bytes at @gpa has changed. */
static void assert_only(uint64_t gpa, unsigned length)
{
	memcpy(expected + gpa, memory.bytes + gpa, length);
	assert_memory(0, SIZE);
}

/* KW1 to KW4: at any multiple of 4, also over a page's end. */
static void test_wall_clock(void **state)
{
	static const uint32_t versions[][2] = {
		{4, 6}, {5, 8}, {UINT32_MAX, 2}, {0, 2}, {UINT32_MAX - 1, 0}};

	(void)state;
	for (unsigned i = 0; i < COUNT(versions) * 2; i++) {
		const uint64_t gpa = AREA + 0x1000 - 8 + 4 * i;
		struct pvclock_wall_clock wall;

		put32(memory.bytes + gpa, versions[i / 2][0]);
		write_ok(i % 2 ? 0x11 : M(0), gpa);
		memcpy(&wall, memory.bytes + gpa, sizeof(wall));
		assert_int_equal(wall.version, versions[i / 2][1]);
		assert_int_equal(wall.sec, RTC);
		assert_int_equal(wall.nsec, 500000000);
		assert_only(gpa, 12);
		tsc += 1000000000;
	}
	write_ok(M(0), FAR);
	write_ok(M(0), HOLE - 8);
	write_ok(M(0), UINT64_MAX - 3);
	assert_memory(0, SIZE);
}

/* KT1, KT4, KT6, KT8 to KT10: at any multiple of 4, also over a page's end. */
static void test_time(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		const uint64_t gpa = AREA + 0xf80 + 4 * i;
		struct pvclock_vcpu_time_info time;

		put32(memory.bytes + gpa, 10 + i);
		memory.bytes[gpa + 29] = i % 2 ? 0xfe : 0xfd;
		write_ok(i % 2 ? M(1) : 0x12, gpa + 1);
		time = time_at(gpa);
		assert_int_equal(time.version, i % 2 ? 13 + i : 12 + i);
		assert_int_equal(time.pad0, 0);
		assert_int_equal(time.pad[0] | time.pad[1], 0);
		assert_int_equal(time.flags, i % 2 ? 3 : 1);
		assert_true(time.tsc_timestamp == tsc);
		assert_in_range(time.system_time, (tsc - START) / 5 * 2 - (i ? 10 : 0),
				(tsc - START) / 5 * 2);
		tsc += TSC_HZ;
		assert_in_range(now_by(&time), (tsc - START) / 5 * 2 - 10, (tsc - START) / 5 * 2);
		assert_only(gpa, 32);
	}
}

/* KT2, KT3: renewed at some exits, where it was registered last, until it is disabled. */
static void test_renewal(void **state)
{
	uint64_t before = 0;
	uint32_t version;

	(void)state;
	write_ok(M(1), AREA + 1);
	memcpy(expected, memory.bytes, SIZE);
	write_ok(M(1), AREA + 0x1004 + 1);
	version = time_at(AREA + 0x1004).version;
	for (unsigned i = 0; i < 200; i++) {
		struct pvclock_vcpu_time_info time = time_at(AREA + 0x1004);

		assert_true(now_by(&time) >= before);
		before = now_by(&time);
		tsc += 7777 + i;
		abi_exit(&vcpu);
		abi_exit(&other);
	}
	assert_true(time_at(AREA + 0x1004).version > version + 10);
	assert_only(AREA + 0x1004, 32);
	write_ok(M(1), AREA + 0x1004);
	for (unsigned i = 0; i < 200; i++)
		abi_exit(&vcpu);
	assert_memory(0, SIZE);
}

/* KT12: neither a fault nor a write, and the next one works. */
static void test_time_outside(void **state)
{
	static const uint64_t bad[] = {FAR,      HOLE,           HOLE - 16,
				       SIZE - 4, UINT64_MAX - 7, (UINT64_C(1) << 32) + AREA};

	(void)state;
	for (unsigned i = 0; i < COUNT(bad); i++) {
		write_ok(M(1), bad[i] | 1);
		for (unsigned n = 0; n < 100; n++)
			abi_exit(&vcpu);
		assert_memory(0, SIZE);
	}
	write_ok(M(1), AREA + 1);
	assert_true(time_at(AREA).tsc_timestamp == tsc);
}

/* KT7: the multiplier's precision, for TSCs from 1 MHz to 10 GHz. */
static void test_scale(void **state)
{
	(void)state;
	for (uint64_t hz = 1000000; hz < UINT64_C(10000000000); hz += hz / 7 + 1) {
		kvm_set_clock(hz, START, 0);
		assert_in_range(kvm_time(START + hz), 1000000000 - 1000, 1000000000);
		assert_in_range(kvm_time(START + 86400 * hz), UINT64_C(86399999900000),
				UINT64_C(86400000100000));
	}
}

/* ---- steal time ---- */

static struct kvm_steal_time *steal_at(uint64_t gpa)
{
	return (struct kvm_steal_time *)(memory.bytes + gpa);
}

/* KS2, KS3, KS6 to KS8. */
static void test_steal(void **state)
{
	struct kvm_steal_time before;

	(void)state;
	steal_at(AREA)->version = 7;
	before = *steal_at(AREA);
	write_ok(M(3), AREA + 1);
	assert_int_equal(steal_at(AREA)->version, 10);
	for (unsigned i = 0; i < 160; i++)
		abi_exit(&vcpu);
	assert_true(steal_at(AREA)->steal == before.steal + 1000);
	assert_int_equal(steal_at(AREA)->version, 30);
	assert_int_equal(steal_at(AREA)->flags, before.flags);
	assert_int_equal(steal_at(AREA)->preempted, 0);
	assert_only(AREA, 17);
	write_ok(M(3), AREA + 0x40 + 1);
	assert_only(AREA + 0x40, 17);
	for (unsigned i = 0; i < 160; i++)
		abi_exit(&vcpu);
	assert_only(AREA + 0x40, 17);
	write_ok(M(3), AREA + 0x40);
	for (unsigned i = 0; i < 160; i++)
		abi_exit(&vcpu);
	write_ok(M(3), FAR + 1);
	write_ok(M(3), HOLE + 1);
	for (unsigned i = 0; i < 160; i++)
		abi_exit(&vcpu);
	assert_memory(0, SIZE);
}

/* ---- asynchronous page faults ---- */

static void put_token(uint32_t token)
{
	put32(memory.bytes + AREA + 4, token);
}

static void assert_token(uint32_t want)
{
	uint32_t token;

	memcpy(&token, memory.bytes + AREA + 4, 4);
	assert_int_equal(token, want);
}

/* KF4 to KF6, KF8. */
static void test_wake_all(void **state)
{
	(void)state;
	write_ok(M(6), 0x47);
	put_token(0);
	write_ok(M(2), AREA + 1); /* without bit 3 */
	write_ok(M(2), AREA + 8); /* without bit 0 */
	assert_sent("");
	write_ok(M(2), AREA + 9);
	assert_sent("0:47 ");
	assert_token(UINT32_MAX);
	assert_only(AREA + 4, 4);
	write_ok(M(2), AREA + 9);
	put_token(0);
	abi_exit(&vcpu);
	assert_sent(""); /* not acknowledged */
	write_ok(M(7), 2);
	assert_sent("");
	write_ok(M(7), 1);
	assert_sent("0:47 ");
	write_ok(M(2), AREA + 9);
	write_ok(M(7), 1);
	assert_sent(""); /* the token is still there */
	put_token(0);
	write_ok(M(7), 1);
	assert_sent("0:47 ");
	put_token(0);
	write_ok(M(7), 1);
	assert_sent("");
	write_ok(M(2), AREA + 9);
	assert_sent("0:47 ");
	write_ok(M(2), AREA + 9);
	write_ok(M(2), 0);
	put_token(0);
	write_ok(M(7), 1);
	assert_sent("");
	assert_only(AREA + 4, 4);
}

static void test_wake_all_without_apic(void **state)
{
	(void)state;
	apic_is_on = false;
	put_token(0);
	write_ok(M(2), AREA + 9);
	assert_sent("");
}

#define PORT 0x7067
#define PAGE 0x113000u
#define TIME (TSC_HZ / 100) /* for which it is away */

static void take_page(uint64_t gpa)
{
	vcpu.regs.rax = gpa / PAGE_SIZE | UINT64_C(1) << 32;
	vcpu.exit.io.port = PORT;
	vcpu.exit.io.size = 4;
	vcpu.flush = false;
	hook_io(&vcpu);
}

/* Whether there is memory, which the guest has now or will have. */
static bool touch_page(uint64_t gpa)
{
	vcpu.slow = slow;
	vcpu.event = vcpu.exit.event;
	vcpu.exit.gpa = gpa + 8;
	return hook_nested_fault(&vcpu);
}

/* KF7: the guest is told, or the host waits. */
static void assert_told(uint64_t gpa, uint32_t token)
{
	uint32_t flags;

	take_page(gpa);
	assert_true(vcpu.flush);
	assert_true(touch_page(gpa));
	assert_true(vcpu.event.pending && vcpu.event.has_error && !vcpu.event.error);
	assert_int_equal(vcpu.event.vector, VECTOR_PF);
	assert_true(vcpu.slow.cr2 == token);
	memcpy(&flags, memory.bytes + AREA, 4);
	assert_int_equal(flags, 1);
	put32(memory.bytes + AREA, 0);
	vcpu.event.pending = false;
}

static void assert_waits(uint64_t gpa, bool take)
{
	const uint64_t start = tsc;
	const bool pending = vcpu.exit.event.pending;

	if (take)
		take_page(gpa);
	tsc_step = 1000;
	assert_true(touch_page(gpa));
	tsc_step = 0;
	assert_in_range(tsc - start, TIME - 2000, TIME + 8000);
	assert_int_equal(vcpu.event.pending, pending);
	assert_int_equal(vcpu.slow.cr2, 0);
}

static void start_pages(uint64_t bits)
{
	config.pageout = PORT;
	start_host("none");
	tsc += TIME; /* what was taken before is back */
	write_ok(M(6), 0x47);
	put32(memory.bytes + AREA, 0);
	put_token(0);
	write_ok(M(2), AREA + 9 + bits);
	assert_sent("0:47 ");
	put_token(0);
	write_ok(M(7), 1);
}

/* KF5, KF7. */
static void test_pages(void **state)
{
	(void)state;
	start_pages(2);
	assert_true(touch_page(PAGE));
	assert_false(vcpu.event.pending);
	assert_told(PAGE, 0x1000);
	assert_sent("");
	assert_waits(PAGE, false);
	abi_exit(&vcpu);
	assert_sent("0:47 ");
	assert_token(0x1000);
	put_token(0);
	write_ok(M(7), 1);
	assert_told(PAGE, 0x2000);
	assert_told(0, 0x3000);
	abi_exit(&vcpu);
	assert_sent("");
	tsc += TIME;
	abi_exit(&vcpu);
	assert_sent("0:47 ");
	assert_token(0x2000);
	put_token(0);
	abi_exit(&vcpu);
	assert_sent("");
	write_ok(M(7), 1);
	assert_sent("0:47 ");
	assert_token(0x3000);
	put_token(0);
	write_ok(M(7), 1);
	assert_sent("");
	vcpu.kvm.tokens = 1u << 20;
	assert_told(PAGE, 0x1000); /* a token is never 0 */
	for (unsigned i = 1; i < KVM_TOLD_MAX; i++)
		assert_told(PAGE + i * PAGE_SIZE, 0x1000 + i * 0x1000);
	assert_waits(PAGE - PAGE_SIZE, true);
}

/* KF7: when the host waits. */
static void test_pages_untold(void **state)
{
	(void)state;
	start_pages(0);
	assert_waits(PAGE, true);
	slow.cpl = 3;
	assert_told(PAGE, 0x1000);
	tsc += TIME;
	slow.rflags = 0;
	assert_waits(PAGE, true);
	slow.rflags = RFLAGS_IF;
	vcpu.exit.event = (struct vcpu_event){.pending = true, .vector = VECTOR_UD};
	assert_waits(PAGE, true);
	vcpu.exit.event.pending = false;
	apic_is_on = false;
	assert_waits(PAGE, true);
	apic_is_on = true;
	write_ok(M(2), AREA + 1);
	assert_waits(PAGE, true);
	write_ok(M(2), AREA + 8);
	assert_waits(PAGE, true);
}

/* KF8, and after an INIT. */
static void test_pages_dropped(void **state)
{
	(void)state;
	for (unsigned reset = 0; reset < 2; reset++) {
		start_pages(2);
		assert_told(PAGE, 0x1000);
		if (reset)
			abi_reset(&vcpu);
		else
			write_ok(M(2), 0);
		tsc += TIME;
		abi_exit(&vcpu);
		write_ok(M(7), 1);
		assert_sent("");
		assert_true(touch_page(PAGE));
		assert_false(vcpu.event.pending);
	}
}

/* A guest can take its own memory away, and nothing else. */
static void test_pages_refused(void **state)
{
	static const uint64_t others[] = {0xa0000,  0xff000, SIZE,
					  0x200000, FAR,     UINT32_MAX * 0x1000ull};

	(void)state;
	start_pages(2);
	for (unsigned i = 0; i < COUNT(others); i++) {
		take_page(others[i]);
		assert_false(vcpu.flush);
		assert_false(touch_page(others[i]));
	}
	vcpu.exit.io.in = true;
	take_page(PAGE);
	vcpu.exit.io.in = false;
	assert_true(touch_page(PAGE));
	assert_false(vcpu.event.pending);
	/* Another vCPU takes it again and again: the wait ends all the same. */
	take_page(PAGE);
	tsc += TIME / 2;
	take_page(PAGE);
	vcpu.exit.event.pending = true;
	assert_waits(PAGE, false);
	vcpu.exit.event.pending = false;
	vcpu.startup = STARTUP_INIT;
	slow.rflags = 0;
	take_page(PAGE);
	assert_true(touch_page(PAGE));
	assert_true(tsc < START + 3 * TIME + TIME / 2);
}

/* ---- calls ---- */

/* A call: what RAX is then, and that nothing else has changed (KC3). */
static uint64_t call(uint64_t index, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	struct gprs regs = {.rax = index, .rbx = a0, .rcx = a1, .rdx = a2, .rsi = a3, .rdi = 77};
	uint64_t result;

	vcpu.regs = regs;
	vcpu.synced = false;
	vcpu.hypercall(&vcpu);
	result = vcpu.regs.rax;
	vcpu.regs.rax = index;
	assert_memory_equal(&vcpu.regs, &regs, sizeof(regs));
	assert_memory_equal(&vcpu.slow, &slow, sizeof(slow));
	assert_no_event();
	return result;
}

#define CALL(index) ((int64_t)call(index, 0, 0, 0, 0))

/* KC4 to KC6, KC9, KH1, KH6, KH7. */
static void test_calls(void **state)
{
	(void)state;
	for (uint64_t index = 0; index < 100; index++) {
		bool known = index == 1 || index == 5 || index == 11;

		if (index != 9 && index != 10)
			assert_int_equal(CALL(index), known ? 0 : -1000);
	}
	for (unsigned bit = 7; bit < 64; bit++) {
		assert_int_equal(CALL(UINT64_C(1) << bit), -1000);
		assert_int_equal(CALL((UINT64_C(1) << bit) + 1), -1000);
	}
	assert_int_equal(CALL(UINT64_MAX), -1000);
	slow.cpl = 3;
	assert_int_equal(CALL(1), -1);
	assert_int_equal(CALL(13), -1);
	slow.cpl = 0;
	config.features = ~(1u << 13);
	assert_int_equal(CALL(11), -1000);
	config.enforce = false;
	assert_int_equal(CALL(11), 0);
	assert_memory(0, SIZE);
}

/* KC32.1, KC32.2. */
static void test_calls_32(void **state)
{
	const uint64_t stale = UINT64_C(0xdeadbeef00000000);

	(void)state;
	slow.code_bits = 32;
	assert_true(call(stale | 1, 0, 0, 0, 0) == 0);
	assert_true(call(stale | 13, 0, 0, 0, 0) == 0xfffffc18);
	assert_true(call(9, AREA | stale, stale, 0, 0) == 0);
	assert_only(AREA, 64);
	slow.cpl = 3;
	assert_true(call(1, 0, 0, 0, 0) == 0xffffffff);
}

/* KH4. */
static void test_clock_pairing(void **state)
{
	struct kvm_clock_pairing pairing, want = {.sec = RTC + 3, .nsec = 500000000};

	(void)state;
	tsc += 3 * TSC_HZ + 5;
	want.tsc = tsc;
	assert_int_equal((int64_t)call(9, AREA + 4, 1, 0, 0), -95);
	assert_int_equal((int64_t)call(9, AREA + 4, UINT64_C(1) << 32, 0, 0), -95);
	assert_int_equal((int64_t)call(9, FAR, 0, 0, 0), -14);
	assert_int_equal((int64_t)call(9, HOLE - 60, 0, 0, 0), -14);
	assert_memory(0, SIZE);
	assert_int_equal(call(9, AREA + 4, 0, 0, 0), 0);
	memcpy(&pairing, memory.bytes + AREA + 4, sizeof(pairing));
	assert_in_range(pairing.nsec, want.nsec - 10, want.nsec + 10);
	want.nsec = pairing.nsec;
	assert_memory_equal(&pairing, &want, sizeof(want));
	assert_only(AREA + 4, 64);
}

/* KH2: vCPUs have the APIC IDs 0 and 5. */
static void test_kick(void **state)
{
	(void)state;
	slow.rflags = 0;
	assert_false(hook_halt(&vcpu));
	assert_int_equal(call(5, 5, 0, 0, 0), 0);
	vcpu_sync(&vcpu);
	assert_false(hook_halt(&other));
	assert_true(hook_halt(&vcpu));
	assert_int_equal(call(5, 0, 5, 0, 0), 0);
	assert_int_equal(call(5, 0, 5, 0, 0), 0);
	assert_int_equal(call(5, 0, 4, 0, 0), 0);
	assert_int_equal(call(5, 0, (UINT64_C(1) << 32) + 5, 0, 0), 0);
	assert_false(hook_halt(&vcpu));
	assert_true(hook_halt(&other));
	assert_false(hook_halt(&other));
	config.features &= ~BIT(7);
	assert_int_equal((int64_t)call(5, 0, 5, 0, 0), -1000);
	assert_false(hook_halt(&other));
	config.enforce = false;
	assert_int_equal(call(5, 0, 5, 0, 0), 0);
	assert_true(hook_halt(&other));
}

/* KH5: vCPUs have the APIC IDs 0 and 5. */
static void test_send_ipi(void **state)
{
	(void)state;
	assert_int_equal(call(10, 1, 0, 0, 0x41), 1);
	assert_sent("0:41 ");
	assert_int_equal(call(10, UINT64_MAX, UINT64_MAX, 0, 0x42), 2);
	assert_sent("0:42 1:42 ");
	assert_int_equal(call(10, 1, 0, 5, 0x43), 1);
	assert_sent("1:43 ");
	assert_int_equal(call(10, UINT64_MAX, UINT64_MAX, 6, 0x43), 0);
	assert_int_equal(call(10, UINT64_MAX, UINT64_MAX, UINT64_MAX - 7, 0x43), 0);
	assert_sent("");
	assert_int_equal(call(10, 0, UINT64_C(1) << 5, 0, 0x43), 0); /* ID 69 */
	assert_int_equal((int64_t)call(10, 1, 0, 0, 0x843), -22);
	assert_int_equal((int64_t)call(10, 1, 0, 0, 0x40043), -22);
	assert_int_equal((int64_t)call(10, 1, 0, 0, 0x443), -22); /* an NMI */
	other.apic_id = 69;
	assert_int_equal(call(10, 0, UINT64_C(1) << 5, 0, 0x44), 1);
	assert_sent("1:44 ");
	other.apic_id = 37;
	slow.code_bits = 32;
	assert_int_equal(call(10, 0, UINT64_C(1) << 5, 0, 0x45), 1);
	assert_sent("1:45 ");
	vcpus = 1;
	assert_int_equal(call(10, 1, 0, 0, 0x45), 0xfffffc18);
	assert_sent("");
}

/* FNV-1a of the numbers 1 to 4, of eight bytes each. */
static void test_echo(void **state)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		hash = (hash ^ (i % 8 ? 0 : i / 8 + 1)) * UINT64_C(0x100000001b3);
	config.kvm_echo = 0x1234;
	config.has_kvm_echo = true;
	assert_true(call(0x1234, 1, 2, 3, 4) == hash);
	slow.code_bits = 32;
	assert_true(call(0x1234, 1, 2, 3, 4) == ((uint32_t)hash ^ hash >> 32));
}

/* ---- which ABI a call belongs to ---- */

#define OLD (-1)
#define NEW (-1000)

static int64_t call_from(uint64_t site)
{
	vcpu.regs.rax = 77;
	vcpu.rip = site + 3;
	vcpu.synced = false;
	vcpu.hypercall(&vcpu);
	return (int64_t)vcpu.regs.rax;
}

/* Of more than there is room for, the oldest is forgotten. */
static void test_sites(void **state)
{
	(void)state;
	sites_clear();
	assert_true(sites_none());
	for (uint64_t gpa = 0; gpa < SITES_MAX; gpa++)
		sites_add(gpa);
	assert_false(sites_none());
	assert_true(sites_has(0) && sites_has(SITES_MAX - 1));
	assert_false(sites_has(SITES_MAX) || sites_has(UINT64_MAX));
	sites_add(SITES_MAX);
	assert_true(sites_has(1) && sites_has(SITES_MAX));
	assert_false(sites_has(0));
	sites_clear();
	assert_true(sites_none());
	sites_add(5);
	assert_true(sites_has(5));
	assert_false(sites_has(1) || sites_has(UINT64_MAX));
}

static void test_both(void **state)
{
	char unknown[ABI_NAME_MAX];
	struct cpuid_regs r = {0, 0, 0, 0};
	uint64_t value;

	(void)state;
	config.api_version = 1;
	assert_true(abi_offer(NULL, unknown));
	abi_init(&vendor, 0);
	vcpu.hypercall = NULL;
	abi_init_vcpu(&vcpu);
	memset(memory.bytes + AREA, 0, 0x1000);
	put32(memory.bytes + AREA + 16, SITE);
	assert_int_equal(abi_wrmsr(&vcpu, 0x87655678, AREA), MSR_DONE);
	assert_int_equal(call_from(SITE), OLD); /* nobody knows of the new one */
	assert_int_equal(call_from(SITE + 1), OLD);
	assert_int_equal(abi_rdmsr(&vcpu, M(5), &value), MSR_DONE);
	assert_int_equal(call_from(SITE + 1), OLD);
	abi_cpuid(&other, BASE, &r);
	abi_exit(&vcpu);
	assert_int_equal(call_from(SITE + 1), NEW);
	assert_int_equal(call_from(SITE), NEW); /* forgotten */
	assert_int_equal(abi_wrmsr(&vcpu, 0x87655678, AREA), MSR_DONE);
	assert_int_equal(call_from(SITE), OLD);
	assert_int_equal(call_from(SITE - 1), NEW);
	slow.code_bits = 32;
	slow.cs_base = 0x1000;
	assert_int_equal((uint32_t)call_from(SITE - 0x1000), (uint32_t)OLD);
	assert_int_equal((uint32_t)call_from(SITE), (uint32_t)NEW);
}

/* ---- the other vendor's instruction ---- */

/* Page tables that map the first 2 MiB at 0 on, each page writable unless it is @read_only. */
static void make_tables(uint64_t read_only)
{
	uint64_t *table = (uint64_t *)(memory.bytes + 0x2000);

	memset(table, 0, 4 * PAGE_SIZE);
	for (unsigned i = 0; i < 3; i++)
		table[512 * i] = (0x3000 + 0x1000 * i) | PTE_P | PTE_W;
	for (unsigned i = 0; i < 512; i++)
		table[512 * 3 + i] =
			i * PAGE_SIZE | PTE_P | (i * PAGE_SIZE == read_only ? 0 : PTE_W);
	slow.cr0 = CR0_PG | CR0_WP;
	slow.cr3 = 0x2000;
	slow.cr4 = CR4_PAE;
	memcpy(expected, memory.bytes, SIZE);
}

static bool undefined_at(uint64_t site, const char *code)
{
	memcpy(memory.bytes + site, code, 3);
	memcpy(expected + site, code, 3);
	vcpu.rip = site;
	vcpu.exit.event = (struct vcpu_event){.pending = true, .vector = VECTOR_UD};
	vcpu.slow = slow;
	return hook_exception(&vcpu);
}

/* KC7, KC8. */
static void test_quirk(void **state)
{
	static const uint64_t sites[] = {SITE, 0x112ffe, 0x112fff};

	(void)state;
	assert_false(undefined_at(SITE, "\x0f\x01\xc1"));
	config.quirk = true;
	start_host("none");
	make_tables(0);
	for (unsigned i = 0; i < COUNT(sites); i++) {
		assert_true(undefined_at(sites[i], "\x0f\x01\xc1"));
		expected[sites[i] + 2] = 0xd9;
		assert_memory(0, SIZE);
		assert_int_equal(vcpu.rip, sites[i]);
		assert_false(vcpu.event.pending);
	}
	assert_false(undefined_at(SITE, "\x0f\x01\xd9"));
	assert_false(undefined_at(SITE, "\x0f\x0b\xc1"));
	slow.cpl = 3;
	assert_false(undefined_at(SITE, "\x0f\x01\xc1"));
	slow.cpl = 0;
	assert_memory(0, SIZE);
	make_tables(0x113000);
	for (unsigned i = 1; i < COUNT(sites); i++) {
		assert_true(undefined_at(sites[i], "\x0f\x01\xc1"));
		assert_memory(0, SIZE);
		assert_true(vcpu.event.pending && vcpu.event.has_error);
		assert_int_equal(vcpu.event.vector, 14);
		assert_int_equal(vcpu.event.error, 3);
		assert_int_equal(vcpu.slow.cr2, 0x113000);
		assert_int_equal(vcpu.rip, sites[i]);
		vcpu.event.pending = false;
	}
}

/* ---- faults ---- */

static uint64_t hash;

static void mix(uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
}

static void mix_vcpu(void)
{
	for (unsigned i = 0; i < 16; i++)
		mix((&vcpu.regs.rax)[i]);
	mix(vcpu.rip);
	mix(vcpu.efer);
	mix(vcpu.slow.rsp);
	mix(vcpu.slow.rflags);
	mix(vcpu.slow.cr2);
	mix(vcpu.slow.fs_base);
	mix((uint64_t)vcpu.event.pending << 40 | (uint64_t)vcpu.event.vector << 32 |
	    vcpu.event.error);
	vcpu.event = (struct vcpu_event){0};
	for (unsigned i = 0; sent[i]; i++)
		mix((uint8_t)sent[i]);
	sent[0] = '\0';
}

static void mix_memory(void)
{
	for (unsigned i = 0; i < SIZE; i += 8) {
		uint64_t word;

		memcpy(&word, memory.bytes + i, sizeof(word));
		mix(word);
	}
}

static void mix_area(void)
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		mix(memory.bytes[AREA + i]);
}

static void mix_exits(enum exit_kind kind)
{
	vcpu.exit.kind = kind;
	for (unsigned i = 0; i < 64; i++) {
		tsc += 1000;
		abi_exit(&vcpu);
	}
	vcpu.exit.kind = EXIT_WRMSR;
}

static void mix_msr(uint32_t msr, uint64_t value)
{
	mix(abi_wrmsr(&vcpu, msr, value));
	mix_area();
	tsc += 1000;
	mix_vcpu();
	mix_exits(EXIT_HLT);
	for (uint32_t i = 0x11; i <= 0x12; i++) {
		mix(abi_rdmsr(&vcpu, i, &value));
		mix(value);
	}
	for (unsigned i = 0; i < 0x100; i += i < 15 ? 1 : 15) {
		mix(abi_rdmsr(&vcpu, M(i), &value));
		mix(value);
	}
}

static void mix_call(uint64_t index, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	vcpu.regs = (struct gprs){.rax = index, .rbx = a0, .rcx = a1, .rdx = a2, .rsi = a3};
	vcpu.synced = false;
	vcpu.hypercall(&vcpu);
	mix_vcpu();
}

static void mix_cpuid(void)
{
	for (unsigned i = 0; i < 8; i++) {
		const uint32_t leaf = i == 7 ? 1 : BASE + i % 2 + i / 4 * 0x100;
		struct cpuid_regs r;

		vcpu.regs.rcx = i / 2;
		r = ask(leaf);
		mix((uint64_t)r.eax << 32 | r.ebx);
		mix((uint64_t)r.ecx << 32 | r.edx);
		mix_vcpu();
	}
}

#define CLEAR_TOKEN 0

static void mix_msrs(void)
{
	static const struct {
		uint32_t msr;
		uint64_t value;
	} writes[] = {
		{M(0), AREA},
		{0x11, AREA + 0x14},
		{M(0), FAR + AREA},
		{0x11, AREA + 4},
		{M(1), AREA + 0x41},
		{0x12, AREA + 0x105},
		{M(1), AREA + 0x105},
		{M(1), AREA + 0x104},
		{M(1), AREA + 0xff1},
		{M(1), FAR + 1},
		{M(1), FAR + AREA + 1},
		{M(1), SITE + 1},
		{M(1), 0},
		{M(3), AREA + 0x201},
		{M(3), AREA + 0x241},
		{M(3), AREA + 0x240},
		{M(3), FAR + 1},
		{M(3), AREA + 3},
		{M(3), AREA + 33},
		{M(3), 0},
		{M(4), AREA + 0x301},
		{M(4), AREA + 0x303},
		{M(4), FAR + 1},
		{M(4), AREA + 0x300},
		{M(5), 0},
		{M(5), 2},
		{M(5), BIT(63)},
		{M(8), 0},
		{M(8), 2},
		{M(6), 0x100},
		{M(6), BIT(32)},
		{M(6), 0x10},
		{M(6), 0x41},
		{M(2), AREA + 0x410},
		{M(2), AREA + 0x420},
		{M(2), FAR + 9},
	};
	static const struct {
		uint32_t msr;
		uint64_t value;
	} events[] = {
		{CLEAR_TOKEN, 0},
		{M(2), AREA + 0x401},
		{M(2), AREA + 0x409},
		{CLEAR_TOKEN, 0},
		{M(2), AREA + 0x409},
		{M(7), 1},
		{CLEAR_TOKEN, 0},
		{M(7), 1},
		{M(7), 1},
		{CLEAR_TOKEN, 0},
		{M(2), AREA + 0x409},
		{M(2), AREA + 0x409},
		{M(7), 1},
		{CLEAR_TOKEN, 0},
		{M(2), 0},
		{M(7), 1},
	};

	for (unsigned i = 0; i < COUNT(writes); i++)
		mix_msr(writes[i].msr, writes[i].value);
	for (unsigned i = 0; i < COUNT(events); i++) {
		if (events[i].msr == CLEAR_TOKEN)
			put32(memory.bytes + AREA + 0x404, 0);
		else
			mix_msr(events[i].msr, events[i].value);
		mix(memory.bytes[AREA + 0x404]);
	}
	mix_msr(M(3), AREA + 0x201);
	mix_msr(M(3), AREA + 0x241);
	memory.bytes[AREA + 0x200 + 16] = 0x5a; /* where steal time was before */
	mix_exits(EXIT_HLT);
	mix_msr(M(3), 0);
	for (unsigned i = 0; i < 20; i++)
		mix_exits(EXIT_HLT);
	memory.bytes[AREA + 0x800 + 29] = 2;
	mix_msr(M(1), AREA + 0x801);
	memory.bytes[AREA + 0x800 + 29] = 0;
	mix_msr(M(1), AREA + 0x801);
	vcpu.efer = 0;
	mix_msr(M(1), AREA + 0x841);
	vcpu.efer = LME | LMA;
}

/* An exit with @n in service; then the guest clears the bit, if @ends, and exits again. */
static void mix_eoi(struct vcpu *v, unsigned n, bool waiting, bool ends)
{
	uint8_t *word = memory.bytes + AREA + 0x704 + 64 * v->id;

	in_service = n;
	is_waiting = waiting;
	v->vapic.held[1] = 7;
	abi_exit(v);
	mix(in_service);
	mix(v->vapic.held[1]);
	mix_area();
	if (ends)
		*word &= 0xfe;
	abi_exit(v);
	mix(in_service);
	mix_area();
}

static void mix_eois(void)
{
	memset(memory.bytes + AREA + 0x700, 0, 128);
	abi_wrmsr(&other, M(4), AREA + 0x745);
	mix_msr(M(4), AREA + 0x705);
	for (unsigned i = 0; i < 12; i++) {
		struct vcpu *v = i % 2 ? &other : &vcpu;

		v->exit.kind = EXIT_WRMSR;
		v->regs.rcx = 0x80b; /* the EOI register in x2APIC mode */
		mix_eoi(v, i / 2 % 3, i == 9, i > 5);
	}
	in_service = 1;
	mix_msr(M(4), AREA + 0x785);
	mix_area();
	in_service = 1;
	mix_msr(M(4), 0);
	mix(in_service);
	mix_area();
	mix_eoi(&vcpu, 1, false, false);
}

static void mix_kicks(void)
{
	slow.rflags = 0;
	for (unsigned i = 0; i < 4; i++) {
		mix_call(5, i % 2 ? 5 : 0, i % 2 ? 0 : 5, 0, 0);
		mix(hook_halt(&vcpu));
		mix_vcpu();
		mix(hook_halt(&other));
	}
	slow.rflags = RFLAGS_IF;
}

/* As vCPU 1, what vCPU 0 did before. */
static void mix_vcpu1(void)
{
	mix_call(9, AREA + 0x700, 0, 0, 0);
	vcpu.id = 1;
	tsc += 1000;
	mix_call(9, AREA + 0x740, 0, 0, 0);
	mix_call(11, 0, 0, 0, 0);
	mix_call(5, 0, 0, 0, 0);
	mix(hook_halt(&vcpu));
	mix_vcpu();
	vcpu.id = 0;
}

static void mix_calls(void)
{
	for (unsigned i = 0; i < 120; i++)
		mix_call(i < 16 ? i : UINT64_C(1) << (i - 16) / 2, AREA + 0x600, i % 2, 0, 0x41);
	mix_call((UINT64_C(1) << 32) + 1, 0, 0, 0, 0);
	mix_call(9, AREA + 0x600, 0, 0, 0);
	mix_call(9, FAR, 0, 0, 0);
	mix_call(10, 1, 0x20, 0, 0x41);
	mix_call(10, 2, 1, 4, 0x41);
	mix_call(10, 1, 0, 0, 0x841);
	for (unsigned i = 1; i <= 4; i++)
		mix_call(0x1234, i, UINT64_C(1) << 40, 3, 4);
	vcpu.rip = 0x101001;
	mix_call(1, 0, 0, 0, 0);
	slow.rflags = 0;
	mix_call(1, 0, 0, 0, 0);
	slow.cpl = 3;
	mix_call(1, 0, 0, 0, 0);
	tsc += 1000000000;
	mix_call(9, AREA + 0x680, 0, 0, 0);
	slow.cpl = 0;
	slow.code_bits = 32;
	mix_call((UINT64_C(1) << 32) + 1, 0, 0, 0, 0);
	mix_call(0x1234, UINT64_C(1) << 32, 0, 0, 0);
	mix_call(13, 0, 0, 0, 0);
	slow.code_bits = 64;
	mix_kicks();
	mix_vcpu1();
}

static void mix_instructions(void)
{
	make_tables(0x113000);
	mix(undefined_at(SITE, "\x0f\x01\xc1"));
	mix_vcpu();
	mix(undefined_at(0x113008, "\x0f\x01\xc1"));
	mix_vcpu();
	memset(memory.bytes + 0x5000 + 8 * 0x111, 0, 8); /* page 0x111 is mapped nowhere */
	mix_msr(M(1), 0x111001);
	slow.cpl = vcpu.slow.cpl = 3;
	memcpy(memory.bytes + SITE, "\x0f\x30", 2);
	vcpu.rip = SITE;
	vcpu.regs = (struct gprs){.rcx = M(5)};
	vcpu.exit.event.vector = VECTOR_GP;
	mix(hook_exception(&vcpu));
}

/* What the functions above do next, the other vCPU does. */
static void swap_vcpus(void)
{
	struct vcpu first = vcpu;

	vcpu = other;
	other = first;
}

static void register_both(uint64_t gpa)
{
	mix_msr(M(1), gpa | 1);
	mix_msr(M(3), (gpa + 0x40) | 1);
}

/* Both vCPUs register; the other one moves what it has, ends it, begins anew, and gets an INIT. */
static void mix_vcpus(void)
{
	register_both(AREA + 0x900);
	swap_vcpus();
	mix_cpuid();
	register_both(AREA + 0x980);
	mix_msr(M(0), AREA + 0xa00);
	mix_msr(M(2), AREA + 0xa41);
	mix_msr(M(4), AREA + 0xa81);
	mix_msr(M(6), 0x51);
	swap_vcpus();
	mix_msr(M(7), 0);
	swap_vcpus();
	register_both(AREA + 0xb00);
	memory.bytes[AREA + 0x980 + 0x40 + 16] = 0x5a;
	swap_vcpus();
	mix_msr(M(7), 0);
	swap_vcpus();
	mix_msr(M(1), 0);
	mix_msr(M(3), 0);
	swap_vcpus();
	mix_msr(M(7), 0);
	swap_vcpus();
	register_both(AREA + 0xb80);
	mix_msr(M(5), 0);
	abi_reset(&vcpu);
	mix_msr(M(7), 0);
	swap_vcpus();
}

static void mix_touch(uint64_t page)
{
	take_page(page);
	mix(touch_page(page));
	mix(memory.bytes[AREA + 0x400]);
	mix_vcpu();
	put32(memory.bytes + AREA + 0x400, 0);
}

/* Pages that are away, and events of them; and a page fault of the guest's own. */
static void mix_pages(void)
{
	mix_msr(M(2), AREA + 0x409);
	put32(memory.bytes + AREA + 0x404, 0);
	mix_msr(M(7), 1);
	for (unsigned i = 0; i < 8; i++) {
		tsc_step = 1000;
		slow.rflags = i == 1 ? 0 : RFLAGS_IF;
		slow.cpl = i == 2 ? 0 : 3;
		vcpu.exit.event = (struct vcpu_event){.pending = i == 3, .vector = VECTOR_UD};
		mix_touch(PAGE + i * PAGE_SIZE);
		vcpu.exit.event.pending = false;
		tsc_step = 0;
		if (i % 4 == 3) {
			tsc += TIME;
			mix_msr(M(7), 0);
			put32(memory.bytes + AREA + 0x404, 0);
			mix_exits(EXIT_HLT);
			mix_vcpu();
			mix_msr(M(7), 1);
		}
	}
	vcpu.exit.event =
		(struct vcpu_event){.pending = true, .has_error = true, .vector = VECTOR_PF};
	mix(hook_exception(&vcpu));
	mix_vcpu();
	tsc_step = 1000;
	mix_touch(PAGE);
	tsc_step = 0;
	mix_msr(M(2), 0);
	slow.rflags = RFLAGS_IF;
	slow.cpl = 0;
}

/* Mixes into a hash all that the guest can see of a host with this fault. */
static uint64_t seen_with(const char *fault)
{
	void *state = NULL;

	free_memory(&state);
	setup(&state);
	config.quirk = !strncmp(fault, "quirk-", 6);
	config.pageout = PORT;
	start_host(fault);
	config.kvm_echo = 0x1234;
	config.has_kvm_echo = true;
	hash = 1;
	slow.fs_base = UINT64_MAX;
	make_tables(0);
	mix_cpuid();
	mix_cpuid();
	mix_msrs();
	mix_eois();
	mix_pages();
	mix_calls();
	mix_vcpus();
	vcpus = 1;
	mix_msr(M(2), AREA + 0x6c0);
	mix_instructions();
	mix_memory();
	return hash;
}

/* In a process of its own, for what a fault remembers in static variables. */
static bool is_seen(const char *fault, uint64_t honest)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child)
		_exit(seen_with(fault) == honest);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

static void test_fault(const struct fault *fault, uint64_t honest)
{
	/* A real CPU's register; a moment of another CPU; and races. */
	bool without = !strcmp(fault->name, "vmcall-xmm7") ||
		       !strncmp(fault->name, "vcpu-version-", 13) ||
		       !strncmp(fault->name, "vmcall-shared-", 14);

	if (is_seen(fault->name, honest) == without)
		fail_msg("fault=%s: wanted %s", fault->name,
			 without ? "no effect here" : "an effect");
	assert_int_equal(strspn(fault->rule, "CDEFGHKMPRSTW0123456789."), strlen(fault->rule));
}

static void test_faults(void **state)
{
	const uint64_t honest = seen_with("none");
	unsigned n = 0;

	(void)state;
	assert_true(seen_with("none") == honest);
	for (const void *const *table = kvm_fault_tables; *table; table++) {
		for (const struct kvm_row *row = *table; row->fault.name; row++, n++)
			test_fault(&row->fault, honest);
	}
	assert_true(n >= 60);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, free_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cpuid),         TEST(test_initial),
		TEST(test_read_back),     TEST(test_gating),
		TEST(test_refusals),      TEST(test_reset),
		TEST(test_wall_clock),    TEST(test_time),
		TEST(test_renewal),       TEST(test_time_outside),
		TEST(test_scale),         TEST(test_steal),
		TEST(test_wake_all),      TEST(test_wake_all_without_apic),
		TEST(test_pages),         TEST(test_pages_untold),
		TEST(test_pages_dropped), TEST(test_pages_refused),
		TEST(test_calls),         TEST(test_calls_32),
		TEST(test_clock_pairing), TEST(test_send_ipi),
		TEST(test_kick),          TEST(test_echo),
		TEST(test_both),          TEST(test_sites),
		TEST(test_quirk),         TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
