/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/config.h"

#include <stddef.h>

#include "lib/cmdline.h"
#include "lib/number.h"
#include "lib/serial.h"
#include "lib/string.h"

#define DEFAULT_MEMORY 16
#define NO_ECHO        UINT64_MAX

/* The guest has a UART's eight ports as they are.  Outside of these limits it cannot have one. */
#define SERIAL_MIN 0x100
#define SERIAL_MAX 0xfff8

#define FLAG(variable) .kind = OPTION_FLAG, .flag = &(variable)
#define CHOICE(variable, words, text) \
	.kind = OPTION_CHOICE, .choice = &(variable), .choices = (words), .wanted = (text)
#define NUMBER(variable, low, high, text) \
	.kind = OPTION_NUMBER, .number = &(variable), .min = (low), .max = (high), .wanted = (text)

struct config config;

bool config_parse(char *line, const char *const *fault_names, char *error)
{
	static const char *const personalities[] = {"header", "linux2007", NULL};
	static const char *const logs[] = {"none", "events", "calls", NULL};
	static const char *const switches[] = {"off", "on", NULL};
	static struct option table[] = {
		{.name = "fault", CHOICE(config.fault, NULL, "a name that 'faults' lists")},
		{.name = "abi", .kind = OPTION_TEXT, .text = &config.abi, .wanted = "NAME,..."},
		{.name = "mem", NUMBER(config.memory, 4, 960, "the guest's memory, 4 to 960 MiB")},
		{.name = "personality",
		 CHOICE(config.personality, personalities, "header|linux2007")},
		{.name = "log", CHOICE(config.log, logs, "none|events|calls")},
		{.name = "cpus", NUMBER(config.cpus, 1, 255, "a number of vCPUs from 1 to 255")},
		{.name = "api-version",
		 NUMBER(config.api_version, 1, UINT32_MAX, "a version from 1 to 0xffffffff")},
		{.name = "features", NUMBER(config.features, 0, UINT32_MAX, "a mask of 32 bits")},
		{.name = "base",
		 NUMBER(config.base, 0x40000000, 0x4000ff00,
			"a leaf from 0x40000000 to 0x4000ff00")},
		{.name = "enforce", CHOICE(config.enforce, switches, "on|off")},
		{.name = "quirk", CHOICE(config.quirk, switches, "on|off")},
		{.name = "kvm-echo",
		 NUMBER(config.kvm_echo, 16, 0x7fffffff, "an index from 16 to 0x7fffffff")},
		{.name = "faults", FLAG(config.faults)},
		{.name = "vga", FLAG(config.vga)},
		{.name = "checksum", FLAG(config.checksum)},
		{.name = "echo", /* the limits are those of the guest's option */
		 NUMBER(config.echo, 2, 0x7fffffff, "an index from 2 to 0x7fffffff")},
		{.name = "pageout",
		 NUMBER(config.pageout, 0x100, 0xfffc, "an I/O port from 0x100")},
		{.name = "serial",
		 NUMBER(config.serial, SERIAL_MIN, SERIAL_MAX, "a UART's I/O port from 0x100")},
	};
	const char *image;

	table[0].choices = fault_names;
	config = (struct config){.memory = DEFAULT_MEMORY,
				 .log = LOG_EVENTS,
				 .api_version = 1,
				 .echo = NO_ECHO,
				 .features = UINT32_MAX,
				 .base = 0x40000000,
				 .enforce = true,
				 .kvm_echo = NO_ECHO};
	if (!cmdline_parse(line, table, sizeof(table) / sizeof(table[0]), &image, error))
		return false;
	config.has_echo = config.echo != NO_ECHO;
	config.has_kvm_echo = config.kvm_echo != NO_ECHO;
	return true;
}

/*
 * The port in a word serial=PORT; SERIAL_ANY if it is another word or not a port.  That is no
 * error: the guest may be one that means something else by it.
 */
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
			config.serial = port; /* the last one counts, as in the guest */
		line += length + (line[length] != '\0');
	}
}
