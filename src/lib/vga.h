/* SPDX-License-Identifier: GPL-2.0-only */
/* The text screen of a PC: mode 3 of the VGA, as firmware and boot loaders leave it. */
#ifndef LIB_VGA_H
#define LIB_VGA_H

#include <stddef.h>
#include <stdint.h>

/* Where it is, and where its memory ends; one page holds what is shown. */
#define VGA_TEXT     UINT64_C(0xb8000)
#define VGA_TEXT_END UINT64_C(0xc0000)

#define VGA_COLUMNS 80
#define VGA_LINES   25

/* A cell: the character (code page 437), and above it the attribute. */
#define VGA_SCREEN_SIZE (VGA_LINES * VGA_COLUMNS * sizeof(uint16_t))

/* Takes over the screen at @memory, VGA_SCREEN_SIZE bytes, with what it shows. */
void vga_init(volatile uint64_t *memory);

/*
 * Writes @n bytes, and shows them: on the last line, from which they scroll up.  A newline ends a
 * line, and so does its 81st character; all others are shown as they are.
 */
void vga_write(const char *text, size_t n);

#endif
