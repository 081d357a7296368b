/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/tap.c and lib/print.c; the console is a buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/console.h"
#include "lib/tap.h"
#include "lib/version.h"

const char paraguest_version[] = "1.2 (v1.1-3-gabc)";

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char written[4096];
static size_t length, unsent;
static struct tap tap;

void console_flush(void)
{
	unsent = 0;
}

void console_write(const char *text, size_t n)
{
	assert_true(n < sizeof(written) - length);
	memcpy(written + length, text, n);
	length += n;
	unsent += n;
	written[length] = '\0';
}

static void forget(void)
{
	length = 0;
	written[0] = '\0';
}

/* All that was written since the last assert_written(). */
static void assert_written(const char *want)
{
	assert_string_equal(written, want);
	forget();
}

static int start(void **state)
{
	(void)state;
	tap_start(&tap);
	forget();
	return 0;
}

static void assert_counts(unsigned pass, unsigned fail, unsigned skip, unsigned todo)
{
	assert_int_equal(tap.pass, pass);
	assert_int_equal(tap.fail, fail);
	assert_int_equal(tap.skip, skip);
	assert_int_equal(tap.todo, todo);
}

static void test_start(void **state)
{
	(void)state;
	memset(&tap, 0xff, sizeof(tap));
	tap_start(&tap);
	assert_written("TAP version 13\n# paraguest 1.2 (v1.1-3-gabc)\n");
	assert_counts(0, 0, 0, 0);
	assert_int_equal(tap.plan, TAP_NO_PLAN);
	assert_null(tap.running);
}

static void test_plan(void **state)
{
	(void)state;
	tap_plan(&tap, 12, NULL);
	assert_written("1..12\n");
	assert_int_equal(tap.plan, 12);
	tap_plan(&tap, 1, "not used");
	assert_written("1..1\n");
	tap_plan(&tap, 0, "no hypervisor");
	assert_written("1..0 # SKIP no hypervisor\n");
	assert_int_equal(tap.plan, 0);
}

/* An area is announced when it begins, and after another one. */
static void test_run(void **state)
{
	static const char name[] = "clock.read";

	(void)state;
	tap_run(&tap, name);
	assert_written("# run clock\n");
	assert_ptr_equal(tap.running, name);
	assert_counts(0, 0, 0, 0);
	tap_run(&tap, "clock.write");
	assert_written("");
	assert_string_equal(tap.running, "clock.write");
	tap_run(&tap, "clocks.read");
	assert_written("# run clocks\n");
	tap_run(&tap, "clock.read");
	assert_written("# run clock\n");
	tap_run(&tap, "clock");
	assert_written("");
	tap_run(&tap, "cloc.k");
	assert_written("# run cloc\n");
}

/* What was announced before the plan has no result. */
static void test_run_before_plan(void **state)
{
	(void)state;
	tap_run(&tap, "discovery");
	assert_written("# run discovery\n");
	tap_plan(&tap, 1, NULL);
	forget();
	tap_run(&tap, "discovery.again");
	assert_written("# run discovery\n");
}

/* All results are sent before the next test runs, and nothing of a result before its test ends. */
static void test_run_flushes(void **state)
{
	(void)state;
	tap_run(&tap, "a.b");
	assert_int_equal(unsent, 0);
	tap_ok(&tap, "a.b");
	assert_int_not_equal(unsent, 0);
	tap_run(&tap, "a.c");
	assert_int_equal(unsent, 0);
	forget();
}

static void test_results(void **state)
{
	(void)state;
	tap_ok(&tap, "a.good");
	assert_written("ok 1 - a.good\n");
	assert_counts(1, 0, 0, 0);
	tap_not_ok(&tap, "a.bad", NULL);
	assert_written("not ok 2 - a.bad\n");
	assert_counts(1, 1, 0, 0);
	tap_not_ok(&tap, "a.known", "the host lags");
	assert_written("not ok 3 - a.known # TODO the host lags\n");
	assert_counts(1, 1, 0, 1);
	tap_skip(&tap, "a.absent", "no such feature");
	assert_written("ok 4 - a.absent # SKIP no such feature\n");
	assert_counts(1, 1, 1, 1);
	tap_ok(&tap, "a.last");
	assert_written("ok 5 - a.last\n");
	assert_counts(2, 1, 1, 1);
}

