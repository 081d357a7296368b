/* SPDX-License-Identifier: GPL-2.0-only */
/* What a PVH loader tells an image: Xen's public/arch-x86/hvm/start_info.h, version 1. */
#ifndef LIB_PVH_H
#define LIB_PVH_H

#include <stddef.h>
#include <stdint.h>

#define PVH_MAGIC 0x336ec578u

struct pvh_start_info { /* EBX at the entry: where it is */
	uint32_t magic, version, flags;
	uint32_t modules_count;
	uint64_t modules, cmdline, rsdp; /* addresses; 0: there is none */
	uint64_t map;                    /* from version 1 on, as what follows */
	uint32_t map_count, reserved;
};

_Static_assert(offsetof(struct pvh_start_info, map) == 40, "start_info.h");
_Static_assert(sizeof(struct pvh_start_info) == 56, "start_info.h");

struct pvh_module {
	uint64_t start, size, cmdline, reserved;
};

struct pvh_map_entry {
	uint64_t base, length;
	uint32_t type; /* as in struct boot_region */
	uint32_t reserved;
};

_Static_assert(sizeof(struct pvh_map_entry) == 24, "start_info.h");

#endif
