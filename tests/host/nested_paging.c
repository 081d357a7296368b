/* SPDX-License-Identifier: GPL-2.0-only */
/* APM2 (24593 rev. 3.41) 15.25: like a guest's own tables, and every entry a user page's. */
#include "nested_paging.h"

#include <stddef.h>

#include "x86/defs.h"

#define RIGHTS  (PTE_P | PTE_W | PTE_U)
#define ENTRIES 512

static uint64_t pml4[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pdpt[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pd[ENTRIES] __attribute__((aligned(4096)));
static uint64_t first[ENTRIES] __attribute__((aligned(4096))); /* has the hole */
static uint64_t last[ENTRIES] __attribute__((aligned(4096)));  /* may end in the middle */

static void map_pages(const struct guest_memory *memory, uint64_t gpa, uint64_t *table)
{
	pd[gpa / LARGE_PAGE_SIZE] = (uint64_t)table | RIGHTS;
	for (unsigned i = 0; i < ENTRIES; i++, gpa += PAGE_SIZE) {
		const void *page = guest_bytes(memory, gpa, PAGE_SIZE);

		table[i] = page ? (uint64_t)page | RIGHTS : 0;
	}
}

void nested_init(const struct guest_memory *memory)
{
	uint64_t gpa = LARGE_PAGE_SIZE;

	pml4[0] = (uint64_t)pdpt | RIGHTS;
	pdpt[0] = (uint64_t)pd | RIGHTS;
	map_pages(memory, 0, first);
	for (; gpa + LARGE_PAGE_SIZE <= memory->size; gpa += LARGE_PAGE_SIZE)
		pd[gpa / LARGE_PAGE_SIZE] = (uint64_t)(memory->bytes + gpa) | PTE_PS | RIGHTS;
	if (gpa < memory->size)
		map_pages(memory, gpa, last);
}

uint64_t nested_root(void)
{
	return (uint64_t)pml4;
}
