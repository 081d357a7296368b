/* SPDX-License-Identifier: GPL-2.0-only */
/* What the boot loader said: Multiboot Specification 0.6.96, section 3.3. */
#ifndef LIB_MULTIBOOT_H
#define LIB_MULTIBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MBI_FLAG_MEMORY  0x01u
#define MBI_FLAG_CMDLINE 0x04u
#define MBI_FLAG_MODS    0x08u
#define MBI_FLAG_MMAP    0x40u

/* The information's first 52 bytes: all that we use. */
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

/* boot/entry.asm's copy of it all. */
#define BOOT_LINE_SIZE 1024
#define BOOT_MMAP_SIZE 3072

struct boot_info {
	uint32_t magic; /* EAX at the entry */
	struct multiboot_info mbi;
	struct multiboot_module module;   /* the first, if there is one */
	char cmdline[BOOT_LINE_SIZE];     /* without a 0 where it was longer */
	char module_line[BOOT_LINE_SIZE]; /* likewise */
	uint8_t mmap[BOOT_MMAP_SIZE];
};

extern struct boot_info boot_info;

/*
 * Calls @visit for each entry of the memory map, in its order, until that returns
 * false.  False if there is no map, or if it is malformed or larger than BOOT_MMAP_SIZE.
 */
bool multiboot_each_region(bool (*visit)(const struct multiboot_mmap_entry *region, void *arg),
			   void *arg);

/*
 * The lowest address, a multiple of @align (a power of two), of @size bytes of
 * available memory between @from, which is not 0, and 4 GiB.  0 if there are none.
 */
uint64_t multiboot_find_memory(uint64_t from, uint64_t size, uint64_t align);

/*
 * The first address above every entry of the memory map, of whatever type; UINT64_MAX if
 * there is no such map.
 */
uint64_t multiboot_memory_end(void);

/* The command line, or the first module's; NULL if it was too long, "" if there was none. */
char *multiboot_cmdline(void);
char *multiboot_module_line(void);

#endif