static void test_result_ends_running(void **state)
{
	(void)state;
	tap_run(&tap, "a");
	tap_ok(&tap, "a");
	assert_null(tap.running);
	tap_run(&tap, "b");
	tap_not_ok(&tap, "b", NULL);
	assert_null(tap.running);
	tap_run(&tap, "c");
	tap_not_ok(&tap, "c", "todo");
	assert_null(tap.running);
	tap_run(&tap, "d");
	tap_skip(&tap, "d", "skip");
	assert_null(tap.running);
}

static void test_why(void **state)
{
	(void)state;
	tap_why("rbx: wanted 0x1, got 0x2", "C2", NULL);
	assert_written("  ---\n  message: \"rbx: wanted 0x1, got 0x2\"\n  rule: \"C2\"\n"
		       "  wanted: \"0x1\"\n  got: \"0x2\"\n  ...\n");
	tap_why("vCPU 3: rbx: wanted 0x1, got 0x2 (rule C2 of abi)", "C2", "abi");
	assert_written("  ---\n  message: \"vCPU 3: rbx: wanted 0x1, got 0x2\"\n  rule: \"C2\"\n"
		       "  abi: \"abi\"\n  wanted: \"0x1\"\n  got: \"0x2\"\n  ...\n");
	tap_why("site: wanted it unpatched", "P1", NULL);
	assert_written("  ---\n  message: \"site: wanted it unpatched\"\n  rule: \"P1\"\n"
		       "  wanted: \"it unpatched\"\n  ...\n");
	tap_why("not tried", NULL, NULL);
	assert_written("  ---\n  message: \"not tried\"\n  ...\n");
	tap_why("", "C2", NULL);
	assert_written("  ---\n  message: \"\"\n  rule: \"C2\"\n  ...\n");
	tap_why("a, got b, wanted c", "\\\"", NULL);
	assert_written("  ---\n  message: \"a, got b, wanted c\"\n  rule: \"\\\\\\\"\"\n"
		       "  wanted: \"\"\n  got: \"b, wanted c\"\n  ...\n");
}

static void test_diag(void **state)
{
	(void)state;
	tap_run(&tap, "a");
	forget();
	tap_diag("wanted %#x, got %s 100%%", 0xabc, "%s");
	assert_written("# wanted 0xabc, got %s 100%\n");
	assert_string_equal(tap.running, "a");
	assert_counts(0, 0, 0, 0);
}

static void test_bail_out(void **state)
{
	(void)state;
	tap_plan(&tap, 1, NULL);
	tap_ok(&tap, "a");
	forget();
	assert_int_equal(tap_verdict(&tap, true), VERDICT_PASS);
	tap_bail_out("vector %d", 13);
	assert_written("Bail out! vector 13\n");
	assert_int_equal(tap_verdict(&tap, true), VERDICT_ERROR);
	tap_start(&tap);
	tap_plan(&tap, 0, "fresh");
	assert_int_equal(tap_verdict(&tap, true), VERDICT_SKIP);
}

/* What was written must be one line that begins with @begin. */
static void assert_one_line(const char *begin)
{
	assert_memory_equal(written, begin, strlen(begin));
	assert_ptr_equal(strchr(written, '\n'), written + length - 1);
	forget();
}

