/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatting into a buffer: the part of C11 7.21.6.1 that the images use, and no more of it. */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * snprintf() with %d %u %x %c %s %%, the flags '0' '#', a width, and the length l.  An unknown
 * conversion is copied as text; tests/style.t finds those in the sources.
 *
 * Returns the length of the whole text, of which the first @size - 1 characters and a terminating 0
 * are in @buf.  @size may be 0; then @buf is not used.
 */
int format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vformat(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
