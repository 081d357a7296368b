/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compilers know these functions by name: they may turn a loop that looks like one of
 * them, or a call of another one, into a call of it, which here would be a call of
 * itself.  Hence the string instructions, the barrier in memmove(), the limit in
 * strlen(), and that none of them calls another.
 */
#include <stdint.h>

#include "lib/string.h"

/* By words, then the rest: some machines emulate these instructions, and pay for each step. */
static void *copy_upwards(void *dst, const void *src, size_t n)
{
	void *to = dst;
	size_t words = n / 8, rest = n % 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(src), "+c"(words) : : "memory");
	asm volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(rest) : : "memory");
	return dst;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	return copy_upwards(dst, src, n);
}

void *memmove(void *dst, const void *src, size_t n)
{
	unsigned char *to = dst;
	const unsigned char *from = src;

	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return copy_upwards(dst, src, n);

	/* @dst begins inside the source: downwards, or the end is overwritten before its turn. */
	while (n--) {
		to[n] = from[n];
		asm volatile("" : : : "memory");
	}
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *to = dst;
	size_t words = n / 8, rest = n % 8;
	uint64_t word = UINT64_C(0x0101010101010101) * (unsigned char)c;

	asm volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(word) : "memory");
	asm volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(c) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

/* Up to the 0, or to @max characters. */
static size_t length_within(const char *s, size_t max)
{
	size_t left = max;
	const char *end = s;
	bool found;

	/* ZF first, for a @max of 0: nothing is scanned and nothing found. */
	asm volatile("or $1, %%al\n\tmov $0, %%al\n\trepne scasb"
		     : "+D"(end), "+c"(left), "=@ccz"(found)
		     :
		     : "rax", "memory");
	return max - left - found;
}

size_t strlen(const char *s)
{
	return length_within(s, SIZE_MAX);
}

size_t strnlen(const char *s, size_t max)
{
	return length_within(s, max);
}

int strcmp(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	return (unsigned char)*a - (unsigned char)*b;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s)
			return NULL;
	}
	return (char *)(uintptr_t)s; /* C's own hole in const */
}

/*
 * Whether @name matches the pattern that ends before @end.  On a mismatch only the last
 * '*' takes one character more: what an earlier one could take, this one can too.
 */
static bool glob_match_until(const char *pattern, const char *end, const char *name)
{
	const char *behind_star = NULL, *star_took_until = NULL;

	while (*name) {
		if (pattern < end && *pattern == '*') {
			behind_star = ++pattern;
			star_took_until = name;
		} else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (behind_star) {
			pattern = behind_star;
			name = ++star_took_until;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

bool glob_match(const char *pattern, const char *name)
{
	return glob_match_until(pattern, pattern + strlen(pattern), name);
}

bool glob_list_match(const char *globs, const char *name)
{
	for (;;) {
		const char *end = strchr(globs, ',');

		if (!end)
			return glob_match(globs, name);
		if (glob_match_until(globs, end, name))
			return true;
		globs = end + 1;
	}
}
