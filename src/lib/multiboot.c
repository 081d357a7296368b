/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/multiboot.h"

#include "lib/printf.h"
#include "lib/string.h"
#include "x86/paging.h"

#define FOUR_GIB    (UINT64_C(1) << 32)
#define ENTRY_LEAST (sizeof(struct multiboot_mmap_entry) - sizeof(uint32_t))

static bool has_map(void)
{
	return boot_info.mbi.flags & MBI_FLAG_MMAP && boot_info.mbi.mmap_length;
}

/* All that a loader has to tell: how much memory there is from 0 on, and from 1 MiB on. */
static bool each_size(multiboot_visit *visit, void *arg)
{
	const struct multiboot_info *mbi = &boot_info.mbi;
	struct multiboot_mmap_entry lower = {ENTRY_LEAST, 0, (uint64_t)mbi->mem_lower << 10,
					     MULTIBOOT_MEMORY_AVAILABLE};
	struct multiboot_mmap_entry upper = {ENTRY_LEAST, UPPER_MEMORY,
					     (uint64_t)mbi->mem_upper << 10,
					     MULTIBOOT_MEMORY_AVAILABLE};

	if (!(mbi->flags & MBI_FLAG_MEMORY))
		return false;
	if (lower.length > LOWER_MEMORY_MAX)
		lower.length = LOWER_MEMORY_MAX;
	if (visit(&lower, arg))
		visit(&upper, arg);
	return true;
}

/* Likewise over the map, whose entry at *@at, if it returns false, has no size that it can have. */
static bool each_entry(multiboot_visit *visit, void *arg, uint32_t *at)
{
	uint32_t length = boot_info.mbi.mmap_length;

	for (*at = 0; *at < length;) {
		const struct multiboot_mmap_entry *region =
			paging_peek((uint64_t)boot_info.mbi.mmap_addr + *at);
		uint32_t rest = length - *at, size = region->size;

		if (rest < sizeof(*region) || size < ENTRY_LEAST || size > rest - sizeof(size))
			return false;
		if (!visit(region, arg))
			return true;
		*at += size + (uint32_t)sizeof(size);
	}
	return true;
}

bool multiboot_each_region(multiboot_visit *visit, void *arg)
{
	uint32_t at;

	return has_map() ? each_entry(visit, arg, &at) : each_size(visit, arg);
}

/*
 * A place in memory: whether it is available, and whether it is taken, which outweighs that.  It is
 * the same up to before @next.
 */
struct place {
	uint64_t at, next;
	bool available, taken;
};

static void look_at(struct place *place, uint64_t start, uint64_t end, bool *what)
{
	uint64_t next = start > place->at ? start : end;

	if (next <= place->at)
		return;
	if (next < place->next)
		place->next = next;
	if (start <= place->at)
		*what = true;
}

/* Of what begins and never ends, only that is believed which forbids something. */
static bool look_at_region(const struct multiboot_mmap_entry *region, void *arg)
{
	struct place *place = arg;
	uint64_t end = region->base + region->length;
	bool available = region->type == MULTIBOOT_MEMORY_AVAILABLE;
	bool wraps = end < region->base;

	if (!available)
		look_at(place, region->base, wraps ? UINT64_MAX : end, &place->taken);
	else if (!wraps)
		look_at(place, region->base, end, &place->available);
	return true;
}

static bool look(struct place *place)
{
	uint64_t map = boot_info.mbi.mmap_addr;

	if (!multiboot_each_region(look_at_region, place))
		return false;
	if (has_map())
		look_at(place, map, map + boot_info.mbi.mmap_length, &place->taken);
	return true;
}

/*
 * From place to place, in rising order, whatever the map's own is.  Stops where @size bytes are free, and
 * returns where; 0 if that is nowhere, and then *@largest is how many are free at most.
 */
static uint64_t search(uint64_t from, uint64_t limit, uint64_t size, uint64_t align,
		       uint64_t *largest)
{
	struct place place;
	uint64_t start = from; /* of what is free, aligned */

	*largest = 0;
	for (uint64_t at = from; at < limit; at = place.next) {
		place = (struct place){.at = at, .next = limit};
		if (!look(&place))
			return 0;
		if (!place.available || place.taken) {
			start = place.next;
			continue;
		}
		start = (start + align - 1) & -align;
		if (start >= place.next)
			continue;
		if (place.next - start >= size)
			return start;
		if (place.next - start > *largest)
			*largest = place.next - start;
	}
	return 0;
}

uint64_t multiboot_find_memory(uint64_t from, uint64_t size, uint64_t align)
{
	uint64_t largest;

	return search(from, FOUR_GIB, size, align, &largest);
}

static bool nothing(const struct multiboot_mmap_entry *region, void *arg)
{
	(void)region;
	(void)arg;
	return true;
}

void multiboot_explain(uint64_t from, uint64_t limit, uint64_t align, char *text, size_t size)
{
	uint64_t largest;
	uint32_t at;

	if (!multiboot_each_region(nothing, NULL) && !has_map()) {
		format(text, size, "the boot loader gave neither a memory map nor mem_upper");
	} else if (has_map() && !each_entry(nothing, NULL, &at)) {
		uint32_t rest = boot_info.mbi.mmap_length - at;
		const struct multiboot_mmap_entry *region =
			paging_peek((uint64_t)boot_info.mbi.mmap_addr + at);

		if (rest < sizeof(*region))
			format(text, size,
			       "the boot loader's memory map is malformed at byte %u: %u more, wanted %u",
			       at, rest, (unsigned)sizeof(*region));
		else
			format(text, size,
			       "the boot loader's memory map is malformed at byte %u: an entry's size is "
			       "%u, wanted %u to %u",
			       at, region->size, (unsigned)ENTRY_LEAST, rest - 4);
	} else {
		search(from, limit, UINT64_MAX, align, &largest);
		format(text, size, "the largest free range from %#lx to %#lx has %lu KiB", from,
		       limit, largest >> 10);
	}
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
	bool known = has_map() && multiboot_each_region(raise_end, &highest) && highest;

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
