/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/log.h"

#include <stdarg.h>

#include "lib/printf.h"
#include "x86/insn.h"

#define DEBUG_CONSOLE 0xe9
#define LINE_MAX      320

static bool heard;
static bool busy; /* a vCPU is writing its line */

void log_init(void)
{
	heard = inb(DEBUG_CONSOLE) == DEBUG_CONSOLE;
}

void log_line(const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	int n;

	if (!heard || config.log == LOG_NONE)
		return;
	va_start(args, fmt);
	n = vformat(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (n > LINE_MAX - 2)
		n = LINE_MAX - 2;
	line[n++] = '\n';
	while (__atomic_test_and_set(&busy, __ATOMIC_ACQUIRE))
		cpu_relax();
	outsb(DEBUG_CONSOLE, line, (uint64_t)n);
	__atomic_clear(&busy, __ATOMIC_RELEASE);
}
