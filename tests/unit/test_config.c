/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/config.c: the host's command line. */
#include "host/config.h"
#include "lib/cmdline.h"
#include "unit.h"

static const char *const fault_names[] = {"none", "silent", "drop-r9", NULL};

static char error[CMDLINE_ERROR_MAX];

/* Parses a copy of @text.  config holds the values of another run before. */
static bool parse(const char *text)
{
	char line[1024];

	assert_true(strlen(text) < sizeof(line));
	strcpy(line, text);
	memset(&config, 0x55, sizeof(config));
	config.has_echo = config.faults = config.vga = true;
	return config_parse(line, fault_names, error);
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

static void assert_defaults(void)
{
	assert_int_equal(config.memory, 16);
	assert_int_equal(config.personality, PERSONALITY_HEADER);
	assert_int_equal(config.log, LOG_EVENTS);
	assert_int_equal(config.fault, 0);
	assert_int_equal(config.api_version, 1);
	assert_false(config.has_echo);
	assert_false(config.faults);
	assert_false(config.vga);
	assert_int_equal(config.serial, 0);
}

static void test_defaults(void **state)
{
	(void)state;
	accept("");
	assert_defaults();
	accept(" \t ");
	assert_defaults();
	accept("host.elf");
	assert_defaults();
}

static void test_each_option(void **state)
{
	(void)state;
	accept("host.elf mem=64 personality=linux2007 log=none fault=silent faults vga "
	       "echo=0x6563686f");
	assert_int_equal(config.memory, 64);
	assert_int_equal(config.personality, PERSONALITY_LINUX2007);
	assert_int_equal(config.log, LOG_NONE);
	assert_int_equal(config.fault, 1);
	assert_true(config.faults);
	assert_true(config.vga);
	assert_true(config.has_echo);
	assert_int_equal(config.echo, 0x6563686f);
}

/* Options of an earlier line have no effect. */
static void test_again(void **state)
{
	(void)state;
	accept("mem=64 personality=linux2007 log=calls fault=silent faults vga echo=2");
	accept("personality=header");
	assert_defaults();
}

static void test_memory(void **state)
{
	static const char *const wrong[] = {"3", "961", "0", "-4", "16M", "18446744073709551620"};
	char line[64], tail[64];

	(void)state;
	accept("mem=4");
	assert_int_equal(config.memory, 4);
	accept("mem=0x3c0");
	assert_int_equal(config.memory, 960);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		snprintf(line, sizeof(line), "mem=%s", wrong[i]);
		snprintf(tail, sizeof(tail), ", got '%s'", wrong[i]);
		assert_false(parse(line));
		assert_memory_equal(error, "option 'mem' wants the guest's memory, 4 to 960 MiB",
				    50);
		assert_string_equal(error + strlen(error) - strlen(tail), tail);
	}
}

static void test_personality(void **state)
{
	(void)state;
	accept("personality=header");
	assert_int_equal(config.personality, PERSONALITY_HEADER);
	accept("personality=linux2007");
	assert_int_equal(config.personality, PERSONALITY_LINUX2007);
	refuse("personality=linux", "option 'personality' wants header|linux2007, got 'linux'");
	refuse("personality=", "option 'personality' wants header|linux2007, got nothing");
	refuse("personality", "option 'personality' wants header|linux2007, got nothing");
}

static void test_log(void **state)
{
	(void)state;
	accept("log=none");
	assert_int_equal(config.log, LOG_NONE);
	accept("log=events");
	assert_int_equal(config.log, LOG_EVENTS);
	accept("log=calls");
	assert_int_equal(config.log, LOG_CALLS);
	refuse("log=all", "option 'log' wants none|events|calls, got 'all'");
	refuse("log", "option 'log' wants none|events|calls, got nothing");
}

static void test_echo(void **state)
{
	(void)state;
	accept("echo=2");
	assert_true(config.has_echo);
	assert_int_equal(config.echo, 2);
	accept("echo=0x7fffffff");
	assert_true(config.has_echo);
	assert_int_equal(config.echo, 0x7fffffff);
	refuse("echo=1", "option 'echo' wants an index from 2 to 0x7fffffff, got '1'");
	refuse("echo=0x80000000",
	       "option 'echo' wants an index from 2 to 0x7fffffff, got '0x80000000'");
	refuse("echo=0xffffffffffffffff",
	       "option 'echo' wants an index from 2 to 0x7fffffff, got '0xffffffffffffffff'");
	refuse("echo=e", "option 'echo' wants an index from 2 to 0x7fffffff, got 'e'");
	refuse("echo", "option 'echo' wants an index from 2 to 0x7fffffff, got nothing");
}

