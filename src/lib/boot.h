/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boot loader tells the image, whatever its protocol. */
#ifndef LIB_BOOT_H
#define LIB_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An entry of a memory map: all protocols have these fields, and the same number for memory. */
struct boot_region {
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

#define BOOT_MEMORY_AVAILABLE 1u

_Static_assert(sizeof(struct boot_region) == 20, "in all protocols");

/* A screen of pixels: multiboot 1 and 2 have these fields.  See framebuffer.h before using it. */
struct boot_framebuffer {
	uint64_t address;
	uint32_t pitch; /* bytes from a line of pixels to the next */
	uint32_t width, height;
	uint8_t bits; /* of a pixel */
	uint8_t type;
} __attribute__((packed));

_Static_assert(sizeof(struct boot_framebuffer) == 22, "Multiboot 3.3, Multiboot2 3.6.12");

/* Longer lines are refused. */
#define BOOT_LINE_SIZE 1024

struct boot_info {
	uint32_t protocol; /* the magic number of the protocol; boot/entry.asm sets these two */
	uint64_t at;       /* the physical address of what the loader tells in it */

	const char *error; /* why that cannot be used; NULL if it can */

	/* The memory map can have any length, so it stays where it is. */
	uint64_t map;
	uint32_t map_length; /* bytes; 0: there is none */
	uint32_t map_stride; /* from an entry to the next; 0: each has its size before it */

	bool has_sizes;                /* a loader may know only these */
	uint32_t mem_lower, mem_upper; /* KiB */

	bool has_module;
	struct boot_module {
		uint64_t start, end;
	} module; /* the first */

	struct boot_framebuffer framebuffer; /* zeros if there is none */

	char cmdline[BOOT_LINE_SIZE];     /* not terminated if it was too long */
	char module_line[BOOT_LINE_SIZE]; /* likewise */
};

extern struct boot_info boot_info;

/*
 * Sets the rest of boot_info.  To be called before any memory beside the image is written: what the
 * loader tells may be anywhere in it.
 */
void boot_read(void);

/*
 * Calls @visit for each entry of the memory map, in the map's order, until that returns false.
 * Without a map the entries are made from mem_lower and mem_upper.  Returns false if the loader
 * gave neither, or if the map is malformed.
 */
typedef bool boot_visit(const struct boot_region *region, void *arg);
bool boot_each_region(boot_visit *visit, void *arg);

/*
 * Finds @size bytes of free memory between @from, which is not 0, and 4 GiB: available by one entry
 * or several, and not in any entry of another type, nor in the map itself.  Returns the lowest such
 * address that is a multiple of @align, a power of two; 0 if there is none.
 */
uint64_t boot_find_memory(uint64_t from, uint64_t size, uint64_t align);

/* Writes to @text, of @size bytes, why boot_find_memory() finds no more below @limit. */
#define BOOT_WHY_MAX 128
void boot_explain(uint64_t from, uint64_t limit, uint64_t align, char *text, size_t size);

/* The end of the highest entry of the memory map, of any type; UINT64_MAX if that is unknown. */
uint64_t boot_memory_end(void);

/* The image's command line, and the first module's: NULL if too long, "" if there is none. */
char *boot_cmdline(void);
char *boot_module_line(void);

#endif
