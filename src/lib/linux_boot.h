/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a loader tells an image in Linux's 64-bit boot protocol: Documentation/arch/x86/boot.rst and
 * zero-page.rst of the Linux sources.  Only what the images use.
 */
#ifndef LIB_LINUX_BOOT_H
#define LIB_LINUX_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/boot.h"

#define LINUX_MAGIC   0x53726448u /* "HdrS" */
#define LINUX_MAP_MAX 128

struct linux_boot_params { /* RSI at the 64-bit entry: where it is */
	uint8_t unused0[0x1e8];
	uint8_t map_count;
	uint8_t unused1[0x202 - 0x1e9];
	uint32_t magic;
	uint8_t unused2[0x228 - 0x206];
	uint32_t cmdline;
	uint8_t unused3[0x2d0 - 0x22c];
	struct boot_region map[LINUX_MAP_MAX]; /* "e820" */
	uint8_t unused4[0x1000 - 0xcd0];
} __attribute__((packed));

_Static_assert(offsetof(struct linux_boot_params, magic) == 0x202, "boot.rst");
_Static_assert(offsetof(struct linux_boot_params, cmdline) == 0x228, "boot.rst");
_Static_assert(offsetof(struct linux_boot_params, map) == 0x2d0, "zero-page.rst");
_Static_assert(sizeof(struct linux_boot_params) == 0x1000, "zero-page.rst");

#endif
