/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One format for both vendors.  AMD's nested tables are ordinary page tables in which all pages
 * are user pages (APM2, 24593 rev. 3.41, 15.25.5): bits 0 to 2 are present, writable, user.  In
 * Intel's EPT (SDM volume 3, 325384-083, 29.3.2) the same bits are the rights to read, write and
 * execute.  Bit 7 is a large page in both.  What differs is the memory type in a leaf, which the
 * vendor gives.
 */
#include "host/nested_paging.h"

#include <stddef.h>

#include "lib/vga.h"
#include "x86/defs.h"

#define ADDRESS UINT64_C(0x000ffffffffff000)
#define RIGHTS  (PTE_P | PTE_W | PTE_U)
#define ENTRIES 512
#define ONE_GIB (UINT64_C(1) << 30)

static uint64_t pml4[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pdpt[ENTRIES] __attribute__((aligned(4096)));
static uint64_t pd[ENTRIES] __attribute__((aligned(4096)));
static uint64_t first[ENTRIES] __attribute__((aligned(4096))); /* 2 MiB, with the hole */
static uint64_t last[ENTRIES] __attribute__((aligned(4096)));  /* 2 MiB, if not all used */
static uint64_t device[ENTRIES] __attribute__((aligned(4096)));

/* A nested entry from one of the host's own page tables. */
static uint64_t convert(uint64_t entry, uint64_t leaf)
{
	return entry ? (entry & (ADDRESS | PTE_PS)) | RIGHTS | leaf : 0;
}

static uint64_t convert_table(uint64_t *to, const uint64_t *from, uint64_t leaf)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		to[i] = convert(from[i], leaf);
	return (uint64_t)to | RIGHTS;
}

void nested_init(const struct guest_memory *memory, uint64_t leaf)
{
	pml4[0] = (uint64_t)pdpt | RIGHTS;
	pdpt[0] = (uint64_t)pd | RIGHTS;
	for (unsigned i = 0; i < (memory->size + LARGE_PAGE_SIZE - 1) / LARGE_PAGE_SIZE; i++) {
		uint64_t entry = memory->directory[i];
		const uint64_t *table = (const uint64_t *)(entry & ADDRESS);

		if (entry & PTE_PS)
			pd[i] = convert(entry, leaf);
		else
			pd[i] = convert_table(i ? last : first, table, leaf);
	}
	/* Without a memory type, which is uncached in EPT. */
	for (uint64_t page = VGA_TEXT; page < VGA_TEXT_END; page += PAGE_SIZE)
		first[page / PAGE_SIZE] = page | RIGHTS;
}

void nested_map_device(uint64_t gpa, uint64_t pa, uint64_t size)
{
	pdpt[gpa / ONE_GIB] = (uint64_t)device | RIGHTS;
	for (unsigned i = 0; i * LARGE_PAGE_SIZE < size; i++) /* uncached, too */
		device[i] = (pa + i * LARGE_PAGE_SIZE) | PTE_PS | RIGHTS;
}

bool nested_set_present(const struct guest_memory *memory, uint64_t gpa, bool present)
{
	if (gpa >= LARGE_PAGE_SIZE || !guest_bytes(memory, gpa, PAGE_SIZE))
		return false;
	if (present)
		__atomic_or_fetch(&first[gpa / PAGE_SIZE], RIGHTS, __ATOMIC_RELEASE);
	else
		__atomic_and_fetch(&first[gpa / PAGE_SIZE], ~RIGHTS, __ATOMIC_RELEASE);
	return true;
}

uint64_t nested_root(void)
{
	return (uint64_t)pml4;
}
