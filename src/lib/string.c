/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A compiler may turn a loop that does what one of these functions does into a call of it, which
 * would be a call of itself here.  Therefore the string instructions, the barrier in memmove(), the
 * limit in strlen(), and no calls between them.
 */
#include "lib/string.h"

#include <stdint.h>

/* By words, then the rest: where these instructions are emulated, each step takes time. */
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

	/* @dst begins inside the source: from the end, which upwards would overwrite first. */
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
	size_t words = n / 8, rest = n % 8;
	bool same;

	/* CMP sets ZF: with no words at all nothing is compared, and they must be the same. */
	asm volatile("cmp %%eax, %%eax\n\trepe cmpsq"
		     : "+S"(x), "+D"(y), "+c"(words), "=@ccz"(same)
		     :
		     : "memory");
	if (!same) {
		x -= 8;
		y -= 8;
		rest = 8;
	}
	for (; rest; rest--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

/* The length of @s, or @max if that is less. */
static size_t length_within(const char *s, size_t max)
{
	size_t left = max;
	const char *end = s;
	bool found;

	/* OR clears ZF: with a @max of 0 nothing is scanned, and nothing must be found. */
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
	return (char *)(uintptr_t)s; /* without const, as C has it */
}

/*
 * Whether @name matches the pattern that ends before @end.  On a mismatch, the last '*' takes one
 * character more.  It need not be an earlier one: what that could take, the last one can take, too.
 */
static bool glob_match_until(const char *pattern, const char *end, const char *name)
{
	const char *after_star = NULL, *star_end = NULL;

	while (*name) {
		if (pattern < end && *pattern == '*') {
			after_star = ++pattern;
			star_end = name;
		} else if (pattern < end && (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (after_star) {
			pattern = after_star;
			name = ++star_end;
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
