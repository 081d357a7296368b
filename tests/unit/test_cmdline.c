/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cmdline.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool list;
static uint64_t seed, mem;
static const char *only;
static unsigned level;
static const char *image;

static const char *const levels[] = {"none", "events", "calls", NULL};

static const struct option options[] = {
	{.name = "list", .kind = OPTION_FLAG, .flag = &list},
	{.name = "seed",
	 .wanted = "a number (0x.. or decimal)",
	 .kind = OPTION_NUMBER,
	 .number = &seed,
	 .max = UINT64_MAX},
	{.name = "mem",
	 .wanted = "N within 1..1024",
	 .kind = OPTION_NUMBER,
	 .number = &mem,
	 .min = 1,
	 .max = 1024},
	{.name = "only", .wanted = "GLOBS", .kind = OPTION_TEXT, .text = &only},
	{.name = "log",
	 .wanted = "none|events|calls",
	 .kind = OPTION_CHOICE,
	 .choices = levels,
	 .choice = &level},
};

static const char *const untouched = "untouched";

static int reset(void **state)
{
	(void)state;
	list = false;
	seed = 1234;
	mem = 64;
	only = untouched;
	level = 77;
	image = untouched;
	return 0;
}

static char line[1024];

/* Parses a copy of @text; the error must then be @want, where NULL means none. */
static void parse(const char *text, const char **image_out, const char *want)
{
	struct {
		char error[CMDLINE_ERROR_MAX];
		char guard[8];
	} out;
	bool ok;

	memset(&out, 'g', sizeof(out));
	assert_true(strlen(text) < sizeof(line));
	strcpy(line, text);
	ok = cmdline_parse(line, options, COUNT(options), image_out, out.error);
	assert_memory_equal(out.guard, "gggggggg", sizeof(out.guard));
	assert_true(strnlen(out.error, CMDLINE_ERROR_MAX) < CMDLINE_ERROR_MAX);
	assert_string_equal(out.error, want ? want : "");
	assert_int_equal(ok, !want);
}

static void accept(const char *text)
{
	parse(text, &image, NULL);
}

static void refuse(const char *text, const char *want)
{
	parse(text, &image, want);
}

static void assert_untouched(void)
{
	assert_false(list);
	assert_int_equal(seed, 1234);
	assert_int_equal(mem, 64);
	assert_ptr_equal(only, untouched);
	assert_int_equal(level, 77);
}

static void test_empty(void **state)
{
	static const char *const lines[] = {"", " ", "\t", " \t  \t"};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		image = untouched;
		accept(lines[i]);
		assert_null(image);
		assert_untouched();
	}
}

static void test_no_options(void **state)
{
	char word[] = "word", empty[] = "", error[CMDLINE_ERROR_MAX];

	(void)state;
	assert_true(cmdline_parse(empty, NULL, 0, NULL, error));
	assert_false(cmdline_parse(word, NULL, 0, NULL, error));
	assert_string_equal(error, "unknown option 'word'");
}

static void test_each_kind(void **state)
{
	(void)state;
	accept("list seed=0xff mem=12 only=clock.*,para.* log=events");
	assert_true(list);
	assert_int_equal(seed, 255);
	assert_int_equal(mem, 12);
	assert_string_equal(only, "clock.*,para.*");
	assert_int_equal(level, 1);
	assert_null(image);
}

static void test_one_sets_no_other(void **state)
{
	(void)state;
	accept("mem=9");
	assert_int_equal(mem, 9);
	mem = 64;
	assert_untouched();
}

static void test_every_choice(void **state)
{
	(void)state;
	accept("log=none");
	assert_int_equal(level, 0);
	accept("log=events");
	assert_int_equal(level, 1);
	accept("log=calls");
	assert_int_equal(level, 2);
}

static void test_spaces(void **state)
{
	(void)state;
	accept("\t  mem=5\t\tlist   log=none \t");
	assert_int_equal(mem, 5);
	assert_true(list);
	assert_int_equal(level, 0);
}

static void test_cut_in_place(void **state)
{
	(void)state;
	accept("image only=a\tlist");
	assert_ptr_equal(image, line);
	assert_ptr_equal(only, line + 11);
	assert_memory_equal(line, "image\0only\0a\0list", 18);
}

static void test_value_with_equals(void **state)
{
	(void)state;
	accept("only=a=b=");
	assert_string_equal(only, "a=b=");
}

static void test_last_wins(void **state)
{
	(void)state;
	accept("mem=1 log=none only=a list mem=2 log=calls only=b list");
	assert_int_equal(mem, 2);
	assert_int_equal(level, 2);
	assert_string_equal(only, "b");
	assert_true(list);
}

static void test_image(void **state)
{
	(void)state;
	accept("/boot/paraguest.elf");
	assert_string_equal(image, "/boot/paraguest.elf");
	accept(" \tkernel list");
	assert_string_equal(image, "kernel");
	assert_true(list);
	accept("list");
	assert_null(image);
	accept("mem=3");
	assert_null(image);
}

static void test_image_is_first_or_unknown(void **state)
{
	(void)state;
	refuse("list kernel", "unknown option 'kernel'");
	assert_null(image);
	refuse("kernel again", "unknown option 'again'");
	refuse("path=kernel", "unknown option 'path'");
	parse("kernel", NULL, "unknown option 'kernel'");
	parse("list", NULL, NULL);
}

static void test_unknown(void **state)
{
	(void)state;
	refuse("list foo", "unknown option 'foo'");
	refuse("foo=bar", "unknown option 'foo'");
	refuse("=bar", "unknown option ''");
	refuse("LIST=1", "unknown option 'LIST'");
	refuse("lis=1", "unknown option 'lis'");
	refuse("lists=1", "unknown option 'lists'");
}

