/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/multiboot.h"

#include "lib/printf.h"
#include "lib/string.h"
#include "x86/paging.h"

#define FOUR_GIB       (UINT64_C(1) << 32)
#define ENTRY_SIZE_MIN (sizeof(struct multiboot_mmap_entry) - sizeof(uint32_t))

static bool has_map(void)
{
	return boot_info.mbi.flags & MBI_FLAG_MMAP && boot_info.mbi.mmap_length;
}

static bool has_sizes(void)
{
	return boot_info.mbi.flags & MBI_FLAG_MEMORY;
}

static void each_size(multiboot_visit *visit, void *arg)
{
	const struct multiboot_info *mbi = &boot_info.mbi;
	struct multiboot_mmap_entry lower = {ENTRY_SIZE_MIN, 0, (uint64_t)mbi->mem_lower << 10,
					     MULTIBOOT_MEMORY_AVAILABLE};
	struct multiboot_mmap_entry upper = {ENTRY_SIZE_MIN, UPPER_MEMORY,
					     (uint64_t)mbi->mem_upper << 10,
					     MULTIBOOT_MEMORY_AVAILABLE};

	if (lower.length > LOWER_MEMORY_MAX)
		lower.length = LOWER_MEMORY_MAX;
	if (visit(&lower, arg))
		visit(&upper, arg);
}

static const struct multiboot_mmap_entry *entry_at(uint32_t offset)
{
	return paging_peek((uint64_t)boot_info.mbi.mmap_addr + offset);
}

/* False if an entry is malformed; then *@at is its offset in the map. */
static bool each_entry(multiboot_visit *visit, void *arg, uint32_t *at)
{
	uint32_t length = boot_info.mbi.mmap_length;

	for (*at = 0; *at < length;) {
		const struct multiboot_mmap_entry *entry = entry_at(*at);
		uint32_t rest = length - *at, size = entry->size;

		if (rest < sizeof(*entry) || size < ENTRY_SIZE_MIN || size > rest - sizeof(size))
			return false;
		if (!visit(entry, arg))
			return true;
		*at += size + (uint32_t)sizeof(size);
	}
	return true;
}

bool multiboot_each_region(multiboot_visit *visit, void *arg)
{
	uint32_t at;

	if (has_map())
		return each_entry(visit, arg, &at);
	if (has_sizes())
		each_size(visit, arg);
	return has_sizes();
}

/*
 * The memory from @at to @next: whether it is available, and whether it is taken.  What is taken is
 * not free, even if it is available as well.
 */
struct place {
	uint64_t at, next;
	bool available, taken;
};

/* Sets *@property if @place is in the range from @start to @end; @place ends at its border. */
static void add_range(struct place *place, uint64_t start, uint64_t end, bool *property)
{
	uint64_t next = start > place->at ? start : end;

	if (next <= place->at)
		return;
	if (next < place->next)
		place->next = next;
	if (start <= place->at)
		*property = true;
}

/* If its end wraps, an available region is ignored, and any other one never ends. */
static bool add_region(const struct multiboot_mmap_entry *region, void *arg)
{
	struct place *place = arg;
	uint64_t end = region->base + region->length;
	bool wraps = end < region->base;

	if (region->type != MULTIBOOT_MEMORY_AVAILABLE)
		add_range(place, region->base, wraps ? UINT64_MAX : end, &place->taken);
	else if (!wraps)
		add_range(place, region->base, end, &place->available);
	return true;
}

static bool look_at(struct place *place)
{
	uint64_t map = boot_info.mbi.mmap_addr;

	if (!multiboot_each_region(add_region, place))
		return false;
	if (has_map())
		add_range(place, map, map + boot_info.mbi.mmap_length, &place->taken);
	return true;
}

/*
 * Looks at one place after the other, in rising order whatever the order of the map, until @size
 * bytes are free.  Returns their address; 0 if there are none, and then *@largest is the size of
 * the largest free range.
 */
static uint64_t search(uint64_t from, uint64_t limit, uint64_t size, uint64_t align,
		       uint64_t *largest)
{
	struct place place;
	uint64_t start = from; /* of the free range, aligned */

	*largest = 0;
	for (uint64_t at = from; at < limit; at = place.next) {
		place = (struct place){.at = at, .next = limit};
		if (!look_at(&place))
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

static void explain_malformed(uint32_t at, char *text, size_t size)
{
	const struct multiboot_mmap_entry *entry = entry_at(at);
	uint32_t rest = boot_info.mbi.mmap_length - at;

	if (rest < sizeof(*entry))
		format(text, size,
		       "the boot loader's memory map is malformed at byte %u: %u more, wanted %u",
		       at, rest, (unsigned)sizeof(*entry));
	else
		format(text, size,
		       "the boot loader's memory map is malformed at byte %u: an entry's size is "
		       "%u, wanted %u to %u",
		       at, entry->size, (unsigned)ENTRY_SIZE_MIN, rest - 4);
}

static bool ignore(const struct multiboot_mmap_entry *region, void *arg)
{
	(void)region;
	(void)arg;
	return true;
}

void multiboot_explain(uint64_t from, uint64_t limit, uint64_t align, char *text, size_t size)
{
	uint64_t largest;
	uint32_t at;

	if (!has_map() && !has_sizes()) {
		format(text, size, "the boot loader gave neither a memory map nor mem_upper");
	} else if (has_map() && !each_entry(ignore, NULL, &at)) {
		explain_malformed(at, text, size);
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
