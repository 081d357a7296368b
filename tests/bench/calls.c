/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a null hypercall costs, in the time stamp counter's units: under QEMU's -icount
 * shift=0 these are instructions, the host's included.  Prints "# call INDEX COST" lines.
 */
#include <stddef.h>

#include "abi/kvm_para.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/panic.h"
#include "lib/serial.h"
#include "para.h"
#include "x86/cpu.h"

#define ROUNDS 16

void main(void);

/* Both read the counter, load RAX with @index, and read the counter; one calls @entry in between. */
static uint64_t empty_pair(uint64_t index)
{
	uint64_t start, end, high;

	__asm__ volatile("rdtsc\n\t"
			 "mov %%rax, %0\n\t"
			 "mov %3, %%rax\n\t"
			 "rdtsc"
			 : "=&r"(start), "=&a"(end), "=&d"(high)
			 : "r"(index));
	return end - start;
}

static uint64_t call_pair(uint64_t index, uint64_t entry)
{
	uint64_t start, end, high;

	__asm__ volatile("rdtsc\n\t"
			 "mov %%rax, %0\n\t"
			 "mov %3, %%rax\n\t"
			 "call *%4\n\t"
			 "rdtsc"
			 : "=&r"(start), "=&a"(end), "=&d"(high)
			 : "r"(index), "r"(entry)
			 : "memory");
	return end - start;
}

static void measure(uint64_t index, uint64_t entry)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t cost = call_pair(index, entry) - empty_pair(index);

		if (cost < least)
			least = cost;
	}
	tap_diag("call %#lx %lu", index, least);
}

void main(void)
{
	static struct tap tap;
	struct kvm_vcpu_para_state *state;
	struct outcome outcome;
	struct site site;

	cpu_init();
	panic_init(&tap);
	console_init(SERIAL_COM1, false);
	tap_start(&tap);
	if (!para_init())
		panic("no memory");
	para_reset();
	site = para_site(PAGE_SITE_A, 0);
	state = para_state(PAGE_STATE_A);
	state->guest_version = KVM_PARA_API_VERSION;
	state->hypercall_gpa = site.gpa;
	para_wrmsr(MSR_KVM_API_MAGIC, para_gpa(PAGE_STATE_A), &outcome);
	if (outcome.faulted || !site_patched(&site))
		panic("no host: wanted the site patched");
	tap_plan(&tap, 1, NULL);
	measure(0, site.entry);
	measure(1, site.entry);
	measure(UINT64_C(0x8000000000000000), site.entry);
	tap_ok(&tap, "bench.calls");
	tap_result(&tap, VERDICT_PASS);
	machine_exit(EXIT_CODE(VERDICT_PASS), false);
}
