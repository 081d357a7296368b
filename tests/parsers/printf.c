/* SPDX-License-Identifier: GPL-2.0-only */
/* format() against the C library's snprintf(): one conversion of any flags and width. */
#include "lib/printf.h"

#include "parser.h"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static const char *pick(struct input *in, const char *const *of, unsigned n)
{
	uint8_t which;

	take(in, &which, 1);
	return of[which % n];
}
#define PICK(in, of) pick(in, of, sizeof(of) / sizeof(of[0]))

/* Both, to the same size; the texts and the lengths are to be the same. */
#define COMPARE(...)                                             \
	do {                                                     \
		char ours[80], libc[80];                         \
		int n = format(ours, size, __VA_ARGS__);         \
		REQUIRE(n == snprintf(libc, size, __VA_ARGS__)); \
		REQUIRE(!size || !strcmp(ours, libc));           \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static const char *const flags[] = {"", "0", "#", "#0"},
				 *const widths[] = {"", "1", "9", "20"}, *const sizes[] = {"", "l"},
				 *const conversions[] = {"d", "u", "x"};
	struct input in = {data, length};
	const char *flag = PICK(&in, flags), *width = PICK(&in, widths);
	const char *kind = PICK(&in, sizes), *conversion = PICK(&in, conversions);
	char fmt[40], text[24];
	uint64_t value;
	uint8_t byte;
	size_t size;

	take(&in, &value, sizeof(value));
	take(&in, &byte, 1);
	size = byte % 80;
	take(&in, text, sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	if (*flag == '#' && strchr("du", *conversion))
		flag = ""; /* undefined for them */
	snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s>", flag, width, kind, conversion);
	if (*kind)
		COMPARE(fmt, value);
	else
		COMPARE(fmt, (unsigned)value);
	snprintf(fmt, sizeof(fmt), "<%%%ss>%%%%", width);
	COMPARE(fmt, text);
	return 0;
}
