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
#include "lib/number.h"

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
	refuse("guest.elf sede=1", "unknown option 'sede'");
	refuse("guest.elf stict", "unknown option 'stict'");
	refuse("/a/guest.elf seed=2 stict", "unknown option 'stict'");
	refuse("/boot/kernel log=events foo=/x", "unknown option 'foo'");
	refuse("/boot/kernel foo=/x", "unknown option 'foo'");
	refuse("guest.elf foo=/x seed=1", "unknown option 'foo'");
	refuse("guest.elf list other.elf", "unknown option 'other.elf'");
	refuse("list guest.elf", "unknown option 'guest.elf'");
	refuse("seed=1 /boot/kernel", "unknown option '/boot/kernel'");
	refuse("log=/x", "option 'log' wants none|events|calls, got '/x'");
	parse("kernel", NULL, "unknown option 'kernel'");
	parse("list", NULL, NULL);
}

/* Names as QEMU and iPXE put them there: text, in which nothing is an option. */
static void test_names(void **state)
{
	static const char *const names[] = {
		"guest.elf",
		"kernel",
		"KERNEL.BIN",
		"./guest.elf",
		"./my guest.elf",
		"my guest.elf",
		"my own little guest.elf",
		"../guest.elf",
		"/x/label=linux/guest.elf",
		"label=linux/guest.elf",
		"label=linux.elf",
		"label=linux/kernel",
		"/a b/guest.elf",
		"/a b/kernel",
		"/a  b\tc/guest.elf",
		"/a list b/guest.elf",
		"/list/guest.elf",
		"list/guest.elf",
		"/seed=1/guest.elf",
		"seed=1/guest.elf",
		"/my seed=1/guest.elf",
		"/my seed=1 mem=x/guest.elf",
		"only=x/guest.elf",
		"/only=x y/guest.elf",
		"only=x y/guest.elf",
		"/a b=c/guest.elf",
		"/x.elf/y/guest.elf",
		"/x.elf y/guest.elf",
		"/a 'b\"/c\\d/guest.elf",
		"/it's/guest.elf",
		"/\"/guest.elf",
		"/back\\slash\\/guest.elf",
		"/a,b,,c/guest.elf",
		"/caf\xc3\xa9/guest.elf",
		"/#?*[%d]/guest.elf",
		"http://h/guest.elf?mac=52:54:00&x=1",
		"http://h/guest.elf?mac=52:54:00&file=/x",
		"http://[::1]:8080/a%20b/guest.elf#part",
		"http://h/boot.php?image=guest&mac=52:54:00",
		"tftp://h/guest.elf",
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		reset(NULL);
		accept(names[i]);
		assert_string_equal(image, names[i]);
		assert_untouched();
		snprintf(text, sizeof(text), " %s  seed=7 \tonly=a.*,b list", names[i]);
		accept(text);
		assert_string_equal(image, names[i]);
		assert_int_equal(seed, 7);
		assert_string_equal(only, "a.*,b");
		assert_true(list);
		snprintf(text, sizeof(text), "%s seed=8 sede=1", names[i]);
		refuse(text, "unknown option 'sede'");
		assert_int_equal(seed, 8);
	}
}

/* What GRUB makes of a word: its lib/cmdline.c. */
static void test_quotes(void **state)
{
	static const struct {
		const char *text, *value;
	} right[] = {
		{"only=a\\\\b", "a\\b"}, {"only=\\\"a\\'", "\"a'"},
		{"\"only=a b\"", "a b"}, {"\"only=a  \\\"b\\\" \"", "a  \"b\" "},
		{"only=\"a b\"", "a b"}, {"only=a\"\"b", "ab"},
		{"only=a'b", "a'b"},     {"only=a\\", "a\\"},
		{"only=a\\ b", "a b"},   {"\"only\"=a", "a"},
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < COUNT(right); i++) {
		accept(right[i].text);
		assert_string_equal(only, right[i].value);
		snprintf(text, sizeof(text), "/x \"y/guest.elf %s mem=3", right[i].text);
		if (right[i].text[strlen(right[i].text) - 1] == '\\')
			continue;
		mem = 64;
		accept(text);
		assert_string_equal(image, "/x \"y/guest.elf");
		assert_string_equal(only, right[i].value);
		assert_int_equal(mem, 3);
	}
	refuse("list \"only=a b",
	       "a double quote without its end: wanted two around a word, got 'only=a b'");
	refuse("guest.elf only=\"a",
	       "a double quote without its end: wanted two around a word, got 'only=a'");
	refuse("list \"\"", "unknown option ''");
}

/* Nothing of it reaches the error but its number and its place; what stands before it is heard. */
static void test_control_characters(void **state)
{
	static const char *const lines[] = {"mem=3 list@", "mem=3 @list", "mem=3 only=a@b seed=x",
					    "mem=3 foo@ bar", "mem=3 @"};
	char text[100], want[100];

	(void)state;
	for (int c = 1; c < 256; c++) {
		if ((c >= ' ' && c != 0x7f) || c == '\t')
			continue;
		for (size_t i = 0; i < COUNT(lines); i++) {
			int at = (int)strcspn(lines[i], "@");

			strcpy(text, lines[i]);
			text[at] = (char)c;
			mem = 64;
			snprintf(
				want, sizeof(want),
				"command line: byte 0x%02x at offset %d, wanted no control characters",
				c, at);
			refuse(text, want);
			assert_int_equal(mem, 3);
		}
	}
	refuse("/a\nb/guest.elf list",
	       "command line: byte 0x0a at offset 2, wanted no control characters");
	refuse("guest.elf list\n",
	       "command line: byte 0x0a at offset 14, wanted no control characters");
}

/* Values and words that no terminal should get as they are. */
static void test_shown(void **state)
{
	char shown[20];

	(void)state;
	refuse("guest.elf f\xc3\xb6o", "unknown option 'f\\xc3\\xb6o'");
	refuse("seed=\x80", "option 'seed' wants a number (0x.. or decimal), got '\\x80'");
	refuse("list=\xff", "option 'list' takes no value, got '\\xff'");
	cmdline_show("a\tb\n~\x7f \xff", shown, sizeof(shown));
	assert_string_equal(shown, "a\\x09b\\x0a~\\x7f ");
	for (size_t size = 1; size < 7; size++) {
		memset(shown, 'g', sizeof(shown));
		cmdline_show("a\x01z", shown, size);
		assert_string_equal(shown, size < 2 ? "" : size < 6 ? "a" : "a\\x01");
		assert_int_equal(shown[size], 'g');
	}
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
					    "x1",  "1.", "1,2", "ff", "0x0x1", "=1"};
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
		TEST(test_names),
		TEST(test_quotes),
		TEST(test_control_characters),
		TEST(test_shown),
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
