/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src/host/vcpus.c and ipi.c: who gets an IPI, and how vCPUs start one another.  Each processor is
 * a thread; a vCPU "runs" until it is sent an INIT.
 */
#include "fake_cpu.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "host/abi.h"
#include "host/checksum.h"
#include "host/hooks.h"
#include "host/interrupt.h"
#include "host/ipi.h"
#include "host/lapic.h"
#include "host/log.h"
#include "host/vcpus.h"
#include "lib/panic.h"
#include "unit.h"
#include "x86/apic.h"
#include "x86/smp.h"

#define VCPUS     4u
#define SECONDS   10 /* a bound of each wait */
#define NMI       0x4400u
#define FLAT      UINT32_MAX
#define CLUSTERED 0x0fffffffu

static struct cpu cpus[VCPUS];
static __thread unsigned cpu_id;

/* Of each vCPU: how often it has entered the guest, and how it did last. */
static unsigned entries[VCPUS], resets[VCPUS], apic_resets[VCPUS];
static struct vcpu *all[VCPUS];
static struct vcpu_start starts[VCPUS];
static const char *end_reason[VCPUS]; /* with which it leaves the guest at once; NULL: no */
static unsigned finished;             /* the vCPU that finished, plus 1 */

/* IPIs that were sent since the last look at them. */
static struct {
	uint32_t command, to;
} sent[8];
static unsigned sents, nmis_for_others, kicks;
static char logged[200];

#define LOAD(variable)         __atomic_load_n(&(variable), __ATOMIC_ACQUIRE)
#define STORE(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_RELEASE)

/* ---- what vcpus.c calls ---- */

/* Each start of a vCPU begins with it. */
void abi_reset(struct vcpu *v)
{
	assert_int_equal(v->efer, 0);
	STORE(resets[v->id], resets[v->id] + 1);
}

void interrupt_load(void)
{
}

void lapic_reset(struct vcpu *v)
{
	apic_resets[v->id]++;
}

struct cpu *this_cpu(void)
{
	return &cpus[cpu_id];
}

struct cpu *smp_cpu(unsigned id)
{
	return &cpus[id];
}

unsigned smp_count(void)
{
	return VCPUS;
}

void cpu_relax(void)
{
	sched_yield();
}

void halt_for_ever(void)
{
	for (;;)
		pause();
}

void panic(const char *fmt, ...)
{
	fail_msg("panic: %s", fmt);
	abort();
}

void log_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

void vcpu_end(struct vcpu *v, const char *why)
{
	v->end_reason = why;
}

struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	assert_int_equal(leaf + subleaf, 1);
	return (struct cpuid_regs){.ebx = (0x20 + cpu_id) << 24 | 0x5555};
}

uint32_t hooked_exceptions(void)
{
	return 0x2040;
}

bool hook_startup(const struct vcpu *v, unsigned *vector)
{
	return v->id != 2 || *vector != 0x77; /* that one gets lost */
}

void abi_init_vcpu(struct vcpu *v)
{
	all[v->id] = v;
}

void checksum_init(const struct vcpu_vendor *vendor)
{
	(void)vendor;
}

void apic_send(uint32_t command, uint32_t destination)
{
	sent[sents].command = command;
	sent[sents++].to = destination;
}

void apic_nmi(uint32_t destination)
{
	apic_send(NMI, destination);
}

void apic_nmi_others(void)
{
	nmis_for_others++;
}

/* ---- processors ---- */

static void run(struct vcpu *v, const struct vcpu_start *start)
{
	starts[v->id] = *start;
	v->end_reason = end_reason[v->id];
	v->halted = v->id == 3; /* leaves the guest by HLT */
	assert_int_equal(LOAD(resets[v->id]), entries[v->id] + 1);
	assert_int_equal(apic_resets[v->id], entries[v->id]); /* not at the first start */
	STORE(entries[v->id], entries[v->id] + 1);
	while (!v->end_reason && !v->halted && !vcpu_must_leave(v))
		cpu_relax();
}

static void init(void)
{
}

static void kicked(void)
{
	kicks++;
}

static const struct vcpu_vendor vendor = {.init = init, .run = run, .kicked = kicked};

/* The vCPU is on this thread's stack, which has to stay. */
static void finish(const struct vcpu *v)
{
	STORE(finished, v->id + 1);
	halt_for_ever();
}

