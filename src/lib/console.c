/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/console.h"

#include "lib/serial.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/trap.h"

/* Bochs and QEMU: reads as its own number where a debug console is there. */
#define DEBUG_CONSOLE 0xe9

static bool debug_console;

/* Full bursts for the UART: what is written comes in small pieces. */
static char buffer[512];
static size_t used;

void console_init(uint16_t serial_port, bool debug_copy)
{
	serial_init(serial_port);
	debug_console = debug_copy && inb(DEBUG_CONSOLE) == DEBUG_CONSOLE;
}

static void write_debug_console(const char *text, size_t n)
{
	while (n--)
		outb(DEBUG_CONSOLE, (uint8_t)*text++);
}

void console_flush(void)
{
	size_t n = used;

	stray_check();
	used = 0; /* first: a stray may end this here */
	if (!n)
		return;
	serial_write(buffer, n);
	if (debug_console)
		write_debug_console(buffer, n);
}

void console_write(const char *text, size_t n)
{
	while (n > sizeof(buffer) - used) {
		size_t part = sizeof(buffer) - used;

		memcpy(buffer + used, text, part);
		used += part;
		text += part;
		n -= part;
		console_flush();
	}
	memcpy(buffer + used, text, n);
	used += n;
}
