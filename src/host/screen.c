/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/screen.h"

#include "host/loader.h"
#include "host/nested_paging.h"
#include "lib/boot.h"
#include "lib/framebuffer.h"
#include "x86/defs.h"

void screen_share(const struct guest_memory *memory)
{
	struct boot_framebuffer screen = boot_info.framebuffer;
	uint64_t size = framebuffer_size(&screen);
	uint64_t offset = screen.address % LARGE_PAGE_SIZE;

	if (!size)
		return;
	nested_map_device(SCREEN_GPA, screen.address - offset, offset + size);
	screen.address = SCREEN_GPA + offset;
	load_screen(memory, &screen);
}
