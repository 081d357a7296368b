/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/boot_memory.c: memory maps as loaders make them, and malformed ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/boot.h"
#include "lib/multiboot.h"
#include "x86/paging.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GIB          (UINT64_C(1) << 30)
#define MIB          (UINT64_C(1) << 20)
#define PAGE         UINT64_C(4096)
#define AVAILABLE    1
#define RESERVED     2
#define ENTRY        24u

#define MAP_ADDRESS 0x500u /* below PAGE, where no test looks for memory */
#define MAP_MAX     (4000 * ENTRY)

struct boot_info boot_info;

/* What is at MAP_ADDRESS, and a page more: paging_peek() makes that readable, too. */
static uint8_t map[MAP_MAX + PAGE];

const void *paging_peek(uint64_t pa)
{
	pa -= boot_info.map;
	assert_in_range(pa, 0, MAP_MAX);
	return map + pa;
}

/* What visit() saw, and after how many it stops. */
static struct {
	struct boot_region region[MAP_MAX / ENTRY];
	unsigned count, stop_after;
} seen;

static int reset(void **state)
{
	(void)state;
	memset(&boot_info, 0xff, sizeof(boot_info));
	boot_info.map_stride = 0;
	boot_info.has_sizes = false;
	boot_info.map_length = 0;
	boot_info.map = MAP_ADDRESS;
	memset(&seen, 0, sizeof(seen));
	seen.stop_after = COUNT(seen.region) + 1;
	return 0;
}

static bool visit(const struct boot_region *region, void *arg)
{
	assert_ptr_equal(arg, &seen);
	assert_true(seen.count < COUNT(seen.region));
	seen.region[seen.count++] = *region;
	return seen.count < seen.stop_after;
}

static bool each(void)
{
	return boot_each_region(visit, &seen);
}

/* Appends an entry of @size bytes and its size field. */
static void add_sized(uint32_t size, uint64_t base, uint64_t length, uint32_t type)
{
	const struct multiboot_mmap_entry entry = {size, base, length, type};
	uint32_t *end = &boot_info.map_length;

	assert_true(*end + ENTRY <= MAP_MAX);
	memcpy(map + *end, &entry, sizeof(entry));
	*end += size + 4;
}

static void add(uint64_t base, uint64_t length, uint32_t type)
{
	add_sized(20, base, length, type);
}

static void test_each_region(void **state)
{
	(void)state;
	add(0, 0x9fc00, AVAILABLE);
	add(0x123456789abcdef0, 0xfedcba9876543210, 0xdeadbeef);
	assert_true(each());
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.region[0].base, 0);
	assert_int_equal(seen.region[0].length, 0x9fc00);
	assert_int_equal(seen.region[0].type, AVAILABLE);
	assert_int_equal(seen.region[1].base, 0x123456789abcdef0);
	assert_int_equal(seen.region[1].length, 0xfedcba9876543210);
	assert_int_equal(seen.region[1].type, 0xdeadbeef);
}

static void test_stop(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		add(i * MIB, MIB, AVAILABLE);
	for (seen.stop_after = 1; seen.stop_after <= 5; seen.stop_after++) {
		seen.count = 0;
		assert_true(each());
		assert_int_equal(seen.count, seen.stop_after);
	}
}

