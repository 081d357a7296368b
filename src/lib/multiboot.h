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

/* The most of the memory below 1 MiB that mem_lower may speak of, and what mem_upper begins at. */
#define LOWER_MEMORY_MAX UINT64_C(0xa0000)
#define UPPER_MEMORY     UINT64_C(0x100000)

/* boot/entry.asm's copy of it, without the memory map, which has any length: it stays where it is. */
#define BOOT_LINE_SIZE 1024

struct boot_info {
	uint32_t magic; /* EAX at the entry */
	struct multiboot_info mbi;
	struct multiboot_module module;   /* the first, if there is one */
	char cmdline[BOOT_LINE_SIZE];     /* without a 0 where it was longer */
	char module_line[BOOT_LINE_SIZE]; /* likewise */
};

extern struct boot_info boot_info;

/*
 * Calls @visit for each entry of the memory map, in its order, until that returns
 * false.  Without a map the entries are what mem_lower and mem_upper say.  False if
 * there is nothing of either, or if the map is malformed.
 */
typedef bool multiboot_visit(const struct multiboot_mmap_entry *region, void *arg);
bool multiboot_each_region(multiboot_visit *visit, void *arg);

/*
 * The lowest address, a multiple of @align (a power of two), of @size bytes of
 * memory between @from, which is not 0, and 4 GiB, that is available, by one entry or several, and
 * that no entry of another type has a part in; nor the map itself.  0 if there are none.
 */
uint64_t multiboot_find_memory(uint64_t from, uint64_t size, uint64_t align);

/* Why it found no more between @from and @limit. */
#define MULTIBOOT_WHY_MAX 128
void multiboot_explain(uint64_t from, uint64_t limit, uint64_t align, char *text, size_t size);

/*
 * The first address above every entry of the memory map, of whatever type; UINT64_MAX if
 * there is no such map.
 */
uint64_t multiboot_memory_end(void);

/* The command line, or the first module's; NULL if it was too long, "" if there was none. */
char *multiboot_cmdline(void);
char *multiboot_module_line(void);

#endif
