/* SPDX-License-Identifier: GPL-2.0-only */
/* tests/host/guest_memory.c: each boundary, from both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest_memory.h"
#include "x86/defs.h"

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))
#define HOLE          0xa0000u
#define HOLE_END      0x100000u
#define SIZE          0x108000u
#define POISON        0x5a
#define NEAR          10u /* how far around each boundary every access is tried */
#define TABLE(n)      (0x4000u + (n)*PAGE_SIZE)
#define PRESENT       (PTE_P | PTE_W)
#define VA            UINT64_C(0x0000123456788abc)
#define INDEX(level)  (VA >> (12 + 9 * ((level)-1)) & 0x1ff)
#define PTE_PAT_LARGE BIT(12)
#define PTE_AVAILABLE (UINT64_C(0x7ff) << 52)
#define ADDRESS_4K    UINT64_C(0x000fedcba9876000)
#define ADDRESS_2M    UINT64_C(0x000fedcba9800000)
#define ADDRESS_1G    UINT64_C(0x000fedcb80000000)

static struct guest_memory memory;
static uint8_t *expected;

static int setup(void **state)
{
	(void)state;
	memory = (struct guest_memory){aligned_alloc(PAGE_SIZE, SIZE), SIZE};
	expected = malloc(SIZE);
	assert_non_null(memory.bytes);
	assert_non_null(expected);
	memset(memory.bytes, POISON, SIZE);
	memset(expected, POISON, SIZE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(memory.bytes);
	free(expected);
	return 0;
}

/* One byte's answer, from which that of any access follows. */
static bool is_memory(uint64_t gpa)
{
	return gpa < HOLE || (gpa >= HOLE_END && gpa < SIZE);
}

static bool all_memory(uint64_t gpa, unsigned length)
{
	for (unsigned i = 0; i < length; i++) {
		if (!is_memory(gpa + i))
			return false;
	}
	return true;
}

static void test_bytes(void **state)
{
	static const struct {
		uint64_t gpa, length;
		bool there;
	} table[] = {
		{0, 1, true},
		{0, HOLE, true},
		{0, HOLE + 1, false},
		{HOLE - PAGE_SIZE, PAGE_SIZE, true},
		{HOLE - PAGE_SIZE, PAGE_SIZE + 1, false},
		{HOLE, 1, false},
		{HOLE, PAGE_SIZE, false},
		{HOLE, HOLE_END - HOLE, false},
		{HOLE_END - PAGE_SIZE, PAGE_SIZE, false},
		{HOLE - 1, HOLE_END - HOLE + 2, false}, /* both ends are memory */
		{0, SIZE, false},
		{HOLE_END, PAGE_SIZE, true},
		{HOLE_END, SIZE - HOLE_END, true},
		{HOLE_END, SIZE - HOLE_END + 1, false},
		{SIZE - PAGE_SIZE, PAGE_SIZE, true},
		{SIZE, 1, false},
		{UINT64_C(1) << 32, 1, false},
		{(UINT64_C(1) << 32) + HOLE_END, 1, false},
		{BIT(40), PAGE_SIZE, false},
		{BIT(52), PAGE_SIZE, false},
		{BIT(63), PAGE_SIZE, false},
		{BIT(63) + HOLE_END, PAGE_SIZE, false},
		/* The end wraps: to 0, and to what is memory. */
		{UINT64_MAX, 1, false},
		{UINT64_MAX, 2, false},
		{-(uint64_t)PAGE_SIZE, PAGE_SIZE, false},
		{-(uint64_t)PAGE_SIZE, 2 * PAGE_SIZE, false},
		{1, UINT64_MAX, false},
		{0, UINT64_MAX, false},
		{HOLE_END, UINT64_MAX, false},
		{HOLE_END, -(uint64_t)HOLE_END, false},
		{HOLE_END, -(uint64_t)HOLE_END + 1, false},
		{SIZE - 1, UINT64_MAX, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint8_t *got = guest_bytes(&memory, table[i].gpa, table[i].length);

		if (got != (table[i].there ? memory.bytes + table[i].gpa : NULL))
			fail_msg("%#lx, %#lx bytes", table[i].gpa, table[i].length);
	}
}

/* Calls @try for all short accesses around each boundary. */
static void each_access(void (*try)(uint64_t gpa, unsigned length, bool there))
{
	static const uint64_t boundaries[] = {0, HOLE, HOLE_END, SIZE, UINT64_C(1) << 32, BIT(63)};

	for (size_t i = 0; i < COUNT(boundaries); i++) {
		for (unsigned offset = 0; offset <= 2 * NEAR; offset++) {
			uint64_t gpa = boundaries[i] - NEAR + offset;

			for (unsigned length = 1; length <= NEAR; length++)
				try(gpa, length, all_memory(gpa, length));
		}
	}
}

static void try_bytes(uint64_t gpa, unsigned length, bool there)
{
	if (guest_bytes(&memory, gpa, length) != (there ? memory.bytes + gpa : NULL))
		fail_msg("%#lx, %u bytes", gpa, length);
}

static void test_bytes_around_boundaries(void **state)
{
	(void)state;
	each_access(try_bytes);
}

static void try_read(uint64_t gpa, unsigned length, bool there)
{
	uint8_t got[NEAR + 1], want[NEAR + 1];

	memset(got, 0xee, sizeof(got));
	memset(want, 0xee, sizeof(want));
	if (there)
		memcpy(want, memory.bytes + gpa, length);
	if (guest_read(&memory, gpa, got, length) != there || memcmp(got, want, sizeof(got)))
		fail_msg("%#lx, %u bytes", gpa, length);
}

/* All of it or nothing: the buffer holds what it held. */
static void test_read(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIZE; i++)
		memory.bytes[i] = (uint8_t)(i * 7 + i / 251);
	memcpy(expected, memory.bytes, SIZE);
	each_access(try_read);
	assert_memory_equal(memory.bytes, expected, SIZE);
}

static void try_write(uint64_t gpa, unsigned length, bool there)
{
	static uint8_t count;
	uint8_t bytes[NEAR];

	for (unsigned i = 0; i < length; i++) {
		bytes[i] = ++count;
		if (there)
			expected[gpa + i] = bytes[i];
	}
	if (guest_write(&memory, gpa, bytes, length) != there)
		fail_msg("%#lx, %u bytes", gpa, length);
}

/* All of it or nothing, the hole included. */
static void test_write(void **state)
{
	(void)state;
	each_access(try_write);
	assert_memory_equal(memory.bytes, expected, SIZE);
}

static void test_write_refused_whole(void **state)
{
	static const uint8_t bytes[PAGE_SIZE];

	(void)state;
	assert_false(guest_write(&memory, HOLE - PAGE_SIZE + 1, bytes, PAGE_SIZE));
	assert_memory_equal(memory.bytes, expected, SIZE);
	assert_false(guest_write(&memory, HOLE_END - 1, bytes, PAGE_SIZE));
	assert_memory_equal(memory.bytes, expected, SIZE);
	assert_false(guest_write(&memory, SIZE - PAGE_SIZE + 1, bytes, PAGE_SIZE));
	assert_memory_equal(memory.bytes, expected, SIZE);
	assert_true(guest_write(&memory, SIZE - PAGE_SIZE, bytes, PAGE_SIZE));
	memset(expected + SIZE - PAGE_SIZE, 0, PAGE_SIZE);
	assert_memory_equal(memory.bytes, expected, SIZE);
}

static void set_entry(uint64_t table, unsigned index, uint64_t entry)
{
	memcpy(memory.bytes + table + index * sizeof(entry), &entry, sizeof(entry));
}

/* Tables for VA: TABLE(4) the root, down to the one of @level, whose entry is @last. */
static void set_tables(unsigned level, uint64_t last)
{
	memset(memory.bytes + TABLE(0), 0, 5 * PAGE_SIZE);
	for (unsigned i = 4; i > level; i--)
		set_entry(TABLE(i), INDEX(i), TABLE(i - 1) | PRESENT);
	set_entry(TABLE(level), INDEX(level), last);
}

static void translates(uint64_t cr3, uint64_t want, bool want_writable)
{
	bool writable = !want_writable;
	uint64_t gpa = ~want;

	assert_true(guest_translate(&memory, cr3, VA, &gpa, &writable));
	assert_int_equal(gpa, want);
	assert_int_equal(writable, want_writable);
}

static void does_not_translate(uint64_t cr3)
{
	bool writable;
	uint64_t gpa;

	assert_false(guest_translate(&memory, cr3, VA, &gpa, &writable));
}

static void test_translate_sizes(void **state)
{
	(void)state;
	set_tables(1, ADDRESS_4K | PRESENT);
	translates(TABLE(4), ADDRESS_4K | (VA & 0xfff), true);
	set_tables(1, ADDRESS_4K | PRESENT | PTE_PS); /* there it is the PAT bit */
	translates(TABLE(4), ADDRESS_4K | (VA & 0xfff), true);
	set_tables(2, ADDRESS_2M | PRESENT | PTE_PS);
	translates(TABLE(4), ADDRESS_2M | (VA & 0x1fffff), true);
	set_tables(3, ADDRESS_1G | PRESENT | PTE_PS);
	translates(TABLE(4), ADDRESS_1G | (VA & 0x3fffffff), true);
}

/* What stands in an entry beside the address is no part of it; nor in CR3. */
static void test_translate_other_bits(void **state)
{
	const uint64_t other = PRESENT | PTE_U | PTE_PCD | PTE_AVAILABLE | PTE_NX | 0xe00;

	(void)state;
	set_tables(1, ADDRESS_4K | other);
	translates(TABLE(4) | 0xfff, ADDRESS_4K | (VA & 0xfff), true);
	set_tables(2, ADDRESS_2M | other | PTE_PS | PTE_PAT_LARGE);
	translates(TABLE(4) | BIT(63), ADDRESS_2M | (VA & 0x1fffff), true);
	set_tables(3, ADDRESS_1G | other | PTE_PS | PTE_PAT_LARGE);
	translates(TABLE(4) | 0x18, ADDRESS_1G | (VA & 0x3fffffff), true);
	set_tables(1, ADDRESS_4K | other);
	set_entry(TABLE(2), INDEX(2), TABLE(1) | other);
	translates(TABLE(4), ADDRESS_4K | (VA & 0xfff), true);
}

/* Every level must let it write. */
static void test_translate_writable(void **state)
{
	(void)state;
	for (unsigned last = 1; last <= 3; last++) {
		uint64_t page = UINT64_C(1) << (12 + 9 * (last - 1));

		for (unsigned level = last; level <= 4; level++) {
			set_tables(last, ADDRESS_1G | PRESENT | (last > 1 ? PTE_PS : 0));
			memory.bytes[TABLE(level) + INDEX(level) * 8] &= (uint8_t)~PTE_W;
			translates(TABLE(4), ADDRESS_1G | (VA & (page - 1)), false);
		}
	}
}

static void test_translate_not_present(void **state)
{
	(void)state;
	for (unsigned level = 1; level <= 4; level++) {
		set_tables(1, ADDRESS_4K | PRESENT);
		memory.bytes[TABLE(level) + INDEX(level) * 8] &= (uint8_t)~PTE_P;
		does_not_translate(TABLE(4));
	}
}

/* Tables that are not the guest's memory translate nothing; the translation itself may. */
static void test_translate_tables_outside(void **state)
{
	static const uint64_t outside[] = {
		HOLE, HOLE_END - PAGE_SIZE, SIZE, BIT(32) + TABLE(4), BIT(40), BIT(52) - PAGE_SIZE,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(outside); i++) {
		does_not_translate(outside[i]);
		for (unsigned level = 2; level <= 4; level++) {
			set_tables(1, ADDRESS_4K | PRESENT);
			set_entry(TABLE(level), INDEX(level), outside[i] | PRESENT);
			does_not_translate(TABLE(4));
		}
	}
}

/* The last entry of the last page. */
static void test_translate_at_the_end(void **state)
{
	bool writable;
	uint64_t gpa;

	(void)state;
	set_entry(SIZE - PAGE_SIZE, 511, (SIZE - PAGE_SIZE) | PRESENT);
	assert_true(guest_translate(&memory, SIZE - PAGE_SIZE, UINT64_MAX, &gpa, &writable));
	assert_int_equal(gpa, SIZE - 1);
	assert_true(writable);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bytes),
		TEST(test_bytes_around_boundaries),
		TEST(test_read),
		TEST(test_write),
		TEST(test_write_refused_whole),
		TEST(test_translate_sizes),
		TEST(test_translate_other_bits),
		TEST(test_translate_writable),
		TEST(test_translate_not_present),
		TEST(test_translate_tables_outside),
		TEST(test_translate_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
