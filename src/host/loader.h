/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads the guest as a multiboot 1 loader does; every bound is checked. */
#ifndef HOST_LOADER_H
#define HOST_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "host/guest_memory.h"

#define LOADER_ERROR_MAX 160

/* What the guest finds in EAX and EBX, and where it starts. */
struct loaded_guest {
	uint32_t entry, eax, ebx;
};

/*
 * Copies the image of @length bytes at @image to where its header's address fields say,
 * clears its bss, and leaves the multiboot information, with @line and a memory map, in
 * low memory.  False with a message in @error that says what was wrong; then
 * guest memory may hold parts of it.
 */
bool load_guest(const struct guest_memory *memory, const uint8_t *image, uint64_t length,
		const char *line, struct loaded_guest *loaded, char error[LOADER_ERROR_MAX]);

#endif
