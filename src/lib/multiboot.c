/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/multiboot.h"

#include "lib/string.h"

#define FOUR_GIB (UINT64_C(1) << 32)

bool multiboot_each_region(bool (*visit)(const struct multiboot_mmap_entry *region, void *arg),
			   void *arg)
{
	const struct multiboot_info *mbi = &boot_info.mbi;
	struct multiboot_mmap_entry region;
	uint32_t at = 0;

	if (!(mbi->flags & MBI_FLAG_MMAP) || mbi->mmap_length > BOOT_MMAP_SIZE)
		return false;
	while (at < mbi->mmap_length) {
		if (mbi->mmap_length - at < sizeof(region))
			return false;
		memcpy(&region, boot_info.mmap + at, sizeof(region));
		if (region.size < sizeof(region) - sizeof(region.size) ||
		    region.size > mbi->mmap_length - at - sizeof(region.size))
			return false;
		if (!visit(&region, arg))
			return true;
		at += region.size + sizeof(region.size);
	}
	return true;
}

struct search {
	uint64_t from, size, align, found;
};

static bool find(const struct multiboot_mmap_entry *region, void *arg)
{
	struct search *s = arg;
	uint64_t start = region->base > s->from ? region->base : s->from;
	uint64_t end = region->base + region->length;

	if (region->type != MULTIBOOT_MEMORY_AVAILABLE || end < region->base || start >= FOUR_GIB)
		return true;
	start = (start + s->align - 1) & -s->align;
	if (end > FOUR_GIB)
		end = FOUR_GIB;
	if (start < end && end - start >= s->size && (!s->found || start < s->found))
		s->found = start;
	return true;
}

uint64_t multiboot_find_memory(uint64_t from, uint64_t size, uint64_t align)
{
	struct search s = {.from = from, .size = size, .align = align};

	return multiboot_each_region(find, &s) ? s.found : 0;
}

static bool raise_end(const struct multiboot_mmap_entry *region, void *arg)
{
	uint64_t *highest = arg;
	uint64_t end = region->base + region->length;

	if (end < region->base)
		end = UINT64_MAX;
	if (end > *highest)
		*highest = end;
	return true;
}

uint64_t multiboot_memory_end(void)
{
	uint64_t highest = 0;
	bool known = multiboot_each_region(raise_end, &highest) && highest;

	return known ? highest : UINT64_MAX;
}

static char *terminated(char *line)
{
	return strnlen(line, BOOT_LINE_SIZE) < BOOT_LINE_SIZE ? line : NULL;
}

char *multiboot_cmdline(void)
{
	return terminated(boot_info.cmdline);
}

char *multiboot_module_line(void)
{
	return terminated(boot_info.module_line);
}