static void test_flag_messages(void **state)
{
	(void)state;
	refuse("list=x", "option 'list' takes no value, got 'x'");
	refuse("list=", "option 'list' takes no value, got ''");
	assert_untouched();
}

static void test_number_messages(void **state)
{
	static const char *const wrong[] = {"abc", "-1", "+1",  "1x", "0x",    "0xg", "0X1",
					    "x1",  "1.", "1,2", "ff", "0x0x1", "=1",  "\v1"};
	char text[64], want[128];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		snprintf(text, sizeof(text), "seed=%s", wrong[i]);
		snprintf(want, sizeof(want),
			 "option 'seed' wants a number (0x.. or decimal), got '%s'", wrong[i]);
		refuse(text, want);
	}
	refuse("seed=", "option 'seed' wants a number (0x.. or decimal), got nothing");
	refuse("seed", "option 'seed' wants a number (0x.. or decimal), got nothing");
	assert_untouched();
}

static void test_number_range(void **state)
{
	(void)state;
	refuse("mem=0", "option 'mem' wants N within 1..1024, got '0'");
	refuse("mem=1025", "option 'mem' wants N within 1..1024, got '1025'");
	refuse("mem=18446744073709551617",
	       "option 'mem' wants N within 1..1024, got '18446744073709551617'");
	assert_untouched();
	accept("mem=1");
	assert_int_equal(mem, 1);
	accept("mem=1024");
	assert_int_equal(mem, 1024);
	accept("seed=18446744073709551615");
	assert_true(seed == UINT64_MAX);
	accept("seed=0");
	assert_int_equal(seed, 0);
}

static void test_text_messages(void **state)
{
	(void)state;
	refuse("only=", "option 'only' wants GLOBS, got nothing");
	refuse("only", "option 'only' wants GLOBS, got nothing");
	refuse("only= x", "option 'only' wants GLOBS, got nothing");
	assert_untouched();
}

static void test_choice_messages(void **state)
{
	(void)state;
	refuse("log=x", "option 'log' wants none|events|calls, got 'x'");
	refuse("log=", "option 'log' wants none|events|calls, got nothing");
	refuse("log", "option 'log' wants none|events|calls, got nothing");
	refuse("log=event", "option 'log' wants none|events|calls, got 'event'");
	refuse("log=none|events", "option 'log' wants none|events|calls, got 'none|events'");
	refuse("log=1", "option 'log' wants none|events|calls, got '1'");
	assert_untouched();
}

static void test_first_error_counts(void **state)
{
	(void)state;
	refuse("list mem=0 foo log=x", "option 'mem' wants N within 1..1024, got '0'");
	assert_true(list);
	assert_int_equal(level, 77);
}

/* However long the word, the message is what fits of it, and terminated. */
static void test_long_words(void **state)
{
	static const struct {
		const char *before, *message;
	} table[] = {
		{"", "unknown option '"},
		{"list=", "option 'list' takes no value, got '"},
		{"seed=", "option 'seed' wants a number (0x.. or decimal), got '"},
		{"log=", "option 'log' wants none|events|calls, got '"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		for (int n = 1; n < 300; n++) {
			char text[400], want[500], word[300] = "";

			memset(word, 'y', n);
			snprintf(text, sizeof(text), "list %s%s", table[i].before, word);
			snprintf(want, sizeof(want), "%s%s'", table[i].message, word);
			want[CMDLINE_ERROR_MAX - 1] = '\0';
			refuse(text, want);
		}
	}
}

static void test_parse_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} right[] = {
		{"0", 0},
		{"7", 7},
		{"010", 10},
		{"00000000000000000000000001", 1},
		{"1234567890", 1234567890},
		{"4294967296", 1ull << 32},
		{"18446744073709551615", UINT64_MAX},
		{"0x0", 0},
		{"0xabcdef", 0xabcdef},
		{"0xABCDEF", 0xabcdef},
		{"0x123456789", 0x123456789},
		{"0xffffffffffffffff", UINT64_MAX},
		{"0x00000000000000000000f", 15},
	};
	static const char *const wrong[] = {
		"",
		"0x",
		"x",
		" 1",
		"1 ",
		"-1",
		"+1",
		"0x-1",
		"a",
		"/",
		":",
		"0x@",
		"0xG",
		"0x`",
		"0xg",
		"1e3",
		"0b1",
		"0X1",
		"18446744073709551616", /* one too many: the sum overflows */
		"18446744073709551620",
		"184467440737095516150", /* the product does */
		"0x10000000000000000",
		"0xfffffffffffffffff",
		"99999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(right); i++) {
		uint64_t value = ~right[i].value;

		if (!parse_u64(right[i].text, &value) || value != right[i].value)
			fail_msg("'%s' gave %#llx", right[i].text, (unsigned long long)value);
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		uint64_t value = 0x5a5a;

		if (parse_u64(wrong[i], &value) || value != 0x5a5a)
			fail_msg("'%s' gave %#llx", wrong[i], (unsigned long long)value);
	}
}

#define TEST(function) cmocka_unit_test_setup(function, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_no_options),
		TEST(test_each_kind),
		TEST(test_one_sets_no_other),
		TEST(test_every_choice),
		TEST(test_spaces),
		TEST(test_cut_in_place),
		TEST(test_value_with_equals),
		TEST(test_last_wins),
		TEST(test_image),
		TEST(test_image_is_first_or_unknown),
		TEST(test_unknown),
		TEST(test_flag_messages),
		TEST(test_number_messages),
		TEST(test_number_range),
		TEST(test_text_messages),
		TEST(test_choice_messages),
		TEST(test_first_error_counts),
		TEST(test_long_words),
		TEST(test_parse_u64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