/* The size field leads to the next entry: an ACPI 3 loader's entries have 24 bytes or more. */
static void test_longer_entries(void **state)
{
	(void)state;
	add_sized(24, 0, MIB, AVAILABLE);
	add_sized(21, MIB, MIB, RESERVED);
	add_sized(100, 2 * MIB, MIB, AVAILABLE);
	add(3 * MIB, MIB, RESERVED);
	assert_true(each());
	assert_int_equal(seen.count, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(seen.region[i].base, i * MIB);
}

/* UEFI machines have hundreds of entries. */
static void test_large_map(void **state)
{
	const unsigned n = MAP_MAX / ENTRY;

	(void)state;
	for (unsigned i = 0; i < n - 1; i++)
		add(MIB + i * PAGE, PAGE, i % 2 ? AVAILABLE : RESERVED);
	add(64 * MIB, MIB, AVAILABLE);
	assert_true(each());
	assert_int_equal(seen.count, n);
	assert_int_equal(boot_find_memory(MIB, PAGE, PAGE), MIB + PAGE);
	assert_int_equal(boot_find_memory(MIB, 2 * PAGE, PAGE), 64 * MIB);
	assert_int_equal(boot_memory_end(), 65 * MIB);
}

static void assert_no_map(void)
{
	assert_false(each());
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 0);
	assert_true(boot_memory_end() == UINT64_MAX);
}

static void assert_explained(const char *wanted)
{
	char text[BOOT_WHY_MAX];

	boot_explain(PAGE, GIB, PAGE, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void test_no_map(void **state)
{
	(void)state;
	add(MIB, 15 * MIB, AVAILABLE);
	boot_info.map_length = 0;
	assert_no_map();
	assert_int_equal(seen.count, 0);
	assert_explained("the boot loader gave neither a memory map nor mem_upper");
}

/* Sizes that an entry can't have.  With the last ones the next entry would be before it. */
static void test_malformed_sizes(void **state)
{
	static const uint32_t sizes[] = {0,          1,          4,          19,         21,
					 24,         0x7fffffff, 0xffffffe4, 0xffffffe8, 0xfffffffb,
					 0xfffffffc, 0xfffffffd, 0xffffffff};
	char wanted[128];

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		reset(NULL);
		add(MIB, 15 * MIB, AVAILABLE);
		add(16 * MIB, 15 * MIB, AVAILABLE);
		memcpy(map + ENTRY, &sizes[i], sizeof(sizes[i]));
		assert_no_map();
		assert_int_equal(seen.count, 1);
		snprintf(wanted, sizeof(wanted),
			 "the boot loader's memory map is malformed at byte 24: an entry's "
			 "size is %u, wanted 20 to 20",
			 sizes[i]);
		assert_explained(wanted);
	}
}

/* A map that ends within an entry. */
static void test_truncated(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++)
		add(MIB + i * MIB, MIB, AVAILABLE);
	for (uint32_t length = 1; length <= 4 * ENTRY; length++) {
		boot_info.map_length = length;
		seen.count = 0;
		assert_int_equal(each(), length % ENTRY == 0);
		assert_int_equal(seen.count, length / ENTRY);
	}
}

static void test_find_memory(void **state)
{
	(void)state;
	add(0, 0x9fc00, AVAILABLE);
	add(0x9fc00, 0x400, RESERVED);
	add(0xf0000, 0x10000, RESERVED);
	add(MIB, 15 * MIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), PAGE);
	assert_int_equal(boot_find_memory(PAGE, 1, 1), PAGE);
	assert_int_equal(boot_find_memory(PAGE + 1, PAGE, PAGE), 2 * PAGE);
	assert_int_equal(boot_find_memory(PAGE + 1, PAGE, 1), PAGE + 1);
	assert_int_equal(boot_find_memory(0x9f000, 0xc00, 1), 0x9f000);
	assert_int_equal(boot_find_memory(0x9f000, 0xc01, 1), MIB);
	assert_int_equal(boot_find_memory(0x9f001, 0xc00, 1), MIB);
	assert_int_equal(boot_find_memory(0x9e001, 1, PAGE), 0x9f000);
	assert_int_equal(boot_find_memory(0x9f001, 1, PAGE), MIB);
	assert_int_equal(boot_find_memory(PAGE, MIB, PAGE), MIB);
	assert_int_equal(boot_find_memory(PAGE, MIB, 2 * MIB), 2 * MIB);
	assert_int_equal(boot_find_memory(PAGE, 15 * MIB, PAGE), MIB);
	assert_int_equal(boot_find_memory(PAGE, 15 * MIB + 1, PAGE), 0);
	assert_int_equal(boot_find_memory(MIB + 1, 15 * MIB, 1), 0);
	assert_int_equal(boot_find_memory(PAGE, 15 * MIB, 2 * MIB), 0);
	assert_int_equal(boot_find_memory(16 * MIB - PAGE, PAGE, PAGE), 16 * MIB - PAGE);
	assert_int_equal(boot_find_memory(16 * MIB, 1, 1), 0);
	assert_int_equal(boot_find_memory(UINT64_MAX, 1, 1), 0);
	assert_int_equal(boot_find_memory(PAGE, UINT64_MAX, 1), 0);
}

