/* SPDX-License-Identifier: GPL-2.0-only */
/* Not in console.c, for hosted tests have another console. */
#include "lib/console.h"

#include <stdarg.h>

#include "lib/printf.h"

void print(const char *fmt, ...)
{
	char line[CONSOLE_LINE_MAX];
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = vformat(line, sizeof(line), fmt, args);
	va_end(args);
	console_write(line, n < sizeof(line) ? n : sizeof(line) - 1);
}
