/* SPDX-License-Identifier: GPL-2.0-only */
#include "layout.h"

#include "lib/multiboot.h"
#include "log.h"
#include "x86/defs.h"

#define ONE_GIB (UINT64_C(1) << 30)
#define ENTRIES 512

/* The host's own addresses of the guest's memory: the second GiB.  What is left at its end is the module's. */
#define WINDOW        ONE_GIB
#define MODULE_OFFSET (UINT64_C(960) << 20) /* the most that mem= takes */

/* Of boot/entry.asm and linker.ld. */
extern uint64_t boot_pdpt[ENTRIES], boot_nx;
extern uint8_t image_start[], image_end[];

static uint64_t directory[ENTRIES] __attribute__((aligned(4096)));
static uint64_t first[ENTRIES] __attribute__((aligned(4096)));

static uint64_t end; /* above all that is taken */

uint64_t layout_end(void)
{
	return end;
}

uint64_t layout_take(uint64_t size, uint64_t align)
{
	const struct multiboot_module *module = &boot_info.module;
	uint64_t at = multiboot_find_memory(end, size, align);

	if (at < module->end && at + size > module->start)
		at = multiboot_find_memory(module->end, size, align);
	if (!at || at + size > ONE_GIB)
		return 0;
	end = at + size;
	return at;
}

/* Memory for @size bytes at @gpa: there, if that can be. */
static uint64_t place(uint64_t gpa, uint64_t size, uint64_t align)
{
	bool ours = gpa < (uint64_t)image_end && gpa + size > (uint64_t)image_start;
	uint64_t at;

	if (gpa && !ours && multiboot_find_memory(gpa, size, PAGE_SIZE) == gpa)
		return gpa;
	at = layout_take(size, align);
	log_line("elsewhere %#lx %#lx %#lx", gpa, gpa + size, at);
	return at;
}

/* The pages of the first block: false if there is no memory for them. */
static bool place_pages(uint64_t gpa, uint64_t gpa_end)
{
	uint64_t at = place(gpa, gpa_end - gpa, PAGE_SIZE);

	for (uint64_t page = gpa; page < gpa_end; page += PAGE_SIZE)
		first[page / PAGE_SIZE] = (at + page - gpa) | PTE_W | PTE_P | boot_nx;
	return at;
}

static bool place_block(uint64_t gpa, uint64_t size)
{
	uint64_t at = place(gpa, size < LARGE_PAGE_SIZE ? size : LARGE_PAGE_SIZE, LARGE_PAGE_SIZE);

	directory[gpa / LARGE_PAGE_SIZE] = at | PTE_PS | PTE_W | PTE_P | boot_nx;
	return at;
}

bool layout_make(struct guest_memory *memory, uint64_t size)
{
	end = size > (uint64_t)image_end ? size : (uint64_t)image_end;
	boot_pdpt[WINDOW / ONE_GIB] = (uint64_t)directory | PTE_W | PTE_P;
	directory[0] = (uint64_t)first | PTE_W | PTE_P;
	if (!place_pages(0, GUEST_HOLE_START) || !place_pages(GUEST_HOLE_END, LARGE_PAGE_SIZE))
		return false;
	for (uint64_t gpa = LARGE_PAGE_SIZE; gpa < size; gpa += LARGE_PAGE_SIZE) {
		if (!place_block(gpa, size - gpa))
			return false;
	}
	*memory = (struct guest_memory){(uint8_t *)WINDOW, size, directory, first};
	return true;
}

const uint8_t *layout_module(void)
{
	uint64_t start = boot_info.module.start;
	uint64_t block = start & -(uint64_t)LARGE_PAGE_SIZE;

	for (unsigned i = MODULE_OFFSET / LARGE_PAGE_SIZE; i < ENTRIES;
	     i++, block += LARGE_PAGE_SIZE)
		directory[i] = block | PTE_PS | PTE_P | boot_nx;
	return (const uint8_t *)WINDOW + MODULE_OFFSET + start % LARGE_PAGE_SIZE;
}
