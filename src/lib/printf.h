/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatting into a buffer: the part of C11 7.21.6.1 that the project uses. */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>
#include <stddef.h>

/*
 * snprintf() with %d %i %u %x %X %c %s %p %%, the flags '-' '0' '#', width and precision (numbers
 * or '*'), and the lengths hh h l ll z.  An unknown conversion is copied as text.
 *
 * Returns the length of the whole text, of which the first @size - 1 characters and a terminating 0
 * are in @buf.  @size may be 0; then @buf is not used.
 */
int format(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int vformat(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