/* A text that is too long may be cut, but the line still ends. */
static void test_long_lines(void **state)
{
	char text[2 * CONSOLE_LINE_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tap_plan(&tap, 0, text);
	assert_one_line("1..0 # SKIP xx");
	tap_run(&tap, text);
	assert_one_line("# run xx");
	tap_ok(&tap, text);
	assert_one_line("ok 1 - xx");
	tap_not_ok(&tap, text, text);
	assert_one_line("not ok 2 - xx");
	tap_skip(&tap, "short", text);
	assert_one_line("ok 3 - short # SKIP xx");
	tap_diag("%s", text);
	assert_one_line("# xx");
	tap_bail_out("%s", text);
	assert_one_line("Bail out! xx");
}

static void test_verdict(void **state)
{
	static const struct {
		struct tap tap;
		enum verdict may_pass, may_not;
	} table[] = {
		{{.plan = TAP_NO_PLAN}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = TAP_NO_PLAN, .pass = 1}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = 0}, VERDICT_SKIP, VERDICT_SKIP},
		{{.plan = 0, .pass = 1}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = 1}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = 1, .pass = 1}, VERDICT_PASS, VERDICT_SKIP},
		{{.plan = 1, .fail = 1}, VERDICT_FAIL, VERDICT_FAIL},
		{{.plan = 1, .skip = 1}, VERDICT_SKIP, VERDICT_SKIP},
		{{.plan = 1, .todo = 1}, VERDICT_SKIP, VERDICT_SKIP},
		{{.plan = 4, .pass = 1, .fail = 1, .skip = 1, .todo = 1},
		 VERDICT_FAIL,
		 VERDICT_FAIL},
		{{.plan = 3, .pass = 1, .skip = 1, .todo = 1}, VERDICT_PASS, VERDICT_SKIP},
		{{.plan = 2, .skip = 1, .todo = 1}, VERDICT_SKIP, VERDICT_SKIP},
		{{.plan = 3, .pass = 2}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = 3, .pass = 4}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = 3, .fail = 2}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = 3, .fail = 4}, VERDICT_ERROR, VERDICT_ERROR},
		{{.plan = 1, .pass = 1, .running = "a"}, VERDICT_ERROR, VERDICT_ERROR},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (tap_verdict(&table[i].tap, true) != table[i].may_pass ||
		    tap_verdict(&table[i].tap, false) != table[i].may_not)
			fail_msg("row %zu", i);
	}
	assert_written("");
}

/* A run without a plan, or a test that does not end, is an error. */
static void test_silence(void **state)
{
	(void)state;
	assert_int_equal(tap_verdict(&tap, true), VERDICT_ERROR);
	tap_plan(&tap, 2, NULL);
	assert_int_equal(tap_verdict(&tap, true), VERDICT_ERROR);
	tap_ok(&tap, "a");
	tap_run(&tap, "b");
	assert_int_equal(tap_verdict(&tap, true), VERDICT_ERROR);
	tap_ok(&tap, "b");
	assert_int_equal(tap_verdict(&tap, true), VERDICT_PASS);
}

static void test_result(void **state)
{
	(void)state;
	tap.pass = 1;
	tap_result(&tap, VERDICT_PASS);
	assert_written("# RESULT: PASS pass=1 fail=0 skip=0 todo=0\n");
	tap = (struct tap){.pass = 10, .fail = 2, .skip = 3, .todo = 4};
	tap_result(&tap, VERDICT_FAIL);
	assert_written("# RESULT: FAIL pass=10 fail=2 skip=3 todo=4\n");
	tap_result(&tap, VERDICT_SKIP);
	assert_written("# RESULT: SKIP pass=10 fail=2 skip=3 todo=4\n");
	tap_result(&tap, VERDICT_ERROR);
	assert_written("# RESULT: ERROR pass=10 fail=2 skip=3 todo=4\n");
}

static void test_print(void **state)
{
	char text[CONSOLE_LINE_MAX + 1] = "";

	(void)state;
	print("%s", "");
	assert_written("");
	print("%d %s\n", 5, "five");
	assert_written("5 five\n");
	print("%c", '\0');
	assert_int_equal(length, 1);
	forget();
	for (size_t n = CONSOLE_LINE_MAX - 2; n <= CONSOLE_LINE_MAX; n++) {
		memset(text, 'x', n);
		print("%s", text);
		text[CONSOLE_LINE_MAX - 1] = '\0';
		assert_written(text);
	}
}

#define TEST(function) cmocka_unit_test_setup(function, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start),
		TEST(test_plan),
		TEST(test_run),
		TEST(test_run_before_plan),
		TEST(test_run_flushes),
		TEST(test_results),
		TEST(test_result_ends_running),
		TEST(test_why),
		TEST(test_diag),
		TEST(test_bail_out),
		TEST(test_long_lines),
		TEST(test_verdict),
		TEST(test_silence),
		TEST(test_result),
		TEST(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
