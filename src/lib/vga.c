/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text is made in a copy of the screen, which is then written as a whole: reading the screen is
 * slow, and under a hypervisor each access may exit.  No I/O port is used.
 */
#include "lib/vga.h"

#include "lib/string.h"

#define LIGHT_GREY 0x0700u
#define WORDS      (VGA_SCREEN_SIZE / sizeof(uint64_t))

static volatile uint64_t *display;
static union {
	uint16_t cells[VGA_LINES][VGA_COLUMNS];
	uint64_t words[WORDS];
} screen;
static unsigned column; /* in the last line */

static void new_line(void)
{
	uint16_t *last = screen.cells[VGA_LINES - 1];

	memmove(screen.cells[0], screen.cells[1], sizeof(screen) - sizeof(screen.cells[0]));
	for (column = VGA_COLUMNS; column > 0;)
		last[--column] = LIGHT_GREY | ' ';
}

static void put(char c)
{
	if (c == '\n' || column == VGA_COLUMNS)
		new_line();
	if (c != '\n')
		screen.cells[VGA_LINES - 1][column++] = LIGHT_GREY | (uint8_t)c;
}

void vga_init(volatile uint64_t *memory)
{
	display = memory;
	for (size_t i = 0; i < WORDS; i++)
		screen.words[i] = display[i];
	new_line();
}

void vga_write(const char *text, size_t n)
{
	while (n--)
		put(*text++);
	for (size_t i = 0; i < WORDS; i++)
		display[i] = screen.words[i];
}
