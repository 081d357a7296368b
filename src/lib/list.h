/* SPDX-License-Identifier: GPL-2.0-only */
/* Comma-separated lists of names, as options have them. */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copies the first item of @list to @item, cut to @size bytes with the terminating 0.  Returns the
 * rest of @list; NULL, and copies nothing, if it is NULL or empty.
 */
const char *list_next(const char *list, char *item, size_t size);

/* Whether @name is one of the items of @list, which may be NULL. */
bool list_has(const char *list, const char *name);

#endif
