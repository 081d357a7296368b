/* SPDX-License-Identifier: GPL-2.0-only */
/* The shapes of the printable characters of ASCII. */
#ifndef LIB_FONT_H
#define LIB_FONT_H

#include <stdint.h>

#define FONT_FIRST      0x20 /* the blank */
#define FONT_CHARACTERS 95
#define FONT_COLUMNS    5
#define FONT_LINES      8

/* A byte for each column, from the left; bit 0 is the top. */
extern const uint8_t font[FONT_CHARACTERS][FONT_COLUMNS];

#endif
