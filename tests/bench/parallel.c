/* SPDX-License-Identifier: GPL-2.0-only */
#include "parallel.h"

#include <stddef.h>

#include "lib/boot.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "lib/serial.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/smp.h"

#define PIC1_DATA  0x21
#define PIC_MASKED 0xff

struct parallel_options parallel_options = {.calls = 1000};

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
		 .number = &parallel_options.cpus,
		 .max = SMP_MAX,
		 .wanted = "a number of vCPUs"},
		{.name = "echo",
		 .kind = OPTION_NUMBER,
		 .number = &parallel_options.echo,
		 .max = UINT64_MAX,
		 .wanted = "an index"},
		{.name = "calls",
		 .kind = OPTION_NUMBER,
		 .number = &parallel_options.calls,
		 .max = UINT64_MAX,
		 .wanted = "a number of calls"},
	};
	char error[CMDLINE_ERROR_MAX];
	const char *image;

	if (!cmdline_parse(boot_info.cmdline, table, sizeof(table) / sizeof(table[0]), &image,
			   error))
		panic("%s", error);
}

void parallel_start(void)
{
	unsigned n;

	parse_options();
	n = processors_start(PAGING_WINDOW_END, (unsigned)parallel_options.cpus, false);
	if (parallel_options.cpus && n != parallel_options.cpus)
		panic("wanted %lu vCPUs, got %u", parallel_options.cpus, n);
}

void parallel_measure(void (*make_calls)(void *arg), void *arg)
{
	uint64_t start;

	if (inb(PIC1_DATA) != PIC_MASKED)
		panic("the PICs' interrupts are not masked: one that waits would be measured, too");
	smp_run(make_calls, arg);
	tap_diag("go");
	console_flush();
	serial_flush();
	start = rdtsc();
	if (smp_run(make_calls, arg))
		panic("a processor did not come back");
	tap_diag("smp %u %lu %lu", smp_count(), smp_count() * parallel_options.calls,
		 rdtsc() - start);
}
