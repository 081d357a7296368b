/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads @text, decimal or hexadecimal with 0x, into *@value.  False if it is empty, has any other
 * character or does not fit; then *@value is unchanged.
 */
bool parse_u64(const char *text, uint64_t *value);

#endif
