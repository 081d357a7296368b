/* SPDX-License-Identifier: GPL-2.0-only */
/* src/guest/options.c: the guest's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guest/options.h"
#include "lib/cmdline.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct options o;
static char line[1024], error[CMDLINE_ERROR_MAX];

/* Parses a copy of @text into options that hold noise. */
static bool parse(const char *text)
{
	assert_true(strlen(text) < sizeof(line));
	strcpy(line, text);
	memset(&o, 0x55, sizeof(o));
	o.list = o.strict = o.trace = o.vga = o.reset = o.has_echo = true;
	return options_parse(line, &o, error);
}

static void accept(const char *text)
{
	if (!parse(text))
		fail_msg("'%s': %s", text, error);
	assert_string_equal(error, "");
}

static void refuse(const char *text, const char *want)
{
	assert_false(parse(text));
	assert_string_equal(error, want);
}

/* Asserts that @set is the only flag that is set; NULL: that none is. */
static void assert_flags(const bool *set)
{
	const bool *const flags[] = {&o.list, &o.strict, &o.trace, &o.vga, &o.reset};

	for (size_t i = 0; i < COUNT(flags); i++)
		assert_int_equal(*flags[i], flags[i] == set);
}

static void assert_values_default(void)
{
	assert_null(o.abi);
	assert_null(o.only);
	assert_null(o.skip);
	assert_null(o.require);
	assert_int_equal(o.seed, 0);
	assert_int_equal(o.serial, 0);
	assert_int_equal(o.echo_calls, 51);
	assert_false(o.has_echo);
	assert_int_equal(o.cpus, 0);
}

static void test_defaults(void **state)
{
	(void)state;
	accept("");
	assert_null(o.image);
	assert_flags(NULL);
	assert_values_default();
	accept("/boot/guest.elf");
	assert_string_equal(o.image, "/boot/guest.elf");
	assert_flags(NULL);
	assert_values_default();
}

static void test_flags(void **state)
{
	static const struct {
		const char *name;
		const bool *flag;
	} table[] = {
		{"list", &o.list}, {"strict", &o.strict}, {"trace", &o.trace},
		{"vga", &o.vga},   {"reset", &o.reset},
	};
	char text[40], want[80];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		accept(table[i].name);
		assert_flags(table[i].flag);
		assert_values_default();
		assert_null(o.image);
		snprintf(text, sizeof(text), "%s=1", table[i].name);
		snprintf(want, sizeof(want), "option '%s' takes no value, got '1'", table[i].name);
		refuse(text, want);
	}
}

static void test_texts(void **state)
{
	(void)state;
	accept("guest.elf only=a.*,b skip=c.?");
	assert_string_equal(o.image, "guest.elf");
	assert_string_equal(o.only, "a.*,b");
	assert_string_equal(o.skip, "c.?");
	assert_flags(NULL);
	refuse("only=", "option 'only' wants GLOB,..., got nothing");
	refuse("only", "option 'only' wants GLOB,..., got nothing");
	refuse("skip=", "option 'skip' wants GLOB,..., got nothing");
}

static void test_abis(void **state)
{
	(void)state;
	accept("abi=x,y require");
	assert_string_equal(o.abi, "x,y");
	assert_string_equal(o.require, "");
	accept("require=x,y");
	assert_null(o.abi);
	assert_string_equal(o.require, "x,y");
	refuse("require=", "option 'require' wants nothing or NAME,..., got nothing");
	refuse("abi", "option 'abi' wants NAME,..., got nothing");
}

static void test_seed(void **state)
{
	(void)state;
	accept("seed=1");
	assert_int_equal(o.seed, 1);
	refuse("seed=0", "option 'seed' wants a number from 1, got '0'");
	accept("seed=18446744073709551615");
	assert_true(o.seed == UINT64_MAX);
	accept("seed=0xdeadbeefcafe");
	assert_true(o.seed == 0xdeadbeefcafe);
	refuse("seed=x", "option 'seed' wants a number from 1, got 'x'");
	refuse("seed", "option 'seed' wants a number from 1, got nothing");
}

