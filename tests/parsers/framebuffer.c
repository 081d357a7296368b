/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A framebuffer as a loader may tell of it: if it is used, all of it is where the CPU has addresses
 * and the memory map no memory, and text is drawn in it, and nowhere else.
 */
#include "lib/framebuffer.h"

#include "parser.h"

#define REGIONS 3
#define DRAWN   (UINT64_C(1) << 14) /* larger ones are not drawn in: that takes long */

static struct boot_region regions[REGIONS];

bool boot_each_region(boot_visit *visit, void *arg)
{
	for (unsigned i = 0; i < REGIONS; i++) {
		if (!visit(&regions[i], arg))
			break;
	}
	return true;
}

/* Two ranges, whose ends may have 65 bits, have no byte in common. */
static bool apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return (unsigned __int128)a + a_size <= b || (unsigned __int128)b + b_size <= a;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct boot_framebuffer fb;
	uint64_t used;
	void *memory;

	take(&in, &fb, sizeof(fb));
	take(&in, regions, sizeof(regions));
	used = framebuffer_size(&fb);
	if (!used)
		return 0;
	REQUIRE(used == (uint64_t)fb.pitch * fb.height && used <= FRAMEBUFFER_MAX);
	REQUIRE(fb.type == 1 && (fb.bits == 16 || fb.bits == 24 || fb.bits == 32));
	REQUIRE(fb.address >= 0x100000 && apart(fb.address, used, UINT64_C(1) << 52, UINT64_MAX));
	for (unsigned i = 0; i < REGIONS; i++) {
		if (regions[i].type == BOOT_MEMORY_AVAILABLE)
			REQUIRE(apart(fb.address, used, regions[i].base, regions[i].length));
	}
	if (used > DRAWN)
		return 0;
	memory = malloc(used); /* AddressSanitizer sees who writes beside it */
	framebuffer_init(memory, &fb);
	framebuffer_write((const char *)in.at, in.left);
	free(memory);
	return 0;
}
