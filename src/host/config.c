/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/config.h"

#include <stddef.h>

#include "lib/cmdline.h"
#include "lib/number.h"
#include "lib/serial.h"
#include "lib/string.h"

#define DEFAULT_MEMORY 16
#define NO_ECHO        UINT64_MAX

/* The guest gets a UART's ports as they are: below, and right at the end, there are none. */
#define SERIAL_MIN 0x100
#define SERIAL_MAX 0xfff8

struct config config;

bool config_parse(char *line, const char *const *fault_names, char *error)
{
	static const char *const personalities[] = {"header", "linux2007", NULL};
	static const char *const logs[] = {"none", "events", "calls", NULL};
	static struct option table[] = {
		{.name = "fault",
		 .kind = OPTION_CHOICE,
		 .choice = &config.fault,
		 .wanted = "a name that 'faults' lists"},
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
		{.name = "serial",
		 .kind = OPTION_NUMBER,
		 .number = &config.serial,
		 .min = SERIAL_MIN,
		 .max = SERIAL_MAX,
		 .wanted = "a UART's I/O port from 0x100"},
	};
	const char *image;

	table[0].choices = fault_names;
	config = (struct config){.memory = DEFAULT_MEMORY, .log = LOG_EVENTS, .echo = NO_ECHO};
	if (!cmdline_parse(line, table, sizeof(table) / sizeof(table[0]), &image, error))
		return false;
	config.has_echo = config.echo != NO_ECHO;
	return true;
}

/* The value of the word at @line if it is a port's name; a guest of another kind may mean something else. */
static uint64_t serial_of(const char *word, size_t length)
{
	static const char name[] = "serial=";
	char value[16];
	uint64_t port;

	if (length < sizeof(name) || length - (sizeof(name) - 1) >= sizeof(value) ||
	    memcmp(word, name, sizeof(name) - 1))
		return SERIAL_ANY;
	length -= sizeof(name) - 1;
	memcpy(value, word + sizeof(name) - 1, length);
	value[length] = '\0';
	if (!parse_u64(value, &port) || port < SERIAL_MIN || port > SERIAL_MAX)
		return SERIAL_ANY;
	return port;
}

void config_take_serial(const char *line)
{
	bool named = config.serial != SERIAL_ANY;

	while (!named && *line) {
		size_t length = 0;
		uint64_t port;

		while (line[length] && line[length] != ' ' && line[length] != '\t')
			length++;
		port = serial_of(line, length);
		if (port != SERIAL_ANY)
			config.serial = port; /* the last one, as in the guest */
		line += length + (line[length] != '\0');
	}
}
