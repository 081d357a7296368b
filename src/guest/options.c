/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/options.h"

#include "lib/cmdline.h"
#include "lib/serial.h"
#include "x86/smp.h"

#define NO_ECHO            UINT64_MAX
#define DEFAULT_ECHO_CALLS 51 /* who breaks every fiftieth is found */
#define DEFAULT_WAITS      100
#define SERIAL_MAX         (0x10000 - SERIAL_SIZE)

bool options_parse(char *line, struct options *options, char *error)
{
	static struct options o; /* static, so that the table is constant */
	static const struct option table[] = {
		{"list", NULL, OPTION_FLAG, .flag = &o.list},
		{"strict", NULL, OPTION_FLAG, .flag = &o.strict},
		{"trace", NULL, OPTION_FLAG, .flag = &o.trace},
		{"vga", NULL, OPTION_FLAG, .flag = &o.vga},
		{"reset", NULL, OPTION_FLAG, .flag = &o.reset},
		{"fresh", NULL, OPTION_FLAG, .flag = &o.fresh},
		{"waits", "a number of milliseconds from 10 to 60000", OPTION_NUMBER,
		 .number = &o.waits, .min = 10, .max = 60000},
		{"abi", "NAME,...", OPTION_TEXT, .text = &o.abi},
		{"require", "nothing or NAME,...", OPTION_FLAG_TEXT, .text = &o.require},
		{"only", "GLOB,...", OPTION_TEXT, .text = &o.only},
		{"skip", "GLOB,...", OPTION_TEXT, .text = &o.skip},
		{"seed", "a number from 1", OPTION_NUMBER, .number = &o.seed, .min = 1,
		 .max = UINT64_MAX},
		{"serial", "an I/O port", OPTION_NUMBER, .number = &o.serial, .min = 1,
		 .max = SERIAL_MAX},
		/* Checks use 0 and 1 as indices that are not defined. */
		{"echo", "an index from 2 to 0x7fffffff", OPTION_NUMBER, .number = &o.echo,
		 .min = 2, .max = 0x7fffffff},
		{"echo-calls", "a number of calls up to 1000000", OPTION_NUMBER,
		 .number = &o.echo_calls, .min = 1, .max = 1000000},
		{"kvm-echo", "an index from 16 to 0x7fffffff", OPTION_NUMBER, .number = &o.kvm_echo,
		 .min = 16, .max = 0x7fffffff},
		{"pageout", "an I/O port from 0x100", OPTION_NUMBER, .number = &o.pageout,
		 .min = 0x100, .max = 0xfffc},
		{"cpus", "a number of processors up to 255", OPTION_NUMBER, .number = &o.cpus,
		 .min = 1, .max = SMP_MAX},
	};
	bool parsed;

	o = (struct options){
		.serial = SERIAL_ANY,
		.waits = DEFAULT_WAITS,
		.echo = NO_ECHO,
		.echo_calls = DEFAULT_ECHO_CALLS,
	};
	parsed = cmdline_parse(line, table, sizeof(table) / sizeof(table[0]), &o.image, error);
	o.has_echo = o.echo != NO_ECHO;
	*options = o;
	return parsed;
}
