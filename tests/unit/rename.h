/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included by force (-include) where src/lib/string.c is compiled for a hosted test, so
 * that its functions stand beside libc's, which sanitizers and cmocka need.  Under these
 * names a call that the compiler makes of a loop can't be one of itself: it shows in
 * "nm -u" of the object, which must print nothing.
 */
#ifndef UNIT_RENAME_H
#define UNIT_RENAME_H

#define memcpy  pg_memcpy
#define memmove pg_memmove
#define memset  pg_memset
#define memcmp  pg_memcmp
#define strlen  pg_strlen
#define strnlen pg_strnlen
#define strcmp  pg_strcmp
#define strchr  pg_strchr

#endif