/* The lowest address, in whatever order the map is. */
static void test_find_lowest(void **state)
{
	(void)state;
	add(64 * MIB, MIB, AVAILABLE);
	add(16 * MIB, MIB, AVAILABLE);
	add(32 * MIB, MIB, AVAILABLE);
	assert_int_equal(boot_find_memory(MIB, MIB, PAGE), 16 * MIB);
	assert_int_equal(boot_find_memory(17 * MIB, MIB, PAGE), 32 * MIB);
	assert_int_equal(boot_find_memory(33 * MIB, MIB, PAGE), 64 * MIB);
}

static void test_find_only_available(void **state)
{
	static const uint32_t others[] = {0, 2, 3, 4, 5, 0x101, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++)
		add(MIB + i * MIB, MIB, others[i]);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 0);
	add(16 * MIB, MIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 16 * MIB);
}

static void test_find_below_4_gib(void **state)
{
	(void)state;
	add(4 * GIB, GIB, AVAILABLE);
	add(1ull << 40, GIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 0);
	assert_int_equal(boot_find_memory(5 * GIB, PAGE, PAGE), 0);
	add(3 * GIB, 2 * GIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 3 * GIB);
	assert_int_equal(boot_find_memory(PAGE, GIB, PAGE), 3 * GIB);
	assert_int_equal(boot_find_memory(PAGE, GIB + 1, PAGE), 0);
	assert_int_equal(boot_find_memory(4 * GIB - PAGE, PAGE, PAGE), 4 * GIB - PAGE);
	assert_int_equal(boot_find_memory(4 * GIB - PAGE, PAGE + 1, PAGE), 0);
	assert_int_equal(boot_find_memory(4 * GIB - 1, 1, PAGE), 0);
	assert_int_equal(boot_find_memory(4 * GIB - 1, 1, 1), 4 * GIB - 1);
}

/* An available entry whose end wraps offers no memory, and leaves the end of memory unknown. */
static void test_wrapping_entries(void **state)
{
	(void)state;
	add(MIB, UINT64_MAX, AVAILABLE);
	add(UINT64_MAX, 2, AVAILABLE);
	add(-MIB, MIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 0);
	assert_true(boot_memory_end() == UINT64_MAX);
	add(32 * MIB, MIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 32 * MIB);
	assert_true(boot_memory_end() == UINT64_MAX);
}

static void test_memory_end(void **state)
{
	(void)state;
	add(MIB, 15 * MIB, AVAILABLE);
	assert_int_equal(boot_memory_end(), 16 * MIB);
	add(0, 0x9fc00, AVAILABLE);
	assert_int_equal(boot_memory_end(), 16 * MIB);
	add(0xfffc0000, 0x40000, RESERVED);
	assert_int_equal(boot_memory_end(), 4 * GIB);
	add(0xfd00000000, 0x300000000, RESERVED);
	assert_true(boot_memory_end() == 1ull << 40);
	add(1ull << 41, 1, 12345);
	assert_true(boot_memory_end() == (1ull << 41) + 1);
}

