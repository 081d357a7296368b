/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/loader.h"

#include <stddef.h>

#include "lib/multiboot.h"
#include "lib/printf.h"
#include "lib/string.h"

#define HEADER_MAGIC       0x1badb002u
#define LOADER_MAGIC       0x2badb002u
#define SEARCH_LENGTH      8192u
#define REQUIREMENTS       0xffffu /* these flags the loader must know */
#define KNOWN_REQUIREMENTS 0x3u    /* page alignment, memory information */
#define HAS_ADDRESSES      (1u << 16)

/* The information is in the second page: the first is a BIOS's. */
#define INFO_GPA 0x1000u
#define MAP_GPA  0x1100u
#define LINE_GPA 0x1200u
#define INFO_END 0x2000u

#define INFO_FLAGS (MBI_FLAG_CMDLINE | MBI_FLAG_MMAP | MBI_FLAG_MEMORY)

struct header {
	uint32_t magic, flags, checksum;
	uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

#define FAIL(...) (format(error, LOADER_ERROR_MAX, __VA_ARGS__), false)

/* The header's offset in the image; -1: there is none. */
static int64_t find_header(const uint8_t *image, uint64_t length, struct header *header)
{
	uint64_t end = length < SEARCH_LENGTH ? length : SEARCH_LENGTH;

	for (uint64_t at = 0; at + sizeof(*header) <= end; at += 4) {
		memcpy(header, image + at, sizeof(*header));
		if (header->magic == HEADER_MAGIC &&
		    header->magic + header->flags + header->checksum == 0)
			return (int64_t)at;
	}
	return -1;
}

static bool check_header(const struct header *h, char *error)
{
	uint32_t unknown = h->flags & REQUIREMENTS & ~KNOWN_REQUIREMENTS;

	if (unknown)
		return FAIL("guest image: header asks for %#x, wanted no flag but bits 0 and 1",
			    unknown);
	if (!(h->flags & HAS_ADDRESSES))
		return FAIL("guest image: header without address fields, wanted flag bit 16");
	if (h->load_addr > h->header_addr)
		return FAIL("guest image: load address %#x above its header's %#x", h->load_addr,
			    h->header_addr);
	return true;
}

static bool load_image(const struct guest_memory *memory, const uint8_t *image, uint64_t length,
		       const struct header *h, uint64_t header_at, char *error)
{
	uint64_t before = h->header_addr - h->load_addr; /* bytes loaded before the header */
	uint64_t start, size, bss;
	uint8_t *to;

	if (before > header_at)
		return FAIL("guest image: %#lx bytes wanted before its header, there are %#lx",
			    before, header_at);
	start = header_at - before;
	size = h->load_end_addr ? (uint64_t)h->load_end_addr - h->load_addr : length - start;
	if (h->load_end_addr && h->load_end_addr <= h->load_addr)
		return FAIL("guest image: load end %#x not above its start %#x", h->load_end_addr,
			    h->load_addr);
	if (size > length - start)
		return FAIL("guest image: truncated, wanted %#lx bytes, got %#lx", start + size,
			    length);
	bss = h->bss_end_addr ? (uint64_t)h->bss_end_addr - h->load_addr : size;
	if (bss < size || (h->bss_end_addr && h->bss_end_addr < h->load_addr))
		return FAIL("guest image: bss end %#x below the image's", h->bss_end_addr);
	if (h->entry_addr < h->load_addr || h->entry_addr - h->load_addr >= size)
		return FAIL("guest image: entry %#x outside it", h->entry_addr);
	if (h->load_addr < INFO_END)
		return FAIL("guest image: load address %#x, wanted %#x or more", h->load_addr,
			    INFO_END);
	to = guest_bytes(memory, h->load_addr, bss);
	if (!to)
		return FAIL("guest image: %#x-%#lx is not in the guest's memory of %lu MiB",
			    h->load_addr, h->load_addr + bss, memory->size >> 20);
	memcpy(to, image + start, size);
	memset(to + size, 0, bss - size);
	return true;
}

static bool write_information(const struct guest_memory *memory, const char *line, char *error)
{
	const struct multiboot_mmap_entry map[] = {
		{20, 0, GUEST_HOLE_START, MULTIBOOT_MEMORY_AVAILABLE},
		{20, GUEST_HOLE_END, memory->size - GUEST_HOLE_END, MULTIBOOT_MEMORY_AVAILABLE},
	};
	const struct multiboot_info info = {
		.flags = INFO_FLAGS,
		.mem_lower = GUEST_HOLE_START >> 10,
		.mem_upper = (uint32_t)((memory->size - GUEST_HOLE_END) >> 10),
		.cmdline = LINE_GPA,
		.mmap_length = sizeof(map),
		.mmap_addr = MAP_GPA,
	};
	size_t length = strlen(line) + 1;

	if (length > INFO_END - LINE_GPA)
		return FAIL("guest command line: %lu characters, wanted less than %u", length - 1,
			    INFO_END - LINE_GPA);
	return guest_write(memory, INFO_GPA, &info, sizeof(info)) &&
	       guest_write(memory, MAP_GPA, map, sizeof(map)) &&
	       guest_write(memory, LINE_GPA, line, length);
}

bool load_guest(const struct guest_memory *memory, const uint8_t *image, uint64_t length,
		const char *line, struct loaded_guest *loaded, char error[LOADER_ERROR_MAX])
{
	struct header header;
	int64_t at = find_header(image, length, &header);

	if (at < 0)
		return FAIL("guest image: no multiboot 1 header in its first %u bytes",
			    SEARCH_LENGTH);
	if (!check_header(&header, error) ||
	    !load_image(memory, image, length, &header, (uint64_t)at, error) ||
	    !write_information(memory, line, error))
		return false;
	*loaded = (struct loaded_guest){
		.entry = header.entry_addr, .eax = LOADER_MAGIC, .ebx = INFO_GPA};
	return true;
}

void load_screen(const struct guest_memory *memory, const struct boot_framebuffer *screen)
{
	const uint32_t flags = INFO_FLAGS | MBI_FLAG_FRAMEBUFFER;

	guest_write(memory, INFO_GPA + offsetof(struct multiboot_info, flags), &flags,
		    sizeof(flags));
	guest_write(memory, INFO_GPA + offsetof(struct multiboot_info, framebuffer), screen,
		    sizeof(*screen));
}
