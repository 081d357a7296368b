/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/vga.c; the screen is a buffer, with guards around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/vga.h"

#define WORDS (VGA_SCREEN_SIZE / 8)
#define GUARD UINT64_C(0x5a5a5a5a5a5a5a5a)

static struct {
	uint64_t before, screen[WORDS], after;
} memory;

static uint16_t cell(unsigned line, unsigned column)
{
	uint16_t value;

	memcpy(&value, (char *)memory.screen + (line * VGA_COLUMNS + column) * 2, 2);
	return value;
}

/* The line holds @text and then blanks, light grey on black. */
static void shows(unsigned line, const char *text)
{
	char want[VGA_COLUMNS + 1];

	snprintf(want, sizeof(want), "%-*s", VGA_COLUMNS, text);
	for (unsigned column = 0; column < VGA_COLUMNS; column++) {
		if (cell(line, column) != (0x0700 | (uint8_t)want[column]))
			fail_msg("line %u, column %u: %#x, wanted '%c' of '%s'", line, column,
				 cell(line, column), want[column], want);
	}
}

/* The line holds what firmware wrote to line @was. */
static void shows_firmware(unsigned line, unsigned was)
{
	for (unsigned column = 0; column < VGA_COLUMNS; column++)
		assert_int_equal(cell(line, column), 0x1f00 | ('A' + was));
}

static void put(const char *text)
{
	vga_write(text, strlen(text));
	assert_true(memory.before == GUARD && memory.after == GUARD);
}

/* A screen full of another program's text. */
static int setup(void **state)
{
	(void)state;
	memory.before = memory.after = GUARD;
	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t word = 0x1f00 | ('A' + i / (WORDS / VGA_LINES));

		memory.screen[i] = word * UINT64_C(0x0001000100010001);
	}
	vga_init(memory.screen);
	return 0;
}

/* Nothing is shown before there is something to show. */
static void test_init(void **state)
{
	(void)state;
	for (unsigned line = 0; line < VGA_LINES; line++)
		shows_firmware(line, line);
}

static void test_begins_below(void **state)
{
	(void)state;
	put("first");
	for (unsigned line = 0; line < VGA_LINES - 1; line++)
		shows_firmware(line, line + 1);
	shows(24, "first");
}

static void test_newline(void **state)
{
	(void)state;
	put("one\ntwo\n");
	shows_firmware(21, 24);
	shows(22, "one");
	shows(23, "two");
	shows(24, "");
	put("\n\n");
	shows(21, "two");
	shows(22, "");
	shows(24, "");
}

/* A line in pieces, as a full buffer makes them. */
static void test_pieces(void **state)
{
	(void)state;
	put("# RES");
	shows(24, "# RES");
	put("");
	put("ULT: PA");
	put("SS\n");
	shows(23, "# RESULT: PASS");
	shows(24, "");
}

/* 80 characters are one line; one more begins a new one. */
static void test_wrap(void **state)
{
	char line[VGA_COLUMNS + 1];

	(void)state;
	memset(line, 'x', VGA_COLUMNS);
	line[VGA_COLUMNS] = '\0';
	put(line);
	shows_firmware(23, 24);
	shows(24, line);
	put("\n");
	shows(23, line);
	shows(24, "");
	put(line);
	put("y\n");
	shows(21, line);
	shows(22, line);
	shows(23, "y");
	shows(24, "");
}

/* Far more than a screen: only the last lines stay. */
static void test_scroll(void **state)
{
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "ok %u\n", i);
		put(text);
	}
	for (unsigned line = 0; line < VGA_LINES - 1; line++) {
		snprintf(text, sizeof(text), "ok %u", 976 + line);
		shows(line, text);
	}
	shows(24, "");
}

/* No other character moves the line or changes the attribute. */
static void test_characters(void **state)
{
	(void)state;
	put("\t\r\b\xff");
	shows(24, "\t\r\b\xff");
	shows_firmware(23, 24);
}

/* The screen as another program has left it. */
static void test_again(void **state)
{
	(void)state;
	put("ours\n");
	memset(memory.screen, 0x33, sizeof(memory.screen));
	vga_init(memory.screen);
	put("more\n");
	assert_int_equal(cell(22, 0), 0x3333);
	shows(23, "more");
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_init), TEST(test_begins_below), TEST(test_newline),    TEST(test_pieces),
		TEST(test_wrap), TEST(test_scroll),       TEST(test_characters), TEST(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