/* qboot leaves zero entries that it does not use, after the others. */
static void test_zero_entries(void **state)
{
	(void)state;
	add(0, 0x9fc00, AVAILABLE);
	add(MIB, 127 * MIB, AVAILABLE);
	add(0, 0, 0);
	add(0, 0, 0);
	add(200 * MIB, 0, AVAILABLE);
	assert_true(each());
	assert_int_equal(seen.count, 5);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), PAGE);
	assert_int_equal(boot_find_memory(MIB, 127 * MIB, PAGE), MIB);
	assert_int_equal(boot_find_memory(MIB, 127 * MIB + 1, PAGE), 0);
	assert_int_equal(boot_find_memory(128 * MIB, 1, 1), 0);
	reset(NULL);
	add(0, 0, 0);
	add(MIB, 127 * MIB, AVAILABLE);
	add(0, 0, 0);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), MIB);
	assert_int_equal(boot_memory_end(), 128 * MIB);
}

/* Entries of one size, without a field for it: as in all protocols but multiboot 1. */
static void test_strides(void **state)
{
	static const uint32_t strides[] = {20, 24, 40, 4096};

	for (unsigned i = 0; i < COUNT(strides); i++) {
		reset(state);
		boot_info.map_stride = strides[i];
		for (unsigned k = 0; k < 3; k++) {
			const struct boot_region entry = {(k + 1) * MIB, PAGE, k + 1};

			memcpy(map + boot_info.map_length, &entry, sizeof(entry));
			boot_info.map_length += strides[i];
		}
		assert_true(each());
		assert_int_equal(seen.count, 3);
		assert_int_equal(seen.region[2].base, 3 * MIB);
		assert_int_equal(seen.region[2].type, 3);
		assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), MIB);
		boot_info.map_length--;
		assert_no_map();
	}
}

static void test_wrong_strides(void **state)
{
	(void)state;
	boot_info.map_length = 240;
	boot_info.map_stride = 19;
	assert_no_map();
	assert_explained("the boot loader's memory map is malformed at byte 0: an entry's size is "
			 "19, wanted 20 to 240");
	boot_info.map_stride = UINT32_MAX;
	assert_no_map();
	boot_info.map_stride = 100;
	assert_no_map();
	assert_explained("the boot loader's memory map is malformed at byte 200: an entry's size "
			 "is 100, wanted 20 to 40");
	boot_info.map_length = 219;
	assert_explained("the boot loader's memory map is malformed at byte 200: 19 more, wanted "
			 "20");
}

/* No map, only sizes in KiB. */
static void sizes(uint32_t lower, uint32_t upper)
{
	boot_info.has_sizes = true;
	boot_info.mem_lower = lower;
	boot_info.mem_upper = upper;
}

static void test_sizes(void **state)
{
	(void)state;
	sizes(639, 7 * 1024);
	assert_true(each());
	assert_int_equal(seen.count, 2);
	assert_int_equal(boot_find_memory(PAGE, 638 * 1024 - 3 * 1024, PAGE), PAGE);
	assert_int_equal(boot_find_memory(PAGE, 640 * 1024, PAGE), MIB);
	assert_int_equal(boot_find_memory(PAGE, 7 * MIB, PAGE), MIB);
	assert_int_equal(boot_find_memory(PAGE, 7 * MIB + 1, PAGE), 0);
	assert_explained("the largest free range from 0x1000 to 0x40000000 has 7168 KiB");
	assert_true(boot_memory_end() == UINT64_MAX); /* unknown */

	/* From 640 KiB on there is none, whatever mem_lower says; an empty map counts as no map. */
	sizes(1024, 0);
	assert_int_equal(boot_find_memory(0x9f000, PAGE, PAGE), 0x9f000);
	assert_int_equal(boot_find_memory(0xa0000, 1, 1), 0);
	assert_int_equal(boot_find_memory(PAGE, 640 * 1024, PAGE), 0);

	/* The largest mem_upper: memory up to 4 GiB is found. */
	sizes(640, UINT32_MAX);
	assert_int_equal(boot_find_memory(4 * GIB - PAGE, PAGE, PAGE), 4 * GIB - PAGE);

	/* A map is preferred. */
	sizes(640, 1024);
	add(16 * MIB, MIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 16 * MIB);
}

