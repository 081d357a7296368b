/* SPDX-License-Identifier: GPL-2.0-only */
/* Where text goes.  An image has one console; hosted tests bring their own. */
#ifndef LIB_CONSOLE_H
#define LIB_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The UART at @serial_port (SERIAL_ANY: the first there is), and if @debug_copy a copy on port 0xe9
 * where a debug console answers there; the VGA's text screen too where neither does.  Images only.
 */
void console_init(uint16_t serial_port, bool debug_copy);

/* The screen as well, until the next console_init(), beginning with what is still to be flushed. */
void console_use_screen(void);

/* Whether the screen is in use: then somebody reads it, and this may be a real machine. */
bool console_on_screen(void);

/* Writes @n bytes, sooner or later: they wait in a buffer. */
void console_write(const char *text, size_t n);

/* Writes what waits. */
void console_flush(void);

/* Formats (printf.h) and writes, at most CONSOLE_LINE_MAX - 1 characters: the rest is cut. */
#define CONSOLE_LINE_MAX 320
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
