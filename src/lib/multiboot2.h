/* SPDX-License-Identifier: GPL-2.0-only */
/* What a multiboot 2 loader tells an image: Multiboot2 Specification 2.0, section 3.6. */
#ifndef LIB_MULTIBOOT2_H
#define LIB_MULTIBOOT2_H

#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT2_MAGIC 0x36d76289u /* EAX at the entry; EBX: where the information is */

/* The information: its size with this, a reserved word, then tags on multiples of 8 bytes. */
struct multiboot2_info {
	uint32_t size, reserved;
};

#define MULTIBOOT2_TAG_ALIGN 8u

enum multiboot2_tag_type {
	MULTIBOOT2_END = 0,
	MULTIBOOT2_CMDLINE = 1,
	MULTIBOOT2_MODULE = 3,
	MULTIBOOT2_MEMORY = 4,
	MULTIBOOT2_MAP = 6,
	MULTIBOOT2_FRAMEBUFFER = 8, /* a struct boot_framebuffer */
};

/* Padding after a tag is not in its size. */
struct multiboot2_tag {
	uint32_t type, size;
	union {
		struct {
			uint32_t start, end; /* then the module's line */
		} module;
		struct {
			uint32_t lower, upper; /* KiB, as in multiboot 1 */
		} memory;
		struct {
			uint32_t entry_size, version; /* then entries: struct boot_region */
		} map;
	};
};

#define MULTIBOOT2_TAG_HEADER 8u /* all that an end and a command line have before their text */

_Static_assert(offsetof(struct multiboot2_tag, module) == MULTIBOOT2_TAG_HEADER, "3.6.1");
_Static_assert(sizeof(struct multiboot2_tag) == 16, "Multiboot2 3.6.6, 3.6.8");

#endif
