/* SPDX-License-Identifier: GPL-2.0-only */
/* What a multiboot 1 loader tells an image: Multiboot Specification 0.6.96, section 3.3. */
#ifndef LIB_MULTIBOOT_H
#define LIB_MULTIBOOT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/boot.h"

#define MULTIBOOT_MAGIC 0x2badb002u /* EAX at the entry; EBX: where the information is */

#define MBI_FLAG_MEMORY  0x01u
#define MBI_FLAG_CMDLINE 0x04u
#define MBI_FLAG_MODS    0x08u
#define MBI_FLAG_MMAP    0x40u

#define MBI_FLAG_FRAMEBUFFER 0x1000u

/* The first 110 bytes, which are all that the images use. */
struct multiboot_info {
	uint32_t flags;
	uint32_t mem_lower, mem_upper; /* KiB */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count, mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length, mmap_addr;
	uint32_t unused[9]; /* drives, tables of the BIOS, VBE */
	struct boot_framebuffer framebuffer;
} __attribute__((packed));

_Static_assert(offsetof(struct multiboot_info, cmdline) == 16, "Multiboot 3.3");
_Static_assert(offsetof(struct multiboot_info, mmap_addr) == 48, "Multiboot 3.3");
_Static_assert(offsetof(struct multiboot_info, framebuffer) == 88, "Multiboot 3.3");

struct multiboot_module {
	uint32_t start, end, string, reserved;
};

struct multiboot_mmap_entry {
	uint32_t size; /* of the rest of the entry */
	uint64_t base, length;
	uint32_t type; /* as in struct boot_region */
} __attribute__((packed));

#define MULTIBOOT_MEMORY_AVAILABLE 1u

_Static_assert(sizeof(struct multiboot_mmap_entry) == 24, "Multiboot 3.3");

/* mem_lower counts from 0, at most up to LOWER_MEMORY_MAX; mem_upper from UPPER_MEMORY. */
#define LOWER_MEMORY_MAX UINT64_C(0xa0000)
#define UPPER_MEMORY     UINT64_C(0x100000)

#endif