static void (*job)(void *arg);

static void *processor(void *id)
{
	cpu_id = (unsigned)(uintptr_t)id;
	job(NULL);
	return NULL;
}

static void start_thread(void *(*function)(void *), unsigned id)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, function, (void *)(uintptr_t)id), 0);
}

struct cpu *smp_run(void (*fn)(void *arg), void *arg)
{
	assert_null(arg);
	job = fn;
	for (unsigned id = 0; id < VCPUS; id++)
		start_thread(processor, id);
	pthread_exit(NULL);
}

static void *run_all(void *unused)
{
	static const struct loaded_guest loaded = {
		.entry = 0x100040, .eax = 0x2badb002, .ebx = 0x9500};

	(void)unused;
	vcpus_run(&vendor, NULL, &loaded, finish);
}

/* ---- tests ---- */

static void wait_for(const unsigned *variable, unsigned value)
{
	const time_t end = time(NULL) + SECONDS;

	while (LOAD(*variable) != value) {
		if (time(NULL) > end)
			fail_msg("wanted %u, got %u", value, LOAD(*variable));
		cpu_relax();
	}
}

/* What only its own processor may touch is no race: the tests go on one step at a time. */
static struct vcpu *vcpu(unsigned id)
{
	assert_ptr_equal(vcpus_get(id), all[id]);
	return all[id];
}

static void send(unsigned from, uint32_t command, uint32_t destination)
{
	sents = 0;
	logged[0] = '\0';
	cpu_id = from;
	vcpu(from)->icr_destination = destination;
	ipi_send(vcpu(from), command);
	cpu_id = 0;
}

static void assert_all_wait(void)
{
	for (unsigned id = 1; id < VCPUS; id++)
		assert_int_equal(LOAD(vcpu(id)->startup), STARTUP_INIT);
}

static void assert_segment(const struct vcpu_segment *s, unsigned selector, unsigned rights,
			   uint32_t limit, uint64_t base)
{
	assert_int_equal(s->selector, selector);
	assert_int_equal(s->rights, rights);
	assert_int_equal(s->limit, limit);
	assert_int_equal(s->base, base);
}

/* Multiboot 3.2; and all others wait. */
static void test_boot(void **state)
{
	(void)state;
	start_thread(run_all, 0);
	wait_for(&entries[0], 1);
	assert_segment(&starts[0].code, 0x08, 0xc09b, 0xffffffff, 0);
	assert_segment(&starts[0].data, 0x10, 0xc093, 0xffffffff, 0);
	assert_int_equal(starts[0].cr0, CR0_PE | CR0_ET);
	assert_int_equal(starts[0].rip, 0x100040);
	assert_int_equal(vcpu(0)->regs.rax, 0x2badb002);
	assert_int_equal(vcpu(0)->regs.rbx, 0x9500);
	assert_int_equal(vcpu(0)->pat, START_PAT);
	assert_int_equal(vcpu(0)->efer, 0);
	assert_int_equal(starts[0].eax, 0x2badb002);
	assert_int_equal(starts[0].ebx, 0x9500);
	assert_int_equal(vcpus_count(), VCPUS);
	for (unsigned id = 0; id < VCPUS; id++) {
		assert_int_equal(vcpu(id)->id, id);
		assert_int_equal(vcpu(id)->apic_id, 0x20 + id);
		assert_int_equal(vcpu(id)->exception_bitmap, 0x2040);
		assert_int_equal(vcpu(id)->dfr, UINT32_MAX);
		assert_int_equal(vcpu(id)->entry, 0x100040);
		assert_int_equal(entries[id], id ? 0 : 1);
	}
	assert_all_wait();
}

