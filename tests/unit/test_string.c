/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/string.c, whose functions rename.h renames, against libc's. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/string.h"

typeof(memcpy) pg_memcpy;
typeof(memmove) pg_memmove;
typeof(memset) pg_memset;
typeof(memcmp) pg_memcmp;
typeof(strlen) pg_strlen;
typeof(strnlen) pg_strnlen;
typeof(strcmp) pg_strcmp;
typeof(strchr) pg_strchr;

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AREA         96

/* Copies @n bytes to the end of a page, so that reading further faults. */
static char *before_fault(const void *bytes, size_t n)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *area =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(area, MAP_FAILED);
	assert_int_equal(mprotect(area + page, page, PROT_NONE), 0);
	return memcpy(area + page - n, bytes, n);
}

static void free_before_fault(char *bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	munmap((void *)((uintptr_t)(bytes - 1) & ~(page - 1)), 2 * page);
}

static void fill(unsigned char *area)
{
	for (unsigned i = 0; i < AREA; i++)
		area[i] = 0x80 + i;
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void test_memcpy(void **state)
{
	unsigned char from[AREA], ours[AREA], libc[AREA];

	(void)state;
	fill(from);
	for (size_t to = 0; to < 9; to++) {
		for (size_t at = 0; at < 9; at++) {
			for (size_t n = 0; n < 70; n++) {
				memset(ours, 0, AREA);
				memset(libc, 0, AREA);
				memcpy(libc + to, from + at, n);
				assert_ptr_equal(pg_memcpy(ours + to, from + at, n), ours + to);
				assert_memory_equal(ours, libc, AREA);
			}
		}
	}
}

static void test_memmove(void **state)
{
	unsigned char ours[AREA], libc[AREA];

	(void)state;
	for (size_t to = 0; to < 40; to++) {
		for (size_t at = 0; at < 40; at++) {
			for (size_t n = 0; n < 50; n++) {
				fill(ours);
				fill(libc);
				memmove(libc + to, libc + at, n);
				assert_ptr_equal(pg_memmove(ours + to, ours + at, n), ours + to);
				assert_memory_equal(ours, libc, AREA);
			}
		}
	}
}

static void test_memset(void **state)
{
	static const int values[] = {0, 1, 0x80, 0xff, -1, 0x1234};
	unsigned char ours[AREA], libc[AREA];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		for (size_t n = 0; n < 70; n++) {
			fill(ours);
			fill(libc);
			memset(libc + 3, values[i], n);
			assert_ptr_equal(pg_memset(ours + 3, values[i], n), ours + 3);
			assert_memory_equal(ours, libc, AREA);
		}
	}
}

static void test_memcmp(void **state)
{
	(void)state;
	assert_int_equal(pg_memcmp("a", "b", 0), 0);
	assert_int_equal(pg_memcmp("a\0b", "a\0b", 3), 0);
	assert_true(pg_memcmp("a\0b", "a\0c", 4) < 0);
	assert_true(pg_memcmp("a\0c", "a\0b", 4) > 0);
	assert_int_equal(pg_memcmp("abc", "abd", 2), 0);
	assert_true(pg_memcmp("\x7f", "\x80", 1) < 0); /* as unsigned char */
	assert_true(pg_memcmp("\xff", "\x00", 1) > 0);
	assert_true(pg_memcmp("ab", "ba", 2) < 0); /* the first difference decides */

	/* By words and by bytes: whatever the length is, and wherever the difference. */
	for (unsigned n = 0; n <= 25; n++) {
		char a[26], b[26];

		memset(a, 'a', sizeof(a));
		memset(b, 'a', sizeof(b));
		for (unsigned i = 0; i < sizeof(a); i++) {
			b[i] = 'b';
			assert_int_equal((pg_memcmp(a, b, n) < 0) - (pg_memcmp(a, b, n) > 0),
					 i < n);
			assert_int_equal((pg_memcmp(b, a, n) > 0) - (pg_memcmp(b, a, n) < 0),
					 i < n);
			b[i] = 'a';
		}
	}
}

static void test_strlen(void **state)
{
	(void)state;
	assert_int_equal(pg_strlen(""), 0);
	assert_int_equal(pg_strlen("a"), 1);
	assert_int_equal(pg_strlen("a\0b"), 1);
	assert_int_equal(pg_strlen("\xff\x80"), 2);
}

static void test_strnlen(void **state)
{
	char *unterminated = before_fault("abc", 3);

	(void)state;
	assert_int_equal(pg_strnlen("", 5), 0);
	assert_int_equal(pg_strnlen("abc", 0), 0);
	assert_int_equal(pg_strnlen("abc", 2), 2);
	assert_int_equal(pg_strnlen("abc", 3), 3);
	assert_int_equal(pg_strnlen("abc", SIZE_MAX), 3);
	assert_int_equal(pg_strnlen(unterminated, 3), 3);
	free_before_fault(unterminated);
}

static const char *const words[] = {
	"",  "a",    "b",    "ab",   "aa",    "abc",   "abd",   "abcd",
	"A", "\x7f", "\x80", "\xff", "a\x80", "a\x7f", "a\xff", "abc\x01",
};

static void test_strcmp(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		for (size_t j = 0; j < COUNT(words); j++)
			assert_int_equal(sign(pg_strcmp(words[i], words[j])),
					 sign(strcmp(words[i], words[j])));
	}
}

