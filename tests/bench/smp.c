/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures echo calls of all vCPUs at once, through one site.  Prints "# go", and after the last
 * call "# smp VCPUS CALLS TICKS": the number of calls of all vCPUs, and the time in units of the
 * time stamp counter; under QEMU's -icount shift=0 these are instructions, of all vCPUs and the
 * host.
 *
 *   cpus=N echo=INDEX  the same as the guest's options
 *   calls=N            how many calls each vCPU makes
 */
#include <stddef.h>

#include "lib/boot.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "lib/serial.h"
#include "setup.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/smp.h"

#define NAME "bench.smp"

void main(void);

static struct {
	uint64_t cpus, echo, calls;
} options = {.calls = 1000};

static void parse_options(void)
{
	static bool fresh, require; /* the runner passes these to every guest */
	static uint64_t kvm_echo, pageout;
	const struct option table[] = {
		{.name = "fresh", .kind = OPTION_FLAG, .flag = &fresh},
		{.name = "require", .kind = OPTION_FLAG, .flag = &require},
		{.name = "kvm-echo",
		 .kind = OPTION_NUMBER,
		 .number = &kvm_echo,
		 .max = UINT64_MAX,
		 .wanted = "an index"},
		{.name = "pageout",
		 .kind = OPTION_NUMBER,
		 .number = &pageout,
		 .max = UINT64_MAX,
		 .wanted = "a port"},
		{.name = "cpus",
		 .kind = OPTION_NUMBER,
		 .number = &options.cpus,
		 .max = SMP_MAX,
		 .wanted = "a number of vCPUs"},
		{.name = "echo",
		 .kind = OPTION_NUMBER,
		 .number = &options.echo,
		 .max = UINT64_MAX,
		 .wanted = "an index"},
		{.name = "calls",
		 .kind = OPTION_NUMBER,
		 .number = &options.calls,
		 .max = UINT64_MAX,
		 .wanted = "a number of calls"},
	};
	char error[CMDLINE_ERROR_MAX];
	const char *image;

	if (!cmdline_parse(boot_info.cmdline, table, sizeof(table) / sizeof(table[0]), &image,
			   error))
		panic("%s", error);
}

/* The arguments are whatever the registers hold: the host does the same work for any. */
static void call(void *entry)
{
	for (uint64_t n = options.calls; n; n--) {
		uint64_t rax = options.echo;

		__asm__ volatile("call *%1" : "+a"(rax) : "r"(entry) : "memory");
	}
}

void main(void)
{
	static struct tap tap;
	struct site site = bench_start(&tap, NAME);
	uint64_t start;
	unsigned n;

	parse_options();
	n = processors_start(PAGING_WINDOW_END, (unsigned)options.cpus, false);
	if (options.cpus && n != options.cpus)
		panic("wanted %lu vCPUs, got %u", options.cpus, n);
	smp_run(call, (void *)site.entry); /* warms up */
	tap_diag("go");
	console_flush();
	serial_flush();
	start = rdtsc();
	if (smp_run(call, (void *)site.entry))
		panic("a vCPU did not come back");
	tap_diag("smp %u %lu %lu", n, n * options.calls, rdtsc() - start);
	bench_pass(&tap, NAME);
}
