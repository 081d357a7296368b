/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

struct output {
	char *buf;
	size_t size;
	size_t length; /* of the whole text, whether it fits or not */
};

struct spec {
	bool zero;     /* '0' */
	bool prefixed; /* '#' */
	bool is_long;  /* 'l' */
	unsigned width;
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
	size_t at = out->length;

	if (at < out->size)
		memcpy(out->buf + at, text, n < out->size - at ? n : out->size - at);
	out->length += n;
}

static void put_repeated(struct output *out, char c, size_t n)
{
	while (n--)
		put(out, c);
}

/* Puts spaces up to the width, @prefix, @zeros zeros and @n characters of @text. */
static void put_field(struct output *out, const struct spec *spec, const char *prefix, size_t zeros,
		      const char *text, size_t n)
{
	size_t used = strlen(prefix) + zeros + n;

	put_repeated(out, ' ', spec->width > used ? spec->width - used : 0);
	put_text(out, prefix, strlen(prefix));
	put_repeated(out, '0', zeros);
	put_text(out, text, n);
}

static void put_number(struct output *out, const struct spec *spec, const char *prefix,
		       uint64_t value, unsigned base)
{
	size_t before = strlen(prefix), n;
	size_t min = spec->zero && spec->width > before ? spec->width - before : 1;
	char text[20]; /* UINT64_MAX in decimal */
	char *end = text + sizeof(text), *first = end;

	for (; value; value /= base)
		*--first = "0123456789abcdef"[value % base];
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

static void put_string(struct output *out, const struct spec *spec, const char *text)
{
	if (!text)
		text = "(null)";
	put_field(out, spec, "", 0, text, strlen(text));
}

static void put_integer(struct output *out, const struct spec *spec, uint64_t value)
{
	char c = (char)value;

	if (spec->conversion == 'c')
		put_field(out, spec, "", 0, &c, 1);
	else if (spec->conversion == 'd')
		put_signed(out, spec, spec->is_long ? (int64_t)value : (int32_t)value);
	else if (spec->conversion == 'u')
		put_number(out, spec, "", value, 10);
	else
		put_number(out, spec, spec->prefixed && value ? "0x" : "", value, 16);
}

/* False, with nothing put, if the conversion is unknown. */
static bool put_conversion(struct output *out, const struct spec *spec, va_list *args)
{
	switch (spec->conversion) {
	case 'c':
	case 'd':
	case 'u':
	case 'x':
		put_integer(out, spec,
			    spec->is_long ? va_arg(*args, unsigned long) : va_arg(*args, unsigned));
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

/* Reads what follows a '%'; returns a pointer to the conversion's letter. */
static const char *parse_spec(const char *fmt, struct spec *spec)
{
	*spec = (struct spec){0};
	for (; *fmt == '0' || *fmt == '#'; fmt++) {
		spec->zero |= *fmt == '0';
		spec->prefixed |= *fmt == '#';
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		spec->width = spec->width * 10 + (*fmt - '0');
	if (*fmt == 'l') {
		spec->is_long = true;
		fmt++;
	}
	spec->conversion = *fmt;
	return fmt;
}

int vformat(char *buf, size_t size, const char *fmt, va_list caller_args)
{
	struct output out = {.buf = buf, .size = size};
	va_list args; /* a copy: the address of a va_list parameter has another type */

	va_copy(args, caller_args);
	for (;;) {
		struct spec spec;
		const char *end = fmt;

		while (*end && *end != '%')
			end++;
		put_text(&out, fmt, end - fmt);
		fmt = end;
		if (!*fmt)
			break;
		end = parse_spec(fmt + 1, &spec);
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
