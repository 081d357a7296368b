/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MOV decoder, on any code, and the walk of page tables that fetches it, on any tables: neither
 * reads what is not there.
 */
#include "host/mov_decode.h"

#include "host/guest_memory.h"
#include "parser.h"
#include "x86/defs.h"

#define MEMORY 0x8000u

static void decode(const uint8_t *code, size_t size)
{
	static const unsigned modes[] = {16, 32, 64};
	unsigned available = size < MOV_DECODE_MAX ? (unsigned)size : MOV_DECODE_MAX;
	uint8_t *copy =
		malloc(available + !available); /* exactly: a sanitizer sees a byte too far */
	struct mov_decoded mov;

	if (available)
		memcpy(copy, code, available);
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!mov_decode(copy, available, modes[i], &mov))
			continue;
		REQUIRE(mov.length >= 2 && mov.length <= available && mov.reg < 16);
		REQUIRE(!mov.immediate || mov.write);
	}
	free(copy);
}

/* Tables in a few pages, whose entries often point to those pages. */
static void walk(struct input *in)
{
	static uint8_t *bytes;
	struct guest_memory memory = {.size = MEMORY};
	uint64_t cr3, va, gpa = 0;
	bool writable;

	if (!bytes)
		bytes = aligned_alloc(PAGE_SIZE, MEMORY);
	memory.bytes = bytes;
	memset(bytes, 0, MEMORY);
	take(in, &cr3, sizeof(cr3));
	take(in, &va, sizeof(va));
	while (in->left) {
		uint32_t place = take32(in), entry = take32(in);
		uint64_t wide = entry & 0x8000ffff;

		memcpy(bytes + place % (MEMORY / 8) * 8, &wide, sizeof(wide));
	}
	if (guest_translate(&memory, cr3, va, &gpa, &writable))
		REQUIRE(gpa % PAGE_SIZE == va % PAGE_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	decode(data, size);
	walk(&in);
	return 0;
}
