/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A loader's memory map: memory that is found is available, reserved by no entry, and where it was
 * wanted; what is said of it can be printed.
 */
#include "lib/boot.h"
#include "lib/multiboot.h"

#include "parser.h"
#include "x86/paging.h"

#define FOUR_GIB (UINT64_C(1) << 32)

struct boot_info boot_info;

static const uint8_t *map; /* what is at mmap_addr */
static size_t map_size;
static uint8_t window[2 * PAGE_SIZE];

/* Two pages, as in an image; beyond the map are zeros. */
const void *paging_peek(uint64_t pa)
{
	uint64_t offset = (uint32_t)(pa - boot_info.map);

	memset(window, 0, sizeof(window));
	if (offset < map_size) {
		size_t n = map_size - offset;

		memcpy(window, map + offset, n < sizeof(window) ? n : sizeof(window));
	}
	return window;
}

static uint64_t found, found_end;
static uint64_t
	covered; /* bytes of [found, found_end) that are available, counted entry by entry */

static bool look(const struct boot_region *region, void *unused)
{
	uint64_t end = region->base + region->length;
	bool wraps = end < region->base;

	(void)unused;
	if (!region->length || (wraps && region->type == BOOT_MEMORY_AVAILABLE))
		return true; /* says nothing */
	if (wraps)
		end = UINT64_MAX;
	if (region->base >= found_end || end <= found)
		return true;
	REQUIRE(region->type == BOOT_MEMORY_AVAILABLE);
	covered +=
		(end < found_end ? end : found_end) - (region->base > found ? region->base : found);
	return true;
}

static void find(uint64_t from, uint64_t size, uint64_t align)
{
	found = boot_find_memory(from, size, align);
	if (!found)
		return;
	found_end = found + size;
	REQUIRE(found >= from && found % align == 0 && found_end <= FOUR_GIB);
	covered = 0;
	REQUIRE(boot_each_region(look, NULL));
	REQUIRE(covered >= size); /* more where entries overlap */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct multiboot_info info;
	char why[BOOT_WHY_MAX];
	uint64_t from, bytes, align;

	take(&in, &info, sizeof(info));
	boot_info.has_sizes = info.flags & MBI_FLAG_MEMORY;
	boot_info.mem_lower = info.mem_lower;
	boot_info.mem_upper = info.mem_upper;
	boot_info.map = info.mmap_addr;
	boot_info.map_length = info.flags & MBI_FLAG_MMAP ? info.mmap_length : 0;
	boot_info.map_stride = info.boot_device % 64; /* no corpus has it: 0, multiboot 1 */
	from = take32(&in) | 1;
	bytes = (take32(&in) >> 4) + 1;
	align = UINT64_C(1) << take32(&in) % 24;
	map = in.at;
	map_size = in.left;
	if (boot_info.map_length > 1 << 16)
		boot_info.map_length %= 1 << 16; /* zeros take time, and show nothing */
	find(from, bytes, align);
	memset(why, 'x', sizeof(why));
	boot_explain(from, FOUR_GIB, align, why, sizeof(why));
	REQUIRE(memchr(why, 0, sizeof(why)) && *why);
	boot_memory_end();
	return 0;
}
