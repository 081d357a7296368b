/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual memory.  boot/entry.asm maps only the image, at its physical addresses: code executable,
 * constants read-only, data writable.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <stdint.h>

#include "x86/defs.h"

/* Virtual addresses that an image loaded below them may map as it likes */
#define PAGING_WINDOW     UINT64_C(0x200000)
#define PAGING_WINDOW_END UINT64_C(0x400000)

/* More virtual addresses that are free: a PC has its firmware there, which no image uses. */
#define PAGING_TABLES     UINT64_C(0xf0000) /* of paging_add_table() */
#define PAGING_TABLES_MAX 9
#define PAGING_PEEK       UINT64_C(0xfc000) /* two pages for paging_peek() */
#define PAGING_APIC       UINT64_C(0xfe000) /* the local APIC */
#define PAGING_BORROWED   UINT64_C(0xff000) /* any page, for a short time */

/* The devices of paging_map_device(), above 1 GiB; a second one replaces the first. */
#define PAGING_DEVICE UINT64_C(0xc0000000)

/* The rights of a page: never writable and executable (W^X). */
#define PAGE_RO PTE_NX
#define PAGE_RW (PTE_W | PTE_NX)
#define PAGE_RX UINT64_C(0)

/*
 * Maps the page at the virtual address @va to the physical page @pa.  @va is in the first 2 MiB, in
 * the image's 2 MiB, in the window, or where paging_add_table() added a table.  Other processors
 * may still use what was mapped there before.
 */
void paging_map(uint64_t va, uint64_t pa, uint64_t rights);

/* Makes any access to the page at @va a page fault. */
void paging_unmap(uint64_t va);

/* Maps at least PAGE_SIZE bytes from the physical address @pa on, readable until the next call. */
const void *paging_peek(uint64_t pa);

/*
 * Maps the device's memory of @size bytes, less than 1 GiB - 2 MiB, at @pa, writable and not
 * cached, to PAGING_DEVICE or in the 2 MiB from there on, and returns where.
 */
volatile void *paging_map_device(uint64_t pa, uint64_t size);

/*
 * Lets paging_map() map the 2 MiB around @va, between PAGING_WINDOW_END and 1 GiB.  The physical
 * page @pa becomes their page table.  At most PAGING_TABLES_MAX times.
 */
void paging_add_table(uint64_t va, uint64_t pa);

/*
 * Maps physical memory from 2 MiB to @end (at most 1 GiB, in steps of 2 MiB) at its own addresses,
 * writable.  The image's 2 MiB, which must be above the first 2 MiB, stay as they are.
 */
void paging_map_identity(uint64_t end);

#endif
