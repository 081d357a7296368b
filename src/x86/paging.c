/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/paging.h"

#include "x86/defs.h"
#include "x86/insn.h"

/* boot/entry.asm: the first GiB's table of large pages and tables, and one that is for a device */
extern uint64_t boot_pdpt[512];
extern uint64_t boot_pd[512];
extern uint64_t boot_pd_device[512];

/* Likewise: a table for the first 2 MiB, and one for the 2 MiB from second_start on */
extern uint64_t boot_pt[2 * 512];

/* boot/entry.asm: PTE_NX, or 0 if the processor does not have it */
extern uint64_t boot_nx;

/* linker.ld: second_pt is where the second table's entry of address 0 would be */
extern uint8_t second_start[];
extern uint64_t second_pt[];

/* Which 2 MiB each added table maps, as an index of boot_pd */
static uint64_t added[PAGING_TABLES_MAX];
static unsigned added_count;

static uint64_t *added_table(unsigned i)
{
	return (uint64_t *)(PAGING_TABLES + i * PAGE_SIZE);
}

static uint64_t *find_entry(uint64_t va)
{
	unsigned i = 0;

	if (va < LARGE_PAGE_SIZE)
		return &boot_pt[va / PAGE_SIZE];
	if (va - (uint64_t)second_start < LARGE_PAGE_SIZE)
		return &second_pt[va / PAGE_SIZE];
	while (added[i] != va / LARGE_PAGE_SIZE)
		i++;
	return &added_table(i)[va / PAGE_SIZE % 512];
}

static void set_entry(uint64_t va, uint64_t entry)
{
	/* Volatile: a plain store of an integer, which old hosts' shadow paging can emulate. */
	*(volatile uint64_t *)find_entry(va) = entry;
	invlpg((void *)va);
}

void paging_map(uint64_t va, uint64_t pa, uint64_t rights)
{
	uint64_t nx = rights & PTE_NX ? boot_nx : 0;

	set_entry(va, pa | (rights & ~PTE_NX) | nx | PTE_P);
}

void paging_unmap(uint64_t va)
{
	set_entry(va, 0);
}

const void *paging_peek(uint64_t pa)
{
	static uint64_t there; /* with PTE_P, so that it is not 0 */
	uint64_t page = pa & -(uint64_t)PAGE_SIZE;

	if (there != (page | PTE_P)) {
		paging_map(PAGING_PEEK, page, PAGE_RO);
		paging_map(PAGING_PEEK + PAGE_SIZE, page + PAGE_SIZE, PAGE_RO);
		there = page | PTE_P;
	}
	return (const uint8_t *)PAGING_PEEK + pa % PAGE_SIZE;
}

volatile void *paging_map_device(uint64_t pa, uint64_t size)
{
	uint64_t block = pa - pa % LARGE_PAGE_SIZE; /* it may be above 4 GiB */

	for (unsigned i = 0; block < pa + size; i++, block += LARGE_PAGE_SIZE)
		boot_pd_device[i] = block | PTE_PS | PTE_PCD | PTE_W | PTE_P | boot_nx;
	boot_pdpt[PAGING_DEVICE >> 30] = (uint64_t)boot_pd_device | PTE_W | PTE_P;
	WRITE_REG(cr3, READ_REG(cr3));
	return (volatile uint8_t *)PAGING_DEVICE + pa % LARGE_PAGE_SIZE;
}

void paging_add_table(uint64_t va, uint64_t pa)
{
	uint64_t *table = added_table(added_count);

	paging_map((uint64_t)table, pa, PAGE_RW);
	for (unsigned i = 0; i < PAGE_SIZE / sizeof(*table); i++)
		table[i] = 0;
	added[added_count++] = va / LARGE_PAGE_SIZE;
	boot_pd[va / LARGE_PAGE_SIZE] = pa | PTE_P | PTE_W;
}

void paging_map_identity(uint64_t end)
{
	for (uint64_t pa = LARGE_PAGE_SIZE; pa < end; pa += LARGE_PAGE_SIZE) {
		if (pa != (uint64_t)second_start)
			boot_pd[pa / LARGE_PAGE_SIZE] = pa | PTE_PS | PTE_W | PTE_P | boot_nx;
	}
	WRITE_REG(cr3, READ_REG(cr3));
}
