/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's memory, and beside it what the memory is expected to hold. */
#ifndef UNIT_GUEST_FIXTURE_H
#define UNIT_GUEST_FIXTURE_H

#include "host/guest_memory.h"
#include "unit.h"
#include "x86/defs.h"

/* A PC's hole, as numbers: the names in guest_memory.h are under test. */
#define HOLE     0xa0000u
#define HOLE_END 0x100000u

static struct guest_memory memory;
static uint8_t *expected;

/* Both of @size bytes, which are not initialized. */
static void make_memory(uint64_t size)
{
	memory = (struct guest_memory){.bytes = aligned_alloc(PAGE_SIZE, size), .size = size};
	expected = malloc(size);
	assert_non_null(memory.bytes);
	assert_non_null(expected);
}

/* Bytes that differ from their neighbours and from page to page; as expected, too. */
static inline void fill_memory(void)
{
	for (uint64_t i = 0; i < memory.size; i++)
		memory.bytes[i] = (uint8_t)(i * 5 + i / 253 + 1);
	memcpy(expected, memory.bytes, memory.size);
}

static int free_memory(void **state)
{
	(void)state;
	free(memory.bytes);
	free(expected);
	return 0;
}

/* Compares @length bytes from @gpa on. */
static inline void assert_memory(uint64_t gpa, uint64_t length)
{
	if (!memcmp(memory.bytes + gpa, expected + gpa, length))
		return;
	while (memory.bytes[gpa] == expected[gpa])
		gpa++;
	fail_msg("byte at %#lx: wanted %#x, got %#x", gpa, expected[gpa], memory.bytes[gpa]);
}

/* Writes 32 bits as the guest has them. */
static inline void put32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

#endif
