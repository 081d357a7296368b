/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures exits of today's KVM ABI in units of the time stamp counter: under QEMU's -icount
 * shift=0 these are instructions, of both vCPUs and the host; under Bochs those of one processor.
 * Prints "# exit WHAT COST" lines.  It needs two vCPUs.
 */
#include <stdbool.h>

#include "abi/kvm.h"
#include "guest/vcpu.h"
#include "guest/vendor.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "setup.h"
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/smp.h"

#define NAME   "bench.exits"
#define ROUNDS 1000
#define VECTOR (APIC_VECTOR + 1)

void main(void);

static uint8_t clock[32] __attribute__((aligned(64)));
static volatile uint32_t eoi_word;
static volatile unsigned came, woken;
static bool amd, ended;

static uint64_t call(uint64_t index, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	uint64_t rax = index;

	if (amd)
		__asm__ volatile("vmmcall"
				 : "+a"(rax)
				 : "b"(a0), "c"(a1), "d"(a2), "S"(a3)
				 : "memory");
	else
		__asm__ volatile("vmcall"
				 : "+a"(rax)
				 : "b"(a0), "c"(a1), "d"(a2), "S"(a3)
				 : "memory");
	return rax;
}

static void write_clock(void)
{
	wrmsr(KVM_MSR_SYSTEM_TIME, (uint64_t)clock | KVM_MSR_ENABLED);
}

static void send_to(unsigned id)
{
	if (call(KVM_HC_SEND_IPI, 1, 0, smp_cpu(id)->apic_id, VECTOR) != 1)
		panic("an IPI by a call: wanted one vCPU");
}

/* It waits there, for the other vCPU has interrupts off. */
static void send(void)
{
	send_to(1);
}

static void take(void)
{
	const unsigned before = came;

	send_to(0);
	while (came == before)
		;
}

static void kick(void)
{
	const unsigned before = woken;

	call(KVM_HC_KICK_CPU, 0, smp_cpu(1)->apic_id, 0, 0);
	while (woken == before)
		cpu_relax();
}

static void end_interrupt(unsigned vector)
{
	bool was_offered;

	(void)vector;
	came++;
	__asm__ volatile("btrl $0, %0" : "+m"(eoi_word), "=@ccc"(was_offered));
	if (!was_offered)
		apic_end_of_interrupt();
}

/* Returns what one costs, without @less of it. */
static uint64_t measure(const char *what, void (*once)(void), uint64_t less)
{
	uint64_t start, cost;

	once(); /* warms up */
	start = rdtsc();
	for (unsigned n = ROUNDS; n; n--)
		once();
	cost = (rdtsc() - start) / ROUNDS - less;
	tap_diag("exit %s %lu", what, cost);
	return cost;
}

static void measure_all(void)
{
	uint64_t sent;

	measure("clock", write_clock, 0);
	sent = measure("ipi", send, 0);
	measure("kick", kick, 0);
	this_vcpu()->on_interrupt = end_interrupt;
	interrupts_on();
	measure("eoi", take, sent);
	wrmsr(KVM_MSR_PV_EOI_EN, (uint64_t)&eoi_word | KVM_MSR_ENABLED);
	measure("pv-eoi", take, sent);
	wrmsr(KVM_MSR_PV_EOI_EN, 0);
	interrupts_off();
}

static void sleep_until_the_end(void)
{
	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		__asm__ volatile("hlt" : : : "memory");
		woken++;
	}
}

static void run(void *unused)
{
	(void)unused;
	if (this_cpu()->id) {
		sleep_until_the_end();
		return;
	}
	measure_all();
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	kick();
}

void main(void)
{
	static struct tap tap;

	bench_boot(&tap, NAME);
	amd = vendor_by_name() == VENDOR_AMD;
	if (processors_start(PAGING_WINDOW_END, 2, false) != 2)
		panic("wanted two vCPUs, got one");
	if (smp_run(run, NULL))
		panic("a vCPU did not come back");
	bench_pass(&tap, NAME);
}
