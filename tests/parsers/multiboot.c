/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A loader's memory map: memory that is found is available, reserved by no entry, and where it was
 * wanted; what is said of it can be printed.
 */
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
	uint64_t offset = (uint32_t)(pa - boot_info.mbi.mmap_addr);

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

static bool look(const struct multiboot_mmap_entry *region, void *unused)
{
	uint64_t end = region->base + region->length;
	bool wraps = end < region->base;

	(void)unused;
	if (!region->length || (wraps && region->type == MULTIBOOT_MEMORY_AVAILABLE))
		return true; /* says nothing */
	if (wraps)
		end = UINT64_MAX;
	if (region->base >= found_end || end <= found)
		return true;
	REQUIRE(region->type == MULTIBOOT_MEMORY_AVAILABLE);
	covered +=
		(end < found_end ? end : found_end) - (region->base > found ? region->base : found);
	return true;
}

static void find(uint64_t from, uint64_t size, uint64_t align)
{
	found = multiboot_find_memory(from, size, align);
	if (!found)
		return;
	found_end = found + size;
	REQUIRE(found >= from && found % align == 0 && found_end <= FOUR_GIB);
	covered = 0;
	REQUIRE(multiboot_each_region(look, NULL));
	REQUIRE(covered >= size); /* more where entries overlap */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	char why[MULTIBOOT_WHY_MAX];
	uint64_t from, bytes, align;

	take(&in, &boot_info.mbi, sizeof(boot_info.mbi));
	from = take32(&in) | 1;
	bytes = (take32(&in) >> 4) + 1;
	align = UINT64_C(1) << take32(&in) % 24;
	map = in.at;
	map_size = in.left;
	if (boot_info.mbi.mmap_length > 1 << 16)
		boot_info.mbi.mmap_length %= 1 << 16; /* zeros take time, and show nothing */
	find(from, bytes, align);
	memset(why, 'x', sizeof(why));
	multiboot_explain(from, FOUR_GIB, align, why, sizeof(why));
	REQUIRE(memchr(why, 0, sizeof(why)) && *why);
	multiboot_memory_end();
	return 0;
}