static void test_serial(void **state)
{
	(void)state;
	accept("serial=0x2f8");
	assert_int_equal(o.serial, 0x2f8);
	accept("serial=1");
	assert_int_equal(o.serial, 1);
	accept("serial=0xfff8");
	assert_int_equal(o.serial, 0xfff8);
	refuse("serial=0", "option 'serial' wants an I/O port, got '0'");
	refuse("serial=0xfff9", "option 'serial' wants an I/O port, got '0xfff9'");
	refuse("serial=0x103f8", "option 'serial' wants an I/O port, got '0x103f8'");
	refuse("serial=com1", "option 'serial' wants an I/O port, got 'com1'");
}

static void test_echo(void **state)
{
	(void)state;
	accept("echo=2");
	assert_true(o.has_echo);
	assert_int_equal(o.echo, 2);
	assert_int_equal(o.echo_calls, 51);
	accept("echo=0x7fffffff echo-calls=7");
	assert_true(o.has_echo);
	assert_int_equal(o.echo, 0x7fffffff);
	assert_int_equal(o.echo_calls, 7);
	refuse("echo=0xffffffffffffffff",
	       "option 'echo' wants an index from 2 to 0x7fffffff, got '0xffffffffffffffff'");
	assert_false(o.has_echo);
	refuse("echo=1", "option 'echo' wants an index from 2 to 0x7fffffff, got '1'");
	refuse("echo=0x80000000",
	       "option 'echo' wants an index from 2 to 0x7fffffff, got '0x80000000'");
	refuse("echo=one", "option 'echo' wants an index from 2 to 0x7fffffff, got 'one'");
}

static void test_echo_calls(void **state)
{
	(void)state;
	accept("echo-calls=1");
	assert_int_equal(o.echo_calls, 1);
	assert_false(o.has_echo);
	accept("echo-calls=1000000");
	assert_int_equal(o.echo_calls, 1000000);
	refuse("echo-calls=0",
	       "option 'echo-calls' wants a number of calls up to 1000000, got '0'");
	refuse("echo-calls=1000001",
	       "option 'echo-calls' wants a number of calls up to 1000000, got '1000001'");
	refuse("echo-calls",
	       "option 'echo-calls' wants a number of calls up to 1000000, got nothing");
}

static void test_cpus(void **state)
{
	static const char *const bad[] = {"0", "256", "-1", "all", "18446744073709551617"};
	char text[40], want[100];

	(void)state;
	accept("cpus=1");
	assert_int_equal(o.cpus, 1);
	accept("cpus=255");
	assert_int_equal(o.cpus, 255);
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(text, sizeof(text), "cpus=%s", bad[i]);
		snprintf(want, sizeof(want),
			 "option 'cpus' wants a number of processors up to 255, got '%s'", bad[i]);
		refuse(text, want);
	}
	refuse("cpus", "option 'cpus' wants a number of processors up to 255, got nothing");
}

static void test_unknown(void **state)
{
	(void)state;
	refuse("lists=1", "unknown option 'lists'");
	refuse("list guest.elf", "unknown option 'guest.elf'");
	refuse("mem=16", "unknown option 'mem'");
}

/* Options before and after a wrong one count: they may say where to print the error. */
static void test_read_around_error(void **state)
{
	(void)state;
	refuse("guest.elf frob serial=0x2f8", "unknown option 'frob'");
	assert_int_equal(o.serial, 0x2f8);
	refuse("guest.elf echo=5 seed=x seed=y serial=0x2f8 reset",
	       "option 'seed' wants a number from 1, got 'x'");
	assert_string_equal(o.image, "guest.elf");
	assert_int_equal(o.serial, 0x2f8);
	assert_true(o.has_echo);
	assert_int_equal(o.echo, 5);
	assert_flags(&o.reset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_abis),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_serial),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_echo_calls),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_read_around_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
