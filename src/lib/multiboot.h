/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boot loader tells the image: Multiboot Specification 0.6.96, section 3.3. */
#ifndef LIB_MULTIBOOT_H
#define LIB_MULTIBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MBI_FLAG_MEMORY  0x01u
#define MBI_FLAG_CMDLINE 0x04u
#define MBI_FLAG_MODS    0x08u
#define MBI_FLAG_MMAP    0x40u

/* The first 52 bytes, which are all that the images use. */
struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper; /* KiB */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr;
};

_Static_assert(offsetof(struct multiboot_info, cmdline) == 16, "Multiboot 3.3");
_Static_assert(offsetof(struct multiboot_info, mmap_addr) == 48, "Multiboot 3.3");

struct multiboot_module {
	uint32_t start, end, string, reserved;
};

struct multiboot_mmap_entry {
	uint32_t size; /* of the rest of the entry */
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

#define MULTIBOOT_MEMORY_AVAILABLE 1u

_Static_assert(sizeof(struct multiboot_mmap_entry) == 24, "Multiboot 3.3");

/* mem_lower counts from 0, at most up to LOWER_MEMORY_MAX; mem_upper from UPPER_MEMORY. */
#define LOWER_MEMORY_MAX UINT64_C(0xa0000)
#define UPPER_MEMORY     UINT64_C(0x100000)

/* What boot/entry.asm copies.  The memory map can have any length, so it stays where it is. */
#define BOOT_LINE_SIZE 1024

struct boot_info {
	uint32_t magic; /* EAX at the entry */
	struct multiboot_info mbi;
	struct multiboot_module module;   /* the first, if there is one */
	char cmdline[BOOT_LINE_SIZE];     /* not terminated if it was too long */
	char module_line[BOOT_LINE_SIZE]; /* likewise */
};

extern struct boot_info boot_info;

/*
 * Calls @visit for each entry of the memory map, in the map's order, until that returns false.
 * Without a map the entries are made from mem_lower and mem_upper.  Returns false if the loader
 * gave neither, or if the map is malformed.
 */
typedef bool multiboot_visit(const struct multiboot_mmap_entry *region, void *arg);
bool multiboot_each_region(multiboot_visit *visit, void *arg);

/*
 * Finds @size bytes of free memory between @from, which is not 0, and 4 GiB: available by one entry
 * or several, and not in any entry of another type, nor in the map itself.  Returns the lowest such
 * address that is a multiple of @align, a power of two; 0 if there is none.
 */
uint64_t multiboot_find_memory(uint64_t from, uint64_t size, uint64_t align);

/* Writes to @text, of @size bytes, why multiboot_find_memory() finds no more below @limit. */
#define MULTIBOOT_WHY_MAX 128
void multiboot_explain(uint64_t from, uint64_t limit, uint64_t align, char *text, size_t size);

/* The end of the highest entry of the memory map, of any type; UINT64_MAX if that is unknown. */
uint64_t multiboot_memory_end(void);

/* The image's command line, and the first module's: NULL if too long, "" if there is none. */
char *multiboot_cmdline(void);
char *multiboot_module_line(void);

#endif
