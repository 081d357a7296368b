/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/console.h"

#include "lib/serial.h"
#include "x86/insn.h"
#include "x86/trap.h"

/* Bochs and QEMU: reads as its own number where a debug console is there. */
#define DEBUG_CONSOLE 0xe9

static bool debug_console;

void console_init(uint16_t serial_port, bool debug_copy)
{
	serial_init(serial_port);
	debug_console = debug_copy && inb(DEBUG_CONSOLE) == DEBUG_CONSOLE;
}

void console_write(const char *text, size_t n)
{
	stray_check();
	serial_write(text, n);
	if (debug_console)
		outsb(DEBUG_CONSOLE, text, n);
}
