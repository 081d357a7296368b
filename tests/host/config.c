/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include <stddef.h>

#include "lib/cmdline.h"

#define DEFAULT_MEMORY 16
#define NO_ECHO        UINT64_MAX

const struct fault_description faults[FAULT_COUNT] = {
#define X(symbol, name, rule, what) {name, rule, what},
	FAULTS(X)
#undef X
};

struct config config;

bool config_parse(char *line, char *error)
{
	static const char *const personalities[] = {"header", "linux2007", NULL};
	static const char *const logs[] = {"none", "events", "calls", NULL};
	static const char *const fault_names[] = {
#define X(symbol, name, rule, what) name,
		FAULTS(X)
#undef X
			NULL,
	};
	static const struct option table[] = {
		{.name = "mem",
		 .kind = OPTION_NUMBER,
		 .number = &config.memory,
		 .min = 4,
		 .max = 960,
		 .wanted = "the guest's memory, 4 to 960 MiB"},
		{.name = "personality",
		 .kind = OPTION_CHOICE,
		 .choices = personalities,
		 .choice = &config.personality,
		 .wanted = "header|linux2007"},
		{.name = "log",
		 .kind = OPTION_CHOICE,
		 .choices = logs,
		 .choice = &config.log,
		 .wanted = "none|events|calls"},
		{.name = "fault",
		 .kind = OPTION_CHOICE,
		 .choices = fault_names,
		 .choice = &config.fault,
		 .wanted = "a name that 'faults' lists"},
		{.name = "cpus",
		 .kind = OPTION_NUMBER,
		 .number = &config.cpus,
		 .min = 1,
		 .max = 255,
		 .wanted = "a number of vCPUs from 1 to 255"},
		{.name = "faults", .kind = OPTION_FLAG, .flag = &config.faults},
		{.name = "vga", .kind = OPTION_FLAG, .flag = &config.vga},
		{.name = "echo",
		 .kind = OPTION_NUMBER,
		 .number = &config.echo,
		 .min = 2, /* as the guest's option */
		 .max = 0x7fffffff,
		 .wanted = "an index from 2 to 0x7fffffff"},
	};
	const char *image;

	config = (struct config){.memory = DEFAULT_MEMORY, .log = LOG_EVENTS, .echo = NO_ECHO};
	if (!cmdline_parse(line, table, sizeof(table) / sizeof(table[0]), &image, error))
		return false;
	config.has_echo = config.echo != NO_ECHO;
	config.slow_calls = config.log == LOG_CALLS || config.fault != FAULT_NONE;
	return true;
}
