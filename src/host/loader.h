/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads the guest as a multiboot 1 loader does (Multiboot Specification 0.6.96, 3.1 to 3.3). */
#ifndef HOST_LOADER_H
#define HOST_LOADER_H

#include <stdbool.h>
#include <stdint.h>

#include "host/guest_memory.h"
#include "lib/boot.h"

#define LOADER_ERROR_MAX 160

/* The guest's first instruction, and what it finds in EAX and EBX. */
struct loaded_guest {
	uint32_t entry, eax, ebx;
};

/*
 * Copies the image of @length bytes at @image to where its header's address fields say, clears its
 * bss, and writes the multiboot information, with @line and a memory map, to low memory.  False:
 * @error says what is wrong; guest memory may then hold parts of the image.
 */
bool load_guest(const struct guest_memory *memory, const uint8_t *image, uint64_t length,
		const char *line, struct loaded_guest *loaded, char error[LOADER_ERROR_MAX]);

/* Adds the framebuffer to the multiboot information of a guest that is loaded. */
void load_screen(const struct guest_memory *memory, const struct boot_framebuffer *screen);

#endif
