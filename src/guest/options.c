/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/options.h"

#include "lib/cmdline.h"
#include "lib/serial.h"

#define NO_ECHO            UINT64_MAX
#define DEFAULT_ECHO_CALLS 200

bool options_parse(char *line, struct options *options, char *error)
{
	static struct options o; /* where a constant table can point to */
	static const struct option table[] = {
		{.name = "list", .kind = OPTION_FLAG, .flag = &o.list},
		{.name = "require", .kind = OPTION_FLAG, .flag = &o.require},
		{.name = "strict", .kind = OPTION_FLAG, .flag = &o.strict},
		{.name = "trace", .kind = OPTION_FLAG, .flag = &o.trace},
		{.name = "vga", .kind = OPTION_FLAG, .flag = &o.vga},
		{.name = "reset", .kind = OPTION_FLAG, .flag = &o.reset},
		{.name = "only", .kind = OPTION_TEXT, .text = &o.only, .wanted = "GLOB,..."},
		{.name = "skip", .kind = OPTION_TEXT, .text = &o.skip, .wanted = "GLOB,..."},
		{.name = "seed",
		 .kind = OPTION_NUMBER,
		 .number = &o.seed,
		 .min = 1,
		 .max = UINT64_MAX,
		 .wanted = "a number from 1"},
		{.name = "serial",
		 .kind = OPTION_NUMBER,
		 .number = &o.serial,
		 .min = 1,
		 .max = 0xfff8,
		 .wanted = "an I/O port"},
		{.name = "echo",
		 .kind = OPTION_NUMBER,
		 .number = &o.echo,
		 .min = 2, /* no index that a check takes for undefined */
		 .max = 0x7fffffff,
		 .wanted = "an index from 2 to 0x7fffffff"},
		{.name = "echo-calls",
		 .kind = OPTION_NUMBER,
		 .number = &o.echo_calls,
		 .min = 1,
		 .max = 1000000,
		 .wanted = "a number of calls up to 1000000"},
		{.name = "cpus",
		 .kind = OPTION_NUMBER,
		 .number = &o.cpus,
		 .min = 1,
		 .max = 255, /* SMP_MAX */
		 .wanted = "a number of processors up to 255"},
	};
	bool parsed;

	o = (struct options){
		.serial = SERIAL_ANY,
		.echo = NO_ECHO,
		.echo_calls = DEFAULT_ECHO_CALLS,
	};
	parsed = cmdline_parse(line, table, sizeof(table) / sizeof(table[0]), &o.image, error);
	o.has_echo = o.echo != NO_ECHO;
	*options = o;
	return parsed;
}
