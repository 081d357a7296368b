/* SPDX-License-Identifier: GPL-2.0-only */
/* The command lines of guest and host: any bytes give options, or a message that can be printed. */
#include "guest/options.h"

#include "host/config.h"
#include "lib/cmdline.h"
#include "parser.h"

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

/* As multiboot.c has it: terminated, and no longer than its own bytes. */
static char *copy(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);

	memcpy(line, data, size);
	line[size] = 0;
	return line;
}

static bool lies_in(const char *text, const char *line, size_t size)
{
	return !text || (text >= line && text + strlen(text) <= line + size);
}

static void parse_options(const uint8_t *data, size_t size)
{
	char *line = copy(data, size), error[CMDLINE_ERROR_MAX] = "";
	struct options o;

	memset(error, 'x', sizeof(error));
	if (options_parse(line, &o, error)) {
		REQUIRE(lies_in(o.image, line, size));
		REQUIRE(lies_in(o.only, line, size) && lies_in(o.skip, line, size));
		REQUIRE(o.cpus <= 255 && o.echo_calls >= 1 && o.serial <= 0xfff8);
	} else {
		REQUIRE(memchr(error, 0, sizeof(error)) && *error && is_printable(error));
	}
	free(line);
}

static void parse_config(const uint8_t *data, size_t size)
{
	static const char *const faults[] = {"none", "call-rbx", "version-0", NULL};
	char *line = copy(data, size), error[CMDLINE_ERROR_MAX];

	memset(error, 'x', sizeof(error));
	if (!config_parse(line, faults, error))
		REQUIRE(memchr(error, 0, sizeof(error)) && *error && is_printable(error));
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	parse_options(data, size);
	parse_config(data, size);
	return 0;
}
