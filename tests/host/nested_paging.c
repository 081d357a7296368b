/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One format for both vendors.  AMD's nested tables are like a guest's own, with every entry a user
 * page's (APM2, 24593 rev. 3.41, 15.25.5): bits 0 to 2 are present, writable, user.  In Intel's EPT
 * (SDM volume 3, 325384-083, 29.3.2) the same bits let the guest read, write and execute, bit 7 makes a
 * large page in both, and the vendor says what remains: a leaf's memory type.
 */
#include "nested_paging.h"

#include <stddef.h>

#include "lib/vga.h"
#include "x86/defs.h"

#define RIGHTS  (PTE_P | PTE_W | PTE_U)
#define ENTRIES 512

static uint64_t pml4[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pdpt[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pd[ENTRIES] __attribute__((aligned(4096)));
static uint64_t first[ENTRIES] __attribute__((aligned(4096))); /* has the hole */
static uint64_t last[ENTRIES] __attribute__((aligned(4096)));  /* may end in the middle */

static void map_pages(const struct guest_memory *memory, uint64_t gpa, uint64_t *table,
		      uint64_t leaf)
{
	pd[gpa / LARGE_PAGE_SIZE] = (uint64_t)table | RIGHTS;
	for (unsigned i = 0; i < ENTRIES; i++, gpa += PAGE_SIZE) {
		bool there = guest_bytes(memory, gpa, PAGE_SIZE);

		table[i] = there ? guest_physical(memory, gpa) | RIGHTS | leaf : 0;
	}
}

void nested_init(const struct guest_memory *memory, uint64_t leaf)
{
	uint64_t gpa = LARGE_PAGE_SIZE;

	pml4[0] = (uint64_t)pdpt | RIGHTS;
	pdpt[0] = (uint64_t)pd | RIGHTS;
	map_pages(memory, 0, first, leaf);
	for (uint64_t page = VGA_TEXT; page < VGA_TEXT_END; page += PAGE_SIZE)
		first[page / PAGE_SIZE] =
			page | RIGHTS; /* without a leaf's type: in EPT, uncached */
	for (; gpa + LARGE_PAGE_SIZE <= memory->size; gpa += LARGE_PAGE_SIZE)
		pd[gpa / LARGE_PAGE_SIZE] = guest_physical(memory, gpa) | PTE_PS | RIGHTS | leaf;
	if (gpa < memory->size)
		map_pages(memory, gpa, last, leaf);
}

uint64_t nested_root(void)
{
	return (uint64_t)pml4;
}
