/* SPDX-License-Identifier: GPL-2.0-only */
/* The text screen of a PC, mode 3 of the VGA: firmware and boot loaders leave it on. */
#ifndef LIB_VGA_H
#define LIB_VGA_H

#include <stddef.h>
#include <stdint.h>

/* Its memory.  What is shown is in the first page. */
#define VGA_TEXT     UINT64_C(0xb8000)
#define VGA_TEXT_END UINT64_C(0xc0000)

#define VGA_COLUMNS 80
#define VGA_LINES   25

/* In bytes: a cell has a character (code page 437) and, after it, an attribute. */
#define VGA_SCREEN_SIZE (VGA_LINES * VGA_COLUMNS * sizeof(uint16_t))

/* Uses the screen at @memory, of VGA_SCREEN_SIZE bytes.  What it shows scrolls up. */
void vga_init(volatile uint64_t *memory);

/*
 * Writes and shows @n bytes on the last line, from where they scroll up.  A newline ends the line,
 * and an 81st character begins a new one; every other byte is shown as a character.
 */
void vga_write(const char *text, size_t n);

#endif
