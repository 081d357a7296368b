/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/console.h"

#include "lib/boot.h"
#include "lib/framebuffer.h"
#include "lib/serial.h"
#include "lib/string.h"
#include "lib/vga.h"
#include "x86/insn.h"
#include "x86/paging.h"

/* Of Bochs and QEMU; reads as its own number if it is there. */
#define DEBUG_CONSOLE 0xe9

static bool debug_console;
static void (*write_screen)(const char *text, size_t n); /* NULL: the screen is off */

/* Text comes in small pieces, and the UART takes full bursts. */
static char buffer[512];
static size_t used;

void console_init(uint16_t serial_port, bool debug_copy)
{
	serial_init(serial_port);
	write_screen = NULL;
	debug_console = debug_copy && inb(DEBUG_CONSOLE) == DEBUG_CONSOLE;
}

void console_use_screen(void)
{
	const struct boot_framebuffer *pixels = &boot_info.framebuffer;
	uint64_t size;

	if (write_screen)
		return;
	size = framebuffer_size(pixels);
	/* Not cached.  The MTRRs say so, but a hypervisor may ignore them. */
	if (size) {
		framebuffer_init(paging_map_device(pixels->address, size), pixels);
		write_screen = framebuffer_write;
	} else {
		paging_map(VGA_TEXT, VGA_TEXT, PAGE_RW | PTE_PCD);
		vga_init((volatile uint64_t *)VGA_TEXT);
		write_screen = vga_write;
	}
}

bool console_on_screen(void)
{
	return write_screen;
}

static void write_debug_console(const char *text, size_t n)
{
	while (n--)
		outb(DEBUG_CONSOLE, (uint8_t)*text++);
}

void console_flush(void)
{
	size_t n = used;
	bool heard;

	serial_pass_checkpoint();
	used = 0; /* before the output, for a checkpoint in it may not return */
	if (!n)
		return;
	heard = serial_write(buffer, n) || debug_console;
	if (debug_console)
		write_debug_console(buffer, n);
	if (!heard)
		console_use_screen();
	if (write_screen)
		write_screen(buffer, n);
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