/* 11.6.1: fixed interrupts, to a shorthand or to a physical destination: bits of @wanted. */
static void test_physical(void **state)
{
	static const struct {
		uint32_t command, destination;
		bool x2apic;
		unsigned wanted;
	} table[] = {
		{0x40030, 0, false, 2},          {0x80030, 0, false, 15},
		{0xc0030, 0, false, 13},         {0x30, 0x22000000, false, 4},
		{0x30, 0x22, false, 0},          {0x30, 0x24000000, false, 0},
		{0x30, 0xff000000, false, 15},   {0x30, 0x23, true, 8},
		{0x30, 0x23000000, true, 0},     {0x30, 0xff, true, 0},
		{0x30, UINT32_MAX, true, 15},    {0x4030, 0x21000000, false, 2},
		{0x40030, UINT32_MAX, false, 2}, {0x40130, 0, false, 2},
		{0x80130, 0, false, 1},          {0x130, 0x22000000, false, 4},
		{0x8000f, 0, false, 0},          {0x80010, 0, false, 15},
		{0x0801ff, 0, false, 1},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		unsigned got = 0;

		vcpu(1)->x2apic = table[i].x2apic;
		send(1, table[i].command, table[i].destination);
		for (unsigned k = 0; k < sents; k++) {
			assert_int_equal(sent[k].command, (table[i].command & 0xff) | 0x4000);
			got |= 1u << (sent[k].to - 0x20);
		}
		assert_int_equal(got, table[i].wanted);
		assert_int_equal(vcpu(1)->icr, table[i].command & 0xccfff);
		assert_string_equal(logged, "");
	}
	vcpu(1)->x2apic = false;
}

/* 11.6.2.2: the flat and the cluster model; 11.12.10: clusters of 16. */
static void test_logical(void **state)
{
	static const struct {
		uint32_t ldr, dfr, destination;
		bool x2apic, wanted;
	} table[] = {
		{0x04000000, FLAT, 0x04000000, false, true},
		{0x04000000, FLAT, 0x0c000000, false, true},
		{0x04000000, FLAT, 0x08000000, false, false},
		{0x14000000, FLAT, 0x10000000, false, true},
		{0x24000000, CLUSTERED, 0x2c000000, false, true},
		{0x24000000, CLUSTERED, 0x28000000, false, false},
		{0x24000000, CLUSTERED, 0x1c000000, false, false},
		{0x24000000, CLUSTERED, 0x34000000, false, false},
		{0, FLAT, 0x20004, true, true}, /* ID 0x22: cluster 2, number 2 */
		{0, FLAT, 0x2000c, true, true},
		{0, FLAT, 0x20008, true, false},
		{0, FLAT, 0x30004, true, false},
		{0, FLAT, 0x10004, true, false},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		bool got = false;

		vcpu(2)->ldr = table[i].ldr;
		vcpu(2)->dfr = table[i].dfr;
		vcpu(1)->x2apic = table[i].x2apic;
		send(1, 0x830, table[i].destination);
		for (unsigned k = 0; k < sents; k++)
			got |= sent[k].to == 0x22;
		assert_int_equal(got, table[i].wanted);
	}
	vcpu(1)->x2apic = false;
}

/* SMI, NMI, what is reserved, ExtINT: refused, and logged. */
static void test_refused(void **state)
{
	static const uint8_t modes[] = {2, 3, 4, 7};

	(void)state;
	for (unsigned i = 0; i < COUNT(modes); i++) {
		send(1, 0x84030u | (uint32_t)modes[i] << 8, 0);
		assert_int_equal(sents, 0);
		assert_non_null(strstr(logged, " refused"));
	}
	assert_all_wait();
}

/* SDM table 10-1: real mode, at the page that the IPI names.  Others go on waiting. */
static void test_startup(void **state)
{
	(void)state;
	send(0, 0x4677, 0x22000000); /* the hook loses it */
	assert_all_wait();
	send(0, 0x4612, 0x21000000);
	wait_for(&entries[1], 1);
	assert_string_equal(logged, "startup 0 0x4612 0x21000000");
	assert_segment(&starts[1].code, 0x1200, 0x9b, 0xffff, 0x12000);
	assert_segment(&starts[1].data, 0, 0x93, 0xffff, 0);
	assert_int_equal(starts[1].cr0, CR0_ET);
	assert_int_equal(starts[1].rip, 0);
	assert_int_equal(LOAD(vcpu(1)->startup), STARTUP_NONE);
	assert_int_equal(LOAD(vcpu(2)->startup), STARTUP_INIT);
	assert_int_equal(sents, 0);
	send(0, 0x4634, 0x21000000); /* one that runs ignores it */
	assert_int_equal(LOAD(vcpu(1)->startup), STARTUP_NONE);
	assert_int_equal(entries[1], 1);
}

