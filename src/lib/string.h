/* SPDX-License-Identifier: GPL-2.0-only */
/* The string functions that the images need, as C11 7.24 has them, and glob patterns. */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
char *strchr(const char *s, int c);

/* Whether @name matches @pattern: '*' stands for any characters, '?' for any one. */
bool glob_match(const char *pattern, const char *name);

/* Whether @name matches one of the comma-separated patterns of @globs. */
bool glob_list_match(const char *globs, const char *name);

#endif
