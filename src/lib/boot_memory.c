/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/boot.h"

#include "lib/multiboot.h"
#include "lib/printf.h"
#include "x86/paging.h"

#define FOUR_GIB (UINT64_C(1) << 32)

static void each_size(boot_visit *visit, void *arg)
{
	struct boot_region lower = {0, (uint64_t)boot_info.mem_lower << 10, BOOT_MEMORY_AVAILABLE};
	struct boot_region upper = {UPPER_MEMORY, (uint64_t)boot_info.mem_upper << 10,
				    BOOT_MEMORY_AVAILABLE};

	if (lower.length > LOWER_MEMORY_MAX)
		lower.length = LOWER_MEMORY_MAX;
	if (visit(&lower, arg))
		visit(&upper, arg);
}

/* An entry of the map: where it is, and how it lies there. */
struct entry {
	uint32_t offset, rest; /* in the map; from there to the map's end */
	uint32_t before, size; /* of what is before the region; of the region and what follows */
	const struct boot_region *region;
};

/* False if the entry at entry->offset is malformed. */
static bool look_at_entry(struct entry *entry)
{
	const uint8_t *at = paging_peek(boot_info.map + entry->offset);

	entry->rest = boot_info.map_length - entry->offset;
	entry->before = boot_info.map_stride ? 0 : sizeof(uint32_t);
	entry->size = boot_info.map_stride ? boot_info.map_stride
					   : ((const struct multiboot_mmap_entry *)at)->size;
	entry->region = (const struct boot_region *)(at + entry->before);
	return entry->rest >= entry->before + sizeof(*entry->region) &&
	       entry->size >= sizeof(*entry->region) && entry->size <= entry->rest - entry->before;
}

/* False if an entry is malformed; then @entry is that one. */
static bool each_entry(boot_visit *visit, void *arg, struct entry *entry)
{
	for (entry->offset = 0; entry->offset < boot_info.map_length;) {
		if (!look_at_entry(entry))
			return false;
		if (!visit(entry->region, arg))
			return true;
		entry->offset += entry->before + entry->size;
	}
	return true;
}

bool boot_each_region(boot_visit *visit, void *arg)
{
	struct entry entry;

	if (boot_info.map_length)
		return each_entry(visit, arg, &entry);
	if (boot_info.has_sizes)
		each_size(visit, arg);
	return boot_info.has_sizes;
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
static bool add_region(const struct boot_region *region, void *arg)
{
	struct place *place = arg;
	uint64_t end = region->base + region->length;
	bool wraps = end < region->base;

	if (region->type != BOOT_MEMORY_AVAILABLE)
		add_range(place, region->base, wraps ? UINT64_MAX : end, &place->taken);
	else if (!wraps)
		add_range(place, region->base, end, &place->available);
	return true;
}

static bool look_at(struct place *place)
{
	if (!boot_each_region(add_region, place))
		return false;
	add_range(place, boot_info.map, boot_info.map + boot_info.map_length, &place->taken);
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

uint64_t boot_find_memory(uint64_t from, uint64_t size, uint64_t align)
{
	uint64_t largest;

	return search(from, FOUR_GIB, size, align, &largest);
}

static void explain_malformed(const struct entry *entry, char *text, size_t size)
{
	const uint32_t least = entry->before + sizeof(*entry->region);

	if (entry->rest < least)
		format(text, size,
		       "the boot loader's memory map is malformed at byte %u: %u more, wanted %u",
		       entry->offset, entry->rest, least);
	else
		format(text, size,
		       "the boot loader's memory map is malformed at byte %u: an entry's size is "
		       "%u, wanted %u to %u",
		       entry->offset, entry->size, (unsigned)sizeof(*entry->region),
		       entry->rest - entry->before);
}

static bool ignore(const struct boot_region *region, void *arg)
{
	(void)region;
	(void)arg;
	return true;
}

void boot_explain(uint64_t from, uint64_t limit, uint64_t align, char *text, size_t size)
{
	struct entry entry;
	uint64_t largest;

	if (!boot_info.map_length && !boot_info.has_sizes) {
		format(text, size, "the boot loader gave neither a memory map nor mem_upper");
	} else if (!each_entry(ignore, NULL, &entry)) {
		explain_malformed(&entry, text, size);
	} else {
		search(from, limit, UINT64_MAX, align, &largest);
		format(text, size, "the largest free range from %#lx to %#lx has %lu KiB", from,
		       limit, largest >> 10);
	}
}

static bool raise_end(const struct boot_region *region, void *arg)
{
	uint64_t *highest = arg;
	uint64_t end = region->base + region->length;

	if (end < region->base)
		end = UINT64_MAX;
	if (end > *highest)
		*highest = end;
	return true;
}

uint64_t boot_memory_end(void)
{
	uint64_t highest = 0;
	bool known = boot_info.map_length && boot_each_region(raise_end, &highest) && highest;

	return known ? highest : UINT64_MAX;
}
