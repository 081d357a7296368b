/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures a null hypercall in units of the time stamp counter: under QEMU's -icount shift=0 these
 * are instructions, of guest and host.  Prints "# call INDEX COST" lines.
 */
#include "setup.h"

#define NAME   "bench.calls"
#define ROUNDS 16

void main(void);

/* Both read the counter, load RAX with @index, read the counter; call_pair() also calls @entry. */
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
	struct site site = bench_start(&tap, NAME);

	measure(0, site.entry);
	measure(1, site.entry);
	measure(UINT64_C(0x8000000000000000), site.entry);
	bench_pass(&tap, NAME);
}
