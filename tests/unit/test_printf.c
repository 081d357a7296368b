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

static const char *const flags[] = {"", "-", "0", "-0", "0-", "#", "#0", "-#"};
static const char *const widths[] = {"", "1", "2", "5", "12", "30"};
static const char *const precisions[] = {"", ".", ".0", ".1", ".7", ".25"};
static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z"};

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
		switch (*length) {
		case 'l':
		case 'z':
			same(fmt, values[i]);
			break;
		default:
			same(fmt, (unsigned)values[i]);
		}
	}
}

/* Every length and conversion with the same flags, width and precision. */
static void same_conversions(const char *flag, const char *width, const char *precision)
{
	/* C does not define '#' with a decimal conversion. */
	const char *letters = strchr(flag, '#') ? "xX" : "diuxX";
	char fmt[32];

	for (size_t l = 0; l < COUNT(lengths); l++) {
		for (const char *c = letters; *c; c++) {
			snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%c>", flag, width, precision,
				 lengths[l], *c);
			same_integers(fmt, lengths[l]);
		}
	}
}

static void test_integers(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(flags); f++) {
		for (size_t w = 0; w < COUNT(widths); w++) {
			for (size_t p = 0; p < COUNT(precisions); p++)
				same_conversions(flags[f], widths[w], precisions[p]);
		}
	}
}

static void test_limits(void **state)
{
	(void)state;
	check("-9223372036854775808", "%lld", INT64_MIN);
	check("18446744073709551615", "%llu", UINT64_MAX);
	check("-2147483648", "%d", INT_MIN);
	check("0xffffffffffffffff", "%#zx", SIZE_MAX);
	check("-128 -32768", "%hhd %hd", 0x80, 0x8000);
	check("255 65535", "%hhu %hu", -1, -1);
}

static void test_strings(void **state)
{
	static const char *const texts[] = {"", "a", "hello", "a longer text, of words",
					    "\xc3\xa9 100%"};
	char right[32], left[32];

	(void)state;
	for (size_t w = 0; w < COUNT(widths); w++) {
		for (size_t p = 0; p < COUNT(precisions); p++) {
			snprintf(right, sizeof(right), "<%%%s%ss>", widths[w], precisions[p]);
			snprintf(left, sizeof(left), "<%%-%s%ss>", widths[w], precisions[p]);
			for (size_t t = 0; t < COUNT(texts); t++) {
				same(right, texts[t]);
				same(left, texts[t]);
			}
		}
	}
}

static void test_null_string(void **state)
{
	const char *null = NULL;

	(void)state;
	check("(null)", "%s", null);
	check("  (null)", "%8s", null);
	check("(null)  |", "%-8s|", null);
	check("(nu", "%.3s", null);
}

/* With a precision no more than that is read: the sanitizer watches. */
static void test_unterminated_string(void **state)
{
	char *text = malloc(3);

	(void)state;
	memcpy(text, "abc", 3);
	check("abc", "%.3s", text);
	check("ab", "%.*s", 2, text);
	check("", "%.0s", text);
	free(text);
}

static void test_characters(void **state)
{
	char buf[8];

	(void)state;
	same("%c", 'x');
	same("<%5c>", 'x');
	same("<%-5c>", 'x');
	same("%c%c%c", 'a', 0xe9, 0x141);
	assert_int_equal(format(buf, sizeof(buf), "a%cb", '\0'), 3);
	assert_memory_equal(buf, "a\0b", 4);
}

static void test_pointers(void **state)
{
	void *pointer = (void *)0xfee1deadbeef;

	(void)state;
	same("%p", pointer);
	same("<%20p>", pointer);
	same("<%-20p>", pointer);
	same("%p", (void *)UINTPTR_MAX);
	check("0x0", "%p", (void *)NULL); /* where libc writes (nil) */
}

static void test_stars(void **state)
{
	(void)state;
	for (int width = -12; width <= 12; width++) {
		same("<%*d>", width, 42);
		same("<%-*d>", width, 42);
		same("<%0*d>", width, -42);
		same("<%*s>", width, "text");
		same("<%*c>", width, 'x');
		for (int precision = -2; precision <= 8; precision++) {
			same("<%*.*d>", width, precision, 42);
			same("<%0*.*x>", width, precision, 42);
			same("<%*.*s>", width, precision, "text");
			same("<%.*d>", precision, 0);
		}
	}
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
		"%",   "a%", "%q", "%5", "%-08.3", "%l", "%ll", "%hh",  "%+d", "% d",       "%5.3f",
		"%lf", "%o", "%n", "%-", "%y%",    "%.", "%#",  "%hhk", "%zl", "%w is not",
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

/* Appends a random conversion of @letters with the given length. */
static void add_spec(char *fmt, bool number, const char *length, const char *letters)
{
	char letter = letters[pick(strlen(letters))];
	char *end = fmt + strlen(fmt);

	*end++ = "<[{ "[pick(4)];
	*end++ = '%';
	if (pick(3) == 0)
		*end++ = '-';
	if (number && pick(3) == 0)
		*end++ = '0';
	if ((letter == 'x' || letter == 'X') && pick(2))
		*end++ = '#';
	if (pick(2))
		end += sprintf(end, "%u", 1 + pick(30));
	if (pick(3) == 0)
		end += sprintf(end, ".%u", pick(25));
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
		add_spec(fmt, true, lengths[pick(3)], "diuxX");
		add_spec(fmt, true, lengths[3 + pick(3)], "diuxX");
		add_spec(fmt, false, "", "s");
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
		cmocka_unit_test(test_unterminated_string),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_stars),
		cmocka_unit_test(test_plain_text),
		cmocka_unit_test(test_unknown_conversions),
		cmocka_unit_test(test_no_buffer),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
