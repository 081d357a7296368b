/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/layout.h"

#include <stddef.h>

#include "host/log.h"
#include "lib/boot.h"
#include "lib/string.h"
#include "x86/defs.h"

#define ONE_GIB (UINT64_C(1) << 30)
#define ENTRIES 512

/* The host maps the guest's memory from 1 GiB on, and the module at the end of that GiB. */
#define WINDOW        ONE_GIB
#define MODULE_WINDOW (WINDOW + (UINT64_C(960) << 20)) /* mem= takes no more */
#define MODULE_ENTRY  ((MODULE_WINDOW - WINDOW) / LARGE_PAGE_SIZE)

/* boot/entry.asm, linker.ld */
extern uint64_t boot_pdpt[ENTRIES], boot_nx;
extern uint8_t second_start[]; /* the start of the 2 MiB in which the host's image is */

static uint64_t directory[ENTRIES] __attribute__((aligned(4096)));
static uint64_t first[ENTRIES] __attribute__((aligned(4096))); /* 2 MiB, with the hole */
static uint64_t last[ENTRIES] __attribute__((aligned(4096)));  /* 2 MiB, if not all used */

static uint64_t end; /* of all that is allocated */

uint64_t layout_end(void)
{
	return end;
}

uint64_t layout_alloc(uint64_t size, uint64_t align)
{
	const struct boot_module *module = &boot_info.module;
	uint64_t at = boot_find_memory(end, size, align);

	if (at && at < module->end && at + size > module->start)
		at = boot_find_memory(module->end, size, align);
	if (!at || at + size > ONE_GIB)
		return 0;
	end = at + size;
	return at;
}

/* The machine's address for the guest's memory at @gpa: the same if possible; 0: there is none. */
static uint64_t find(uint64_t gpa, uint64_t size, uint64_t align)
{
	bool under_host = gpa == (uint64_t)second_start;
	uint64_t at;

	if (gpa && !under_host && boot_find_memory(gpa, size, PAGE_SIZE) == gpa)
		return gpa;
	at = layout_alloc(size, align);
	log_line("elsewhere %#lx %#lx %#lx", gpa, gpa + size, at);
	return at;
}

/* Finds @size bytes for @gpa, and maps them; @page is the size of the pages that @table maps. */
static bool place(uint64_t *table, uint64_t page, uint64_t gpa, uint64_t size)
{
	uint64_t at = find(gpa, size, page);

	for (uint64_t offset = 0; offset < size; offset += page)
		table[(gpa + offset) / page % ENTRIES] =
			(at + offset) | PTE_W | PTE_P | boot_nx | (page > PAGE_SIZE ? PTE_PS : 0);
	return at;
}

bool layout_make(struct guest_memory *memory, uint64_t size)
{
	const uint64_t host_end = (uint64_t)second_start + LARGE_PAGE_SIZE;
	uint64_t gpa = LARGE_PAGE_SIZE;
	bool found;

	end = size > host_end ? size : host_end;
	boot_pdpt[WINDOW / ONE_GIB] = (uint64_t)directory | PTE_W | PTE_P;
	directory[0] = (uint64_t)first | PTE_W | PTE_P;
	found = place(first, PAGE_SIZE, 0, GUEST_HOLE_START) &&
		place(first, PAGE_SIZE, GUEST_HOLE_END, LARGE_PAGE_SIZE - GUEST_HOLE_END);
	for (; found && gpa + LARGE_PAGE_SIZE <= size; gpa += LARGE_PAGE_SIZE)
		found = place(directory, LARGE_PAGE_SIZE, gpa, LARGE_PAGE_SIZE);
	if (found && gpa < size) {
		directory[gpa / LARGE_PAGE_SIZE] = (uint64_t)last | PTE_W | PTE_P;
		found = place(last, PAGE_SIZE, gpa, size - gpa);
	}
	*memory = (struct guest_memory){(uint8_t *)WINDOW, size, directory};
	return found;
}

const void *layout_module(const struct guest_memory *memory)
{
	const struct boot_module *module = &boot_info.module;
	const uint64_t length = module->end - module->start;
	const void *from = (const uint8_t *)MODULE_WINDOW + module->start % LARGE_PAGE_SIZE;
	uint64_t block = module->start & -LARGE_PAGE_SIZE, to;

	for (unsigned i = MODULE_ENTRY; i < ENTRIES; i++, block += LARGE_PAGE_SIZE)
		directory[i] = block | PTE_PS | PTE_P | boot_nx;
	if (length > LAYOUT_MODULE_MAX)
		return NULL;
	if (module->start >= memory->size)
		return from;
	to = layout_alloc(length, PAGE_SIZE);
	return to ? memcpy((void *)to, from, length) : NULL;
}
