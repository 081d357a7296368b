/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual memory.  boot/entry.asm maps the image at its physical addresses, by
 * section: code read-only and executable, constants read-only, data writable; nothing else.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <stdint.h>

#include "x86/defs.h"

/* Virtual addresses from here to PAGING_WINDOW_END are free for paging_map(). */
#define PAGING_WINDOW     UINT64_C(0x200000)
#define PAGING_WINDOW_END UINT64_C(0x400000)

/* What a page may be: never writable and executable (W^X). */
#define PAGE_RO PTE_NX
#define PAGE_RW (PTE_W | PTE_NX)
#define PAGE_RX UINT64_C(0)

/* Maps the page at the virtual address @va, below PAGING_WINDOW_END, to the physical page @pa. */
void paging_map(uint64_t va, uint64_t pa, uint64_t rights);

/* Makes any access to the page at @va a page fault. */
void paging_unmap(uint64_t va);

/*
 * Maps physical memory up to @end (at most 1 GiB, in steps of 2 MiB), writable, at its own
 * address; except page 0, and the image, which stays as it is.
 */
void paging_map_identity(uint64_t end);

#endif
