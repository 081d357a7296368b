/* SPDX-License-Identifier: GPL-2.0-only */
/* Text on a screen of pixels, as boot loaders leave it on, on UEFI always. */
#ifndef LIB_FRAMEBUFFER_H
#define LIB_FRAMEBUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/boot.h"

/* More is not used: what maps it has tables for 1 GiB. */
#define FRAMEBUFFER_MAX (UINT64_C(512) << 20)

/*
 * The size in bytes of what the loader calls its framebuffer, if text can be written there; else 0.
 * It must have pixels of 16, 24 or 32 bits with direct colours, room for two lines of text, and an
 * address that the CPU has, where the memory map has nothing, or reserved memory.
 */
uint64_t framebuffer_size(const struct boot_framebuffer *framebuffer);

/* Uses the framebuffer, which is mapped at @memory, and blanks it. */
void framebuffer_init(volatile void *memory, const struct boot_framebuffer *framebuffer);

/*
 * Writes and shows @n bytes, line below line; after the last line again from the top, with a blank
 * line after the newest.  A newline ends a line; one that is full goes on in the next.  Other bytes
 * that are not printable ASCII are shown as blanks.
 */
void framebuffer_write(const char *text, size_t n);

#endif
