/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's memory for hosted tests, and a copy of what it is expected to hold. */
#ifndef UNIT_GUEST_FIXTURE_H
#define UNIT_GUEST_FIXTURE_H

#include <stdint.h>
#include <stdlib.h>

#include "host/guest_memory.h"
#include "x86/defs.h"

/* A PC's hole, typed by hand: guest_memory.h's own is under test. */
#define HOLE     0xa0000u
#define HOLE_END 0x100000u

static struct guest_memory memory;
static uint8_t *expected;

/* Both of SIZE bytes, which hold anything. */
static void make_memory(uint64_t size)
{
	memory = (struct guest_memory){.bytes = aligned_alloc(PAGE_SIZE, size), .size = size};
	expected = malloc(size);
	assert_non_null(memory.bytes);
	assert_non_null(expected);
}

static int free_memory(void **state)
{
	(void)state;
	free(memory.bytes);
	free(expected);
	return 0;
}

#endif
