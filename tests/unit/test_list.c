/* SPDX-License-Identifier: GPL-2.0-only */
/* src/lib/list.c: comma-separated lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/list.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_has(void **state)
{
	static const struct {
		const char *list, *name;
		bool has;
	} table[] = {
		{NULL, "a", false}, {"", "a", false},       {"a", "a", true},
		{"a,b", "a", true}, {"a,b", "b", true},     {"ab", "a", false},
		{"a", "ab", false}, {"a,b", "a,b", false},  {",b", "b", true},
		{"a,", "a", true},  {"x,ab,y", "b", false}, {"a*", "ab", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (list_has(table[i].list, table[i].name) != table[i].has)
			fail_msg("list '%s', name '%s'", table[i].list, table[i].name);
	}
}

/* Walks @list with room for 3 characters, and returns its items with a bar after each. */
static const char *walk(const char *list)
{
	static char items[64];
	char item[4];

	items[0] = '\0';
	while ((list = list_next(list, item, sizeof(item))))
		strcat(strcat(items, item), "|");
	return items;
}

static void test_next(void **state)
{
	(void)state;
	assert_string_equal(walk(NULL), "");
	assert_string_equal(walk(""), "");
	assert_string_equal(walk("a"), "a|");
	assert_string_equal(walk("a,bc,def"), "a|bc|def|");
	assert_string_equal(walk("abcd,e"), "abc|e|");
	assert_string_equal(walk(",a,"), "|a|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
