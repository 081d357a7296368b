/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/printf.c: must write what libc's snprintf() writes, where C defines that. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/printf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM         256
#define POISON       0x5a

/* Formats into @size bytes: these must be @want as far as it fits; nothing else is written. */
static void check_size(size_t size, const char *want, const char *fmt, va_list args)
{
	char buf[ROOM + 1], expected[ROOM + 1];
	int length = strlen(want);
	int got;

	memset(buf, POISON, sizeof(buf));
	memset(expected, POISON, sizeof(expected));
	snprintf(expected, size, "%s", want);
	got = vformat(buf, size, fmt, args);
	if (got != length || memcmp(buf, expected, sizeof(buf)))
		fail_msg("\"%s\" into %zu bytes: wanted \"%s\" (%d), got \"%.*s\" (%d)", fmt, size,
			 want, length, (int)size, buf, got);
}

static void check_sizes(const char *want, const char *fmt, va_list args)
{
	size_t length = strlen(want);
	const size_t sizes[] = {0, 1, 2, length / 2, length, length + 1, length + 2, ROOM};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		va_list copy;

		va_copy(copy, args);
		check_size(sizes[i], want, fmt, copy);
		va_end(copy);
	}
}

/* What is formatted must be @want. */
static void check(const char *want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	check_sizes(want, fmt, args);
	va_end(args);
}

/* What is formatted must be what libc makes of it. */
static void same(const char *fmt, ...)
{
	char want[ROOM];
	va_list args, copy;

	va_start(args, fmt);
	va_copy(copy, args);
	assert_in_range(vsnprintf(want, sizeof(want), fmt, copy), 0, sizeof(want) - 3);
	va_end(copy);
	check_sizes(want, fmt, args);
	va_end(args);
}

static const char *const flags[] = {"", "0", "#", "#0", "0#"};
static const char *const widths[] = {"", "1", "2", "5", "12", "30"};
static const char *const lengths[] = {"", "l"};

static void same_integers(const char *fmt, const char *length)
{
	static const uint64_t values[] = {
		0,
		1,
		7,
		10,
		42,
		0x7f,
		0x80,
		0xff,
		0x100,
		0x7fff,
		0x8000,
		0xffff,
		INT_MAX,
		0x80000000,
		UINT32_MAX,
		0x100000000,
		0xdeadbeefcafe,
		INT64_MAX,
		1ull << 63,
		-1ull,
		-42ull,
		1000000000000000000,
	};

	for (size_t i = 0; i < COUNT(values); i++) {
		if (*length)
			same(fmt, values[i]);
		else
			same(fmt, (unsigned)values[i]);
	}
}

/* Every length and conversion with the same flags and width. */
static void same_conversions(const char *flag, const char *width)
{
	/* C does not define '#' with a decimal conversion. */
	const char *letters = strchr(flag, '#') ? "x" : "dux";
	char fmt[32];

	for (size_t l = 0; l < COUNT(lengths); l++) {
		for (const char *c = letters; *c; c++) {
			snprintf(fmt, sizeof(fmt), "<%%%s%s%s%c>", flag, width, lengths[l], *c);
			same_integers(fmt, lengths[l]);
		}
	}
}

static void test_integers(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(flags); f++) {
		for (size_t w = 0; w < COUNT(widths); w++)
			same_conversions(flags[f], widths[w]);
	}
}

static void test_limits(void **state)
{
	(void)state;
	check("-9223372036854775808", "%ld", INT64_MIN);
	check("18446744073709551615", "%lu", UINT64_MAX);
	check("-2147483648", "%d", INT_MIN);
	check("0xffffffffffffffff", "%#lx", UINT64_MAX);
}

static void test_strings(void **state)
{
	static const char *const texts[] = {"", "a", "hello", "a longer text, of words",
					    "\xc3\xa9 100%"};
	char fmt[32];

	(void)state;
	for (size_t w = 0; w < COUNT(widths); w++) {
		snprintf(fmt, sizeof(fmt), "<%%%ss>", widths[w]);
		for (size_t t = 0; t < COUNT(texts); t++)
			same(fmt, texts[t]);
	}
}

static void test_null_string(void **state)
{
	const char *null = NULL;

	(void)state;
	check("(null)", "%s", null);
	check("  (null)", "%8s", null);
}

static void test_characters(void **state)
{
	char buf[8];

	(void)state;
	same("%c", 'x');
	same("<%5c>", 'x');
	same("%c%c%c", 'a', 0xe9, 0x141);
	assert_int_equal(format(buf, sizeof(buf), "a%cb", '\0'), 3);
	assert_memory_equal(buf, "a\0b", 4);
}

static void test_plain_text(void **state)
{
	(void)state;
	same("");
	same("text");
	same("100%%");
	same("%%%%d");
	same("%s: %d of %u, %#x, %c%%\n", "name", -1, 2u, 0xabcu, 'z');
	same("%d%d%d%d%d%d%d%d%d%d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10); /* also from the stack */
}

static void test_unknown_conversions(void **state)
{
	static const char *const copied[] = {
		"%",   "a%",  "%q",    "%5",  "%08.3", "%l",  "%lld", "%hd",       "%+d",
		"%-d", "% d", "%5.3f", "%lf", "%o",    "%n",  "%-",   "%y%",       "%.",
		"%#",  "%i",  "%X",    "%p",  "%zu",   "%*d", "%.1s", "%w is not",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(copied); i++)
		check(copied[i], copied[i], 1);
	check("%q 7 %o 8", "%q %d %o %d", 7, 8); /* and no argument is used up */
}

static void test_no_buffer(void **state)
{
	(void)state;
	assert_int_equal(format(NULL, 0, "%s-%d", "four", 12), 7);
}

static unsigned pick(unsigned choices)
{
	return (unsigned)random() % choices;
}

/* Appends a random conversion, one of @letters, with the given length. */
static void add_spec(char *fmt, const char *length, const char *letters)
{
	char letter = letters[pick(strlen(letters))];
	char *end = fmt + strlen(fmt);

	*end++ = "<[{ "[pick(4)];
	*end++ = '%';
	if (letter != 's' && pick(3) == 0)
		*end++ = '0';
	if (letter == 'x' && pick(2))
		*end++ = '#';
	if (pick(2))
		end += sprintf(end, "%u", 1 + pick(30));
	sprintf(end, "%s%c", length, letter);
}

static void test_random(void **state)
{
	(void)state;
	srandom(20240229);
	for (unsigned i = 0; i < 50000; i++) {
		char fmt[128] = "", text[24] = "";
		uint64_t wide = ((uint64_t)random() << 33 ^ (uint64_t)random()) >> pick(64);
		int narrow = (int)((uint32_t)random() << 1) >> pick(32);

		for (unsigned n = pick(sizeof(text)); n; n--)
			text[n - 1] = 'a' + pick(26);
		add_spec(fmt, "", "dux");
		add_spec(fmt, "l", "dux");
		add_spec(fmt, "", "s");
		strcat(fmt, "%%");
		same(fmt, narrow, pick(2) ? wide : -wide, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_null_string),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_plain_text),
		cmocka_unit_test(test_unknown_conversions),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
