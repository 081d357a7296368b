/* SPDX-License-Identifier: GPL-2.0-only */
/* The image's console: UART, debug console, screen.  Hosted tests define their own. */
#ifndef LIB_CONSOLE_H
#define LIB_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes go to the UART at @serial_port (or SERIAL_ANY, serial.h), and if @debug_copy to port 0xe9
 * if a debug console is there.  If there is neither, console_flush() turns the screen on.
 */
void console_init(uint16_t serial_port, bool debug_copy);

/*
 * Writes go to the screen, too, until the next console_init(): to the loader's framebuffer if it
 * can be used (framebuffer.h), else to the VGA's text screen.
 */
void console_use_screen(void);

/* Whether the screen is on.  Then somebody may read it, and this may be a real machine. */
bool console_on_screen(void);

/* Writes @n bytes to a buffer, and flushes it if it is full. */
void console_write(const char *text, size_t n);

void console_flush(void);

/* Formats (printf.h) and writes; what is longer than CONSOLE_LINE_MAX - 1 characters is cut. */
#define CONSOLE_LINE_MAX 320
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
