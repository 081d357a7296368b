/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/number.h"

#include <stdbool.h>

/* The value of a digit of any base up to 16; 16 for other characters. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool parse_u64(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && text[1] == 'x';
	unsigned base = hex ? 16 : 10;
	uint64_t sum = 0;

	if (hex)
		text += 2;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned digit = digit_value(*text);

		if (digit >= base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	return true;
}