static void test_pageout(void **state)
{
	(void)state;
	accept("");
	assert_int_equal(config.pageout, 0);
	accept("pageout=0x7067");
	assert_int_equal(config.pageout, 0x7067);
	refuse("pageout=0xff", "option 'pageout' wants an I/O port from 0x100, got '0xff'");
	refuse("pageout=0xfffd", "option 'pageout' wants an I/O port from 0x100, got '0xfffd'");
}

static void test_serial(void **state)
{
	(void)state;
	accept("serial=0x2f8");
	assert_int_equal(config.serial, 0x2f8);
	accept("serial=0x100");
	assert_int_equal(config.serial, 0x100);
	accept("serial=65528");
	assert_int_equal(config.serial, 0xfff8);
	refuse("serial=0xff", "option 'serial' wants a UART's I/O port from 0x100, got '0xff'");
	refuse("serial=0", "option 'serial' wants a UART's I/O port from 0x100, got '0'");
	refuse("serial=0xfff9", "option 'serial' wants a UART's I/O port from 0x100, got '0xfff9'");
	refuse("serial=com2", "option 'serial' wants a UART's I/O port from 0x100, got 'com2'");
	refuse("serial", "option 'serial' wants a UART's I/O port from 0x100, got nothing");
}

/* The host uses the UART that the guest's options name, unless its own options name one. */
static void test_take_serial(void **state)
{
	static const struct {
		const char *host, *guest;
		uint64_t port;
	} cases[] = {
		{"", "", 0},
		{"", "guest.elf only=a.* strict", 0},
		{"", "guest.elf serial=0x2f8 strict", 0x2f8},
		{"", "serial=744", 0x2e8},
		{"", "guest.elf\tserial=0x3e8\tvga", 0x3e8},
		{"", "serial=0x3e8  serial=0x2e8", 0x2e8},
		{"serial=0x3e8", "serial=0x2f8", 0x3e8},
		{"", "serial=", 0},
		{"", "serial", 0},
		{"", "serial=x serial=0x2f8", 0x2f8},
		{"", "serial=0x2f8 serial=tty0", 0x2f8},
		{"", "serial=0x20", 0},
		{"", "serial=0xfff9", 0},
		{"", "serial=0x00000000000000000000000000002f8", 0},
		{"", "myserial=0x2f8 serials=0x2f8 /x/serial=0x2f8/guest.elf", 0},
		{"", "serial=0x2f8/guest.elf", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		accept(cases[i].host);
		config_take_serial(cases[i].guest);
		if (config.serial != cases[i].port)
			fail_msg("host '%s', guest '%s': %#lx", cases[i].host, cases[i].guest,
				 config.serial);
	}
}

/* Each fault by its name. */
static void test_every_fault(void **state)
{
	char line[64];

	(void)state;
	for (unsigned i = 0; fault_names[i]; i++) {
		snprintf(line, sizeof(line), "fault=%s", fault_names[i]);
		accept(line);
		assert_int_equal(config.fault, i);
	}
}

static void test_fault_messages(void **state)
{
	(void)state;
	refuse("fault=", "option 'fault' wants a name that 'faults' lists, got nothing");
	refuse("fault", "option 'fault' wants a name that 'faults' lists, got nothing");
	refuse("fault=1", "option 'fault' wants a name that 'faults' lists, got '1'");
	refuse("fault=NONE", "option 'fault' wants a name that 'faults' lists, got 'NONE'");
	refuse("fault=rdmsr", "option 'fault' wants a name that 'faults' lists, got 'rdmsr'");
}

static void test_faults_flag(void **state)
{
	(void)state;
	accept("faults");
	assert_true(config.faults);
	refuse("faults=all", "option 'faults' takes no value, got 'all'");
}

static void test_unknown(void **state)
{
	(void)state;
	refuse("memory=16", "unknown option 'memory'");
	refuse("mem=16 host.elf", "unknown option 'host.elf'");
	refuse("only=a.*", "unknown option 'only'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),       cmocka_unit_test(test_each_option),
		cmocka_unit_test(test_again),          cmocka_unit_test(test_memory),
		cmocka_unit_test(test_personality),    cmocka_unit_test(test_log),
		cmocka_unit_test(test_echo),           cmocka_unit_test(test_every_fault),
		cmocka_unit_test(test_fault_messages), cmocka_unit_test(test_faults_flag),
		cmocka_unit_test(test_unknown),        cmocka_unit_test(test_serial),
		cmocka_unit_test(test_pageout),        cmocka_unit_test(test_take_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
