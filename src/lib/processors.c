/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/processors.h"

#include "lib/boot.h"
#include "x86/apic.h"
#include "x86/paging.h"
#include "x86/smp.h"

#define ONE_GIB (UINT64_C(1) << 30)
#define ONE_MIB (UINT64_C(1) << 20)

static unsigned tables_for(uint64_t start, uint64_t end)
{
	return (unsigned)((end - 1) / LARGE_PAGE_SIZE - start / LARGE_PAGE_SIZE + 1);
}

/* Memory for @n blocks and, after them, their page tables; 0 if there is none below 1 GiB. */
static uint64_t find_blocks(uint64_t from, unsigned n)
{
	uint64_t size = (uint64_t)n * SMP_BLOCK + PAGING_TABLES_MAX * PAGE_SIZE;
	uint64_t at = boot_find_memory(from, size, SMP_BLOCK);

	return at + size <= ONE_GIB ? at : 0;
}

static void map_blocks(uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < tables_for(start, end); i++)
		paging_add_table(start + i * LARGE_PAGE_SIZE, end + i * PAGE_SIZE);
	for (uint64_t page = start; page < end; page += PAGE_SIZE) {
		const struct smp_block *block = (void *)(page & -(uint64_t)SMP_BLOCK);

		if (!is_guard_page(block->stacks[0], page))
			paging_map(page, page, PAGE_RW);
	}
}

static uint64_t taken, taken_end;

uint64_t processors_memory(uint64_t *end)
{
	*end = taken_end;
	return taken;
}

static const char *why;

const char *processors_why(void)
{
	return why;
}

unsigned processors_start(uint64_t from, unsigned wanted, bool host)
{
	uint64_t low = boot_find_memory(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE);
	unsigned n = (wanted ? wanted : SMP_MAX) - 1;
	uint64_t at;

	if (!host && from < PAGING_WINDOW_END)
		from = PAGING_WINDOW_END; /* below, virtual addresses are not physical ones */
	if (n == 0)
		return 1;
	why = !low || low >= ONE_MIB ? "there is no free page below 1 MiB to start them from"
				     : apic_init(!host);
	if (why)
		return 1;
	while (!(at = find_blocks(from, n))) {
		n /= 2;
		if (wanted || n == 0)
			why = "there is no memory for more, 64 KiB each";
		if (n == 0)
			return 1;
	}
	taken = at;
	taken_end = at + (uint64_t)n * SMP_BLOCK + PAGING_TABLES_MAX * PAGE_SIZE;
	if (!host)
		map_blocks(at, at + (uint64_t)n * SMP_BLOCK);
	paging_map(PAGING_BORROWED, low, PAGE_RW);
	return smp_start((struct smp_block *)at, n, (uint32_t)low, (void *)PAGING_BORROWED, wanted);
}