/* 11.6.1: an INIT, by an NMI for the processor of one that runs; not if it only deasserts. */
static void test_init(void **state)
{
	(void)state;
	send(0, 0x8500, 0x21000000);
	assert_int_equal(sents, 0);
	assert_int_equal(LOAD(vcpu(1)->startup), STARTUP_NONE);
	send(0, 0x4500, 0x22000000); /* it waits already: no NMI */
	assert_int_equal(sents, 0);
	send(0, 0xc500, 0x21000000);
	assert_int_equal(sents, 1);
	assert_int_equal(sent[0].command, NMI);
	assert_int_equal(sent[0].to, 0x21);
	assert_string_equal(logged, "init 0 0xc500 0x21000000");
	assert_int_equal(LOAD(vcpu(1)->startup), STARTUP_INIT);
	send(0, 0x46ff, 0x21000000);
	wait_for(&entries[1], 2);
	assert_int_equal(starts[1].code.base, 0xff000);
	send(1, 0x44500, 0); /* to itself: it needs no NMI */
	assert_int_equal(sents, 0);
	assert_int_equal(LOAD(vcpu(1)->startup), STARTUP_INIT);
}

/* One that has halted waits for an INIT, and only then for a start-up IPI. */
static void test_halted(void **state)
{
	(void)state;
	send(0, 0x4601, 0x23000000);
	wait_for(&entries[3], 1);
	send(0, 0x4602, 0x23000000);
	assert_int_equal(LOAD(vcpu(3)->startup), STARTUP_NONE);
	assert_int_equal(entries[3], 1);
	send(0, 0x4500, 0x23000000);
	send(0, 0x4603, 0x23000000);
	wait_for(&entries[3], 2);
	assert_int_equal(starts[3].code.base, 0x3000);
}

static volatile bool awake;

static void *await_kick(void *unused)
{
	(void)unused;
	awake = vcpus_await_kick((struct vcpu *)vcpu(0));
	STORE(finished, 1);
	return NULL;
}

/* A kick before the wait, or during it; several are one. */
static void test_kick(void **state)
{
	struct vcpu *v = (struct vcpu *)vcpu(0);

	(void)state;
	assert_false(vcpus_take_kick(v));
	vcpus_kick(0);
	vcpus_kick(0);
	vcpus_kick(1);
	assert_true(vcpus_await_kick(v));
	assert_false(vcpus_take_kick(v));
	start_thread(await_kick, 0);
	usleep(20000);
	assert_int_equal(LOAD(finished), 0);
	vcpus_kick(0);
	wait_for(&finished, 1);
	assert_true(awake);
	STORE(v->stopped, true);
	assert_false(vcpus_await_kick(v));
	STORE(v->stopped, false);
	STORE(v->startup, STARTUP_INIT);
	vcpus_kick(0);
	assert_false(vcpus_await_kick(v));
	assert_true(vcpus_take_kick(v));
	STORE(v->startup, STARTUP_NONE);
	STORE(finished, 0);
}

/* An NMI in the host matters only between vcpu->entered and the guest. */
static void test_nmi(void **state)
{
	(void)state;
	vcpus_nmi();
	assert_int_equal(kicks, 0);
	vcpu(0)->entered = true;
	vcpus_nmi();
	assert_int_equal(kicks, 1);
	vcpu(0)->entered = false;
}

/* The first that ends stops the others. */
static void test_end(void **state)
{
	(void)state;
	end_reason[2] = "for a test";
	send(0, 0x4605, 0x22000000);
	wait_for(&finished, 3);
	assert_int_equal(nmis_for_others, 1);
	for (unsigned id = 0; id < VCPUS; id++) {
		assert_int_equal(vcpu(id)->stopped, id != 2);
		assert_int_equal(cpus[id].silent, id != 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot),    cmocka_unit_test(test_physical),
		cmocka_unit_test(test_logical), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_startup), cmocka_unit_test(test_init),
		cmocka_unit_test(test_halted),  cmocka_unit_test(test_nmi),
		cmocka_unit_test(test_kick),    cmocka_unit_test(test_end),
	};

	for (unsigned id = 0; id < VCPUS; id++)
		cpus[id] = (struct cpu){.id = id, .silent = true};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
