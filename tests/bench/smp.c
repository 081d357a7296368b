/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures echo calls of all vCPUs at once, through one site. */
#include "parallel.h"
#include "setup.h"

#define NAME "bench.smp"

void main(void);

/* The arguments are whatever the registers hold: the host does the same work for any. */
static void call(void *entry)
{
	for (uint64_t n = parallel_options.calls; n; n--) {
		uint64_t rax = parallel_options.echo;

		__asm__ volatile("call *%1" : "+a"(rax) : "r"(entry) : "memory");
	}
}

void main(void)
{
	static struct tap tap;
	struct site site = bench_start(&tap, NAME);

	parallel_start();
	parallel_measure(call, (void *)site.entry);
	bench_pass(&tap, NAME);
}