static void test_strchr(void **state)
{
	static const char text[] = "abcab\xe9";

	(void)state;
	assert_ptr_equal(pg_strchr(text, 'a'), text);
	assert_ptr_equal(pg_strchr(text, 'b'), text + 1);
	assert_null(pg_strchr(text, 'x'));
	assert_ptr_equal(pg_strchr(text, '\0'), text + 6);
	assert_ptr_equal(pg_strchr(text, 0xe9), text + 5); /* converted to char */
	assert_ptr_equal(pg_strchr(text, 0x100 + 'b'), text + 1);
	assert_null(pg_strchr("", 'a'));
}

static void test_glob(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} table[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"a", "a", true},
		{"a", "A", false},
		{"abc", "ab", false},
		{"ab", "abc", false},
		{"?", "", false},
		{"?", "a", true},
		{"?", "?", true},
		{"?", "ab", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*", "", true},
		{"*", "anything at all", true},
		{"**", "", true},
		{"***a", "a", true},
		{"*?", "", false},
		{"*?", "a", true},
		{"?*", "abc", true},
		{"?*?", "a", false},
		{"?*?", "ab", true},
		{"a*", "a", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"*a", "aaab", false},
		{"*ab", "aab", true},
		{"*ab", "abab", true},
		{"a*b*c", "abc", true},
		{"a*b*c", "axxbxxc", true},
		{"a*b*c", "axxcxxb", false},
		{"a*bc*d", "abxbcxd", true},
		{"*abac*", "ababac", true},
		{"*.*.*", "clock.read", false},
		{"*.*.*", "clock.read.twice", true},
		{"clock.*", "clock.read", true},
		{"clock.*", "clock", false},
		{"a*", "a*", true},
		{"*b", "*ab", true}, /* a '*' in the name is a character */
		{"a", "*", false},
		{"a,b", "a,b", true}, /* and so is a ',' in one pattern */
		{"a,b", "a", false},
		{"[a]", "a", false},
		{"\\*", "*", false},
		{"\xe9?", "\xe9\xff", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (glob_match(table[i].pattern, table[i].name) != table[i].matches)
			fail_msg("glob '%s', name '%s'", table[i].pattern, table[i].name);
	}
}

static void test_glob_list(void **state)
{
	static const struct {
		const char *globs, *name;
		bool matches;
	} table[] = {
		{"a", "a", true},        {"a,b", "a", true},       {"a,b", "b", true},
		{"a,b", "c", false},     {"a,b", "a,b", false},    {"a,b", "ab", false},
		{"a,bc,d", "bc", true},  {"a,bc,d", "b", false},   {"a,bc,d", "bcd", false},
		{"x*,*z", "fuzz", true}, {"x*,*z", "xylem", true}, {"x*,*z", "zx", false},
		{"x*,y", "xxy", true},   {"*,a", "b", true},       {"a*,", "ab", true},
		{"", "", true}, /* an empty element matches the empty name only */
		{"", "a", false},        {",", "a", false},        {",,", "", true},
		{",a", "a", true},       {"a,", "a", true},        {"b,", "a", false},
		{"b,", "", true},        {"b", "", false},         {"b*,c", "b,c", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		if (glob_list_match(table[i].globs, table[i].name) != table[i].matches)
			fail_msg("globs '%s', name '%s'", table[i].globs, table[i].name);
	}
}

/* Backtracking into every '*' would never end. */
static void test_glob_is_quick(void **state)
{
	static char name[10001];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	alarm(20);
	assert_false(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
	assert_false(glob_match("a*a*a*a*a*a*a*a*a*a*a*a*?b*", name));
	assert_true(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*", name));
	assert_false(glob_list_match("*a*a*a*a*a*a*a*b,*a*a*a*a*a*a*a*a*c", name));
	alarm(0);
}

/* The simple recursion, to compare with. */
static bool simple_match(const char *pattern, const char *name)
{
	if (!*pattern)
		return !*name;
	if (*pattern == '*')
		return simple_match(pattern + 1, name) ||
		       (*name && simple_match(pattern, name + 1));
	return *name && (*pattern == '?' || *pattern == *name) &&
	       simple_match(pattern + 1, name + 1);
}

/* Writes the @number-th string of @length characters of @alphabet. */
static void nth_word(char *word, unsigned number, unsigned length, const char *alphabet)
{
	unsigned letters = strlen(alphabet);

	for (unsigned i = 0; i < length; i++, number /= letters)
		word[i] = alphabet[number % letters];
	word[length] = '\0';
}

static void test_glob_all_short_ones(void **state)
{
	char pattern[6], name[7];

	(void)state;
	for (unsigned p = 0; p < 4 * 4 * 4 * 4 * 4; p++) {
		nth_word(pattern, p, 5, "ab*?");
		for (unsigned length = 0; length <= 6; length++) {
			for (unsigned n = 0; n < 1u << length; n++) {
				nth_word(name, n, length, "ab");
				if (glob_match(pattern, name) != simple_match(pattern, name))
					fail_msg("glob '%s', name '%s'", pattern, name);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),        cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),        cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_strlen),        cmocka_unit_test(test_strnlen),
		cmocka_unit_test(test_strcmp),        cmocka_unit_test(test_strchr),
		cmocka_unit_test(test_glob),          cmocka_unit_test(test_glob_list),
		cmocka_unit_test(test_glob_is_quick), cmocka_unit_test(test_glob_all_short_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
