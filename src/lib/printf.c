/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

_Static_assert(sizeof(long) == 8 && sizeof(long long) == 8 && sizeof(size_t) == 8,
	       "the lengths l, ll and z are the same");

struct output {
	char *buf;
	size_t size;
	size_t length; /* of the whole text, whether it fits or not */
};

struct spec {
	bool left;     /* '-' */
	bool zero;     /* '0' */
	bool prefixed; /* '#' */
	unsigned width;
	int precision;  /* negative: none given */
	unsigned bytes; /* of an integer argument */
	char conversion;
};

static void put(struct output *out, char c)
{
	if (out->length < out->size)
		out->buf[out->length] = c;
	out->length++;
}

static void put_text(struct output *out, const char *text, size_t n)
{
	while (n--)
		put(out, *text++);
}

static void put_repeated(struct output *out, char c, size_t n)
{
	while (n--)
		put(out, c);
}

/* Puts @prefix, @zeros zeros and @n characters of @text, with spaces up to the width. */
static void put_field(struct output *out, const struct spec *spec, const char *prefix, size_t zeros,
		      const char *text, size_t n)
{
	size_t used = strlen(prefix) + zeros + n;
	size_t spaces = spec->width > used ? spec->width - used : 0;

	if (!spec->left)
		put_repeated(out, ' ', spaces);
	put_text(out, prefix, strlen(prefix));
	put_repeated(out, '0', zeros);
	put_text(out, text, n);
	if (spec->left)
		put_repeated(out, ' ', spaces);
}

/* The least number of digits.  A precision turns the flag '0' off, and so does '-'. */
static size_t min_digits(const struct spec *spec, size_t prefix_length)
{
	if (spec->precision >= 0)
		return spec->precision;
	if (spec->zero && !spec->left && spec->width > prefix_length)
		return spec->width - prefix_length;
	return 1;
}

static void put_number(struct output *out, const struct spec *spec, const char *prefix,
		       uint64_t value, unsigned base)
{
	const char *digits = spec->conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t min = min_digits(spec, strlen(prefix));
	char text[20]; /* UINT64_MAX in decimal */
	char *end = text + sizeof(text), *first = end;
	size_t n;

	for (; value; value /= base)
		*--first = digits[value % base];
	n = end - first;
	put_field(out, spec, prefix, min > n ? min - n : 0, first, n);
}

static void put_signed(struct output *out, const struct spec *spec, int64_t value)
{
	if (value < 0)
		put_number(out, spec, "-", -(uint64_t)value, 10);
	else
		put_number(out, spec, "", value, 10);
}

static void put_hex(struct output *out, const struct spec *spec, uint64_t value)
{
	const char *prefix = spec->conversion == 'X' ? "0X" : "0x";

	put_number(out, spec, spec->prefixed && value ? prefix : "", value, 16);
}

static void put_string(struct output *out, const struct spec *spec, const char *text)
{
	if (!text)
		text = "(null)";
	put_field(out, spec, "", 0, text,
		  strnlen(text, spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision));
}

/* The argument cut to its length, then extended to 64 bits: shifted up and down. */
static int64_t signed_arg(const struct spec *spec, va_list *args)
{
	unsigned shift = 64 - 8 * spec->bytes;
	uint64_t value = spec->bytes == 8 ? va_arg(*args, unsigned long) : va_arg(*args, unsigned);

	return (int64_t)(value << shift) >> shift;
}

static uint64_t unsigned_arg(const struct spec *spec, va_list *args)
{
	unsigned shift = 64 - 8 * spec->bytes;

	return (uint64_t)signed_arg(spec, args) << shift >> shift;
}

/* False, with nothing put, if the conversion is unknown. */
static bool put_conversion(struct output *out, const struct spec *spec, va_list *args)
{
	char c;

	switch (spec->conversion) {
	case 'd':
	case 'i':
		put_signed(out, spec, signed_arg(spec, args));
		return true;
	case 'u':
		put_number(out, spec, "", unsigned_arg(spec, args), 10);
		return true;
	case 'x':
	case 'X':
		put_hex(out, spec, unsigned_arg(spec, args));
		return true;
	case 'p':
		put_number(out, spec, "0x", (uintptr_t)va_arg(*args, void *), 16);
		return true;
	case 'c':
		c = va_arg(*args, int);
		put_field(out, spec, "", 0, &c, 1);
		return true;
	case 's':
		put_string(out, spec, va_arg(*args, const char *));
		return true;
	case '%':
		put(out, '%');
		return true;
	}
	return false;
}

static const char *parse_flags(const char *fmt, struct spec *spec)
{
	for (;; fmt++) {
		if (*fmt == '-')
			spec->left = true;
		else if (*fmt == '0')
			spec->zero = true;
		else if (*fmt == '#')
			spec->prefixed = true;
		else
			return fmt;
	}
}

/* Digits or '*'. */
static const char *parse_int(const char *fmt, int *value, va_list *args)
{
	unsigned n = 0;

	if (*fmt == '*') {
		*value = va_arg(*args, int);
		return fmt + 1;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		n = n * 10 + (*fmt - '0');
	*value = n;
	return fmt;
}

static const char *parse_length(const char *fmt, struct spec *spec)
{
	spec->bytes = sizeof(int);
	if (*fmt == 'h') {
		spec->bytes = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	}
	if (*fmt == 'l' || *fmt == 'z') {
		spec->bytes = sizeof(long);
		return fmt + (fmt[0] == 'l' && fmt[1] == 'l' ? 2 : 1);
	}
	return fmt;
}

/* Reads what follows a '%'; returns a pointer to the conversion's letter. */
static const char *parse_spec(const char *fmt, struct spec *spec, va_list *args)
{
	int width;

	*spec = (struct spec){.precision = -1};
	fmt = parse_flags(fmt, spec);
	fmt = parse_int(fmt, &width, args);
	if (width < 0)
		spec->left = true;
	spec->width = width < 0 ? -(unsigned)width : (unsigned)width;
	if (*fmt == '.')
		fmt = parse_int(fmt + 1, &spec->precision, args);
	fmt = parse_length(fmt, spec);
	spec->conversion = *fmt;
	return fmt;
}

int vformat(char *buf, size_t size, const char *fmt, va_list caller_args)
{
	struct output out = {.buf = buf, .size = size};
	va_list args; /* a copy: the address of a va_list parameter has another type */

	va_copy(args, caller_args);
	while (*fmt) {
		struct spec spec;
		const char *end;

		if (*fmt != '%') {
			put(&out, *fmt++);
			continue;
		}
		end = parse_spec(fmt + 1, &spec, &args);
		if (put_conversion(&out, &spec, &args))
			fmt = end + 1;
		else
			put(&out, *fmt++); /* the '%'; the rest is copied as text */
	}
	va_end(args);
	if (size)
		buf[out.length < size ? out.length : size - 1] = '\0';
	return out.length;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vformat(buf, size, fmt, args);
	va_end(args);
	return length;
}
