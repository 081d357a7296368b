/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual memory.  boot/entry.asm maps the image at its physical addresses, by
 * section: code read-only and executable, constants read-only, data writable; nothing else.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <stdint.h>

#include "x86/defs.h"

/* Virtual addresses from here to PAGING_WINDOW_END are free for paging_map(), in an image below them. */
#define PAGING_WINDOW     UINT64_C(0x200000)
#define PAGING_WINDOW_END UINT64_C(0x400000)

/*
 * Where a PC has its firmware, which is of no use to us: the tables of paging_add_table(), the local
 * APIC, pages to peek through, and a page for one to borrow.
 */
#define PAGING_TABLES_MAX 9
#define PAGING_TABLES     UINT64_C(0xf0000)
#define PAGING_PEEK       UINT64_C(0xfc000) /* two pages */
#define PAGING_APIC       UINT64_C(0xfe000)
#define PAGING_BORROWED   UINT64_C(0xff000)

/* What a page may be: never writable and executable (W^X). */
#define PAGE_RO PTE_NX
#define PAGE_RW (PTE_W | PTE_NX)
#define PAGE_RX UINT64_C(0)

/*
 * Maps the page at the virtual address @va to the physical page @pa: in the first 2 MiB, in those of the
 * image, in the window, or where paging_add_table() made that possible.  Other processors may go on seeing what was there before.
 */
void paging_map(uint64_t va, uint64_t pa, uint64_t rights);

/* Makes any access to the page at @va a page fault. */
void paging_unmap(uint64_t va);

/* Where to read the bytes from the physical address @pa on, at least PAGE_SIZE of them, until the next call. */
const void *paging_peek(uint64_t pa);

/*
 * Lets paging_map() map the 2 MiB around @va, between PAGING_WINDOW_END and 1 GiB, by a table in the
 * physical page @pa.  At most PAGING_TABLES_MAX times.
 */
void paging_add_table(uint64_t va, uint64_t pa);

/*
 * Maps physical memory from 2 MiB up to @end (at most 1 GiB, in steps of 2 MiB), writable, at its own
 * address; but for the 2 MiB of the image, which stay as they are.  For an image above the first 2 MiB.
 */
void paging_map_identity(uint64_t end);

#endif