/* What is in a reserved entry is not free, even if it is in an available one, in any order. */
static void test_overlaps(void **state)
{
	static const struct {
		uint64_t base, length, free[2]; /* one MiB after another */
	} table[] = {
		{MIB, 8 * MIB, {0, 0}},                /* exactly */
		{0, GIB, {0, 0}},                      /* around */
		{MIB, MIB, {2 * MIB, 3 * MIB}},        /* its start */
		{0, 3 * MIB, {3 * MIB, 4 * MIB}},      /* over its start */
		{4 * MIB, MIB, {MIB, 2 * MIB}},        /* inside */
		{2 * MIB + 5, 1, {MIB, 3 * MIB}},      /* a byte */
		{2 * MIB - 1, 2, {3 * MIB, 4 * MIB}},  /* two, in two of them */
		{2 * MIB, 7 * MIB, {MIB, 0}},          /* its end */
		{3 * MIB, UINT64_MAX, {MIB, 2 * MIB}}, /* without end: the sum wraps */
		{3 * MIB, 0, {MIB, 2 * MIB}},          /* nothing */
		{9 * MIB, MIB, {MIB, 2 * MIB}},        /* next to it */
	};
	static const uint32_t types[] = {RESERVED, 0, 3, 4, 5, 12345};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(types) * COUNT(table); i++) {
		size_t n = i / 2 % COUNT(table);
		uint32_t type = types[i / 2 / COUNT(table)];

		reset(NULL);
		if (i % 2)
			add(table[n].base, table[n].length, type);
		add(MIB, 8 * MIB, AVAILABLE);
		if (!(i % 2))
			add(table[n].base, table[n].length, type);
		assert_int_equal(boot_find_memory(MIB, MIB, MIB), table[n].free[0]);
		if (table[n].free[0])
			assert_int_equal(boot_find_memory(table[n].free[0] + 1, MIB, MIB),
					 table[n].free[1]);
	}
}

/* Entries that adjoin or overlap count as one, in any order. */
static void test_pieces(void **state)
{
	(void)state;
	add(4 * MIB, 2 * MIB, AVAILABLE);
	add(MIB, 2 * MIB, AVAILABLE);
	add(2 * MIB, 2 * MIB, AVAILABLE);
	add(2 * MIB, MIB, AVAILABLE);
	assert_int_equal(boot_find_memory(PAGE, 5 * MIB, PAGE), MIB);
	assert_int_equal(boot_find_memory(PAGE, 5 * MIB + 1, 1), 0);
	assert_explained("the largest free range from 0x1000 to 0x40000000 has 5120 KiB");
}

/* The map's own memory is not free, because the map is read again. */
static void test_map_itself(void **state)
{
	(void)state;
	add(0, MIB, AVAILABLE);
	boot_info.map = 0x1234;
	assert_int_equal(boot_find_memory(0x1230, 4, 1), 0x1230);
	assert_int_equal(boot_find_memory(0x1230, 5, 1), 0x1234 + ENTRY);
	assert_int_equal(boot_find_memory(PAGE, PAGE, PAGE), 2 * PAGE);
}

#define TEST(function) cmocka_unit_test_setup(function, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_region),
		TEST(test_stop),
		TEST(test_longer_entries),
		TEST(test_large_map),
		TEST(test_no_map),
		TEST(test_malformed_sizes),
		TEST(test_truncated),
		TEST(test_find_memory),
		TEST(test_find_lowest),
		TEST(test_find_only_available),
		TEST(test_find_below_4_gib),
		TEST(test_wrapping_entries),
		TEST(test_memory_end),
		TEST(test_zero_entries),
		TEST(test_strides),
		TEST(test_wrong_strides),
		TEST(test_sizes),
		TEST(test_overlaps),
		TEST(test_pieces),
		TEST(test_map_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
