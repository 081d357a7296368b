/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest_memory.h"

#include <stddef.h>

#include "lib/string.h"
#include "x86/defs.h"

#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

void *guest_bytes(const struct guest_memory *memory, uint64_t gpa, uint64_t length)
{
	uint64_t end = gpa + length;

	if (end < gpa || end > memory->size)
		return NULL;
	if (gpa < GUEST_HOLE_END && end > GUEST_HOLE_START)
		return NULL;
	return memory->bytes + gpa;
}

bool guest_read(const struct guest_memory *memory, uint64_t gpa, void *to, uint64_t length)
{
	const void *from = guest_bytes(memory, gpa, length);

	if (!from)
		return false;
	memcpy(to, from, length);
	return true;
}

bool guest_write(const struct guest_memory *memory, uint64_t gpa, const void *from, uint64_t length)
{
	void *to = guest_bytes(memory, gpa, length);

	if (!to)
		return false;
	memcpy(to, from, length);
	return true;
}

bool guest_translate(const struct guest_memory *memory, uint64_t cr3, uint64_t va, uint64_t *gpa,
		     bool *writable)
{
	uint64_t table = cr3 & PTE_ADDRESS;

	*writable = true;
	for (unsigned shift = 39; shift >= 12; shift -= 9) {
		uint64_t page = UINT64_C(1) << shift;
		uint64_t entry;

		if (!guest_read(memory, table + (va >> shift & 0x1ff) * 8, &entry, sizeof(entry)))
			return false;
		if (!(entry & PTE_P))
			return false;
		*writable = *writable && entry & PTE_W;
		if (shift == 12 || (shift < 39 && entry & PTE_PS)) {
			*gpa = (entry & PTE_ADDRESS & -page) | (va & (page - 1));
			return true;
		}
		table = entry & PTE_ADDRESS;
	}
	return false;
}
