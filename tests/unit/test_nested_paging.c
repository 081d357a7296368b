/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/nested_paging.c: each gpa translates to the page that the host has chosen. */
#include "host/nested_paging.h"
#include "unit.h"
#include "x86/defs.h"

#define MIB            (UINT64_C(1) << 20)
#define GIB            (UINT64_C(1) << 30)
#define RWX            7u /* EPT: read, write, execute; AMD: present, writable, user */
#define LARGE          BIT(7)
#define EPT_WRITE_BACK (6u << 3)
#define ADDRESS        UINT64_C(0x000ffffffffff000)

#define WINDOW \
	UINT64_C(0x40000000) /* the host's address of guest memory, which is never accessed */
#define NOWHERE UINT64_MAX

static uint64_t directory[512], tables[2][512] __attribute__((aligned(4096)));

/* Ranges of gpas that are not the guest's memory, and to which address they translate. */
static const struct {
	uint64_t start, end, at;
} others[] = {
	{0xa0000, 0xb8000, NOWHERE}, /* a PC's hole, without the screen */
	{0xb8000, 0xc0000, 0xb8000}, /* the machine's text screen */
	{0xc0000, 0x100000, NOWHERE},
};

/* The machine's address of guest memory: in any order, sometimes the same. */
static uint64_t place(uint64_t gpa)
{
	const uint64_t block = gpa / (2 * MIB), page = gpa / PAGE_SIZE;

	if (block)
		return (block % 3 ? block : 1023 - block) * 2 * MIB + gpa % (2 * MIB);
	return (page < 256 ? 0x3000 + 511 - page : page) * PAGE_SIZE + gpa % PAGE_SIZE;
}

/* The host's page tables: one for the first block, one for the last if it is not whole. */
static void fill_tables(uint64_t size)
{
	const uint64_t end = (size + 2 * MIB - 1) / (2 * MIB);

	for (uint64_t i = 0; i < 512; i++)
		directory[i] = place(i * 2 * MIB) | PTE_P | PTE_W | LARGE | PTE_NX;
	directory[0] = (uint64_t)tables[0] | PTE_P | PTE_W;
	if (size % (2 * MIB))
		directory[end - 1] = (uint64_t)tables[1] | PTE_P | PTE_W;
	for (uint64_t i = 0; i < 512; i++) {
		uint64_t low = i * PAGE_SIZE, high = (end - 1) * 2 * MIB + low;

		tables[0][i] =
			low >= 0xa0000 && low < MIB ? 0 : place(low) | PTE_P | PTE_W | PTE_NX;
		tables[1][i] = high < size ? place(high) | PTE_P | PTE_W | PTE_NX : 0;
	}
}

static uint64_t expected(uint64_t gpa, uint64_t size)
{
	for (unsigned i = 0; i < COUNT(others); i++) {
		if (gpa < others[i].start || gpa >= others[i].end)
			continue;
		return others[i].at == NOWHERE ? NOWHERE : others[i].at + gpa - others[i].start;
	}
	return gpa < size ? place(gpa) : NOWHERE;
}

/*
 * Translates as the CPU does (APM2 5.3 and 15.25.5, SDM 29.3.2).  An entry that refers to a table
 * must have only rights.
 */
static uint64_t walk(uint64_t gpa, uint64_t *bits)
{
	uint64_t table = nested_root();

	for (unsigned shift = 39;; shift -= 9) {
		const uint64_t page = UINT64_C(1) << shift;
		const uint64_t entry = ((const uint64_t *)table)[gpa >> shift & 0x1ff];

		assert_int_equal(table % PAGE_SIZE, 0);
		if (!entry)
			return NOWHERE;
		if (shift == 12 || entry & LARGE) {
			assert_true(shift <= 21);
			assert_int_equal(entry & ADDRESS & (page - 1), 0);
			*bits = entry & ~ADDRESS & ~(shift == 12 ? 0 : LARGE);
			return (entry & ADDRESS) | (gpa & (page - 1));
		}
		assert_int_equal(entry & ~ADDRESS, RWX);
		table = entry & ADDRESS;
	}
}

static void check_page(uint64_t gpa, uint64_t size, uint64_t leaf)
{
	const uint64_t want = expected(gpa, size);
	const bool screen = gpa >= others[1].start && gpa < others[1].end;
	const uint64_t want_bits =
		RWX | (screen ? 0 : leaf); /* the screen has no memory type: uncached */
	uint64_t bits = want_bits;
	const uint64_t got = walk(gpa, &bits);

	if (got != want || bits != want_bits)
		fail_msg("%#lx of %lu MiB: wanted %#lx with bits %#lx, got %#lx with %#lx", gpa,
			 size / MIB, want, want_bits, got, bits);
}

/*
 * All memory translates, with all rights and the vendor's flags, and nothing else does.  Ascending
 * sizes: nested_init() does not clear its tables.
 */
static void test_sizes(void **state)
{
	static const uint64_t sizes[] = {4, 5, 6, 7, 16, 17, 63, 960};
	static const uint64_t leaves[] = {0, EPT_WRITE_BACK};

	(void)state;
	for (unsigned i = 0; i < COUNT(sizes) * COUNT(leaves); i++) {
		const uint64_t size = sizes[i / COUNT(leaves)] * MIB;
		const uint64_t leaf = leaves[i % COUNT(leaves)];
		const struct guest_memory memory = {(uint8_t *)WINDOW, size, directory};

		fill_tables(size);
		nested_init(&memory, leaf);
		for (uint64_t gpa = 0; gpa < GIB; gpa += PAGE_SIZE)
			check_page(gpa, size, leaf);
		for (uint64_t gpa = GIB; gpa < 512 * GIB; gpa += GIB)
			check_page(gpa, size, leaf);
		for (uint64_t gpa = 512 * GIB; gpa < UINT64_C(1) << 48; gpa += 512 * GIB)
			check_page(gpa, size, leaf);
	}
}

/* Only pages of memory that have an entry of their own; no other page changes. */
static void test_present(void **state)
{
	static const uint64_t refused[] = {0xa0000,  0xb8000, 0xff000, 2 * MIB,
					   16 * MIB, GIB,     BIT(44)};
	static const uint64_t taken[] = {0, 0x9f000, MIB, 2 * MIB - PAGE_SIZE};
	const struct guest_memory memory = {(uint8_t *)WINDOW, 16 * MIB, directory};
	uint64_t bits;

	(void)state;
	fill_tables(memory.size);
	nested_init(&memory, EPT_WRITE_BACK);
	for (unsigned i = 0; i < COUNT(refused); i++)
		assert_false(nested_set_present(&memory, refused[i], false));
	for (unsigned i = 0; i < COUNT(taken); i++) {
		assert_true(nested_set_present(&memory, taken[i], false));
		walk(taken[i], &bits);
		assert_int_equal(bits & RWX, 0);
		assert_true(nested_set_present(&memory, taken[i], true));
	}
	for (uint64_t gpa = 0; gpa < memory.size; gpa += PAGE_SIZE)
		check_page(gpa, memory.size, EPT_WRITE_BACK);
}

/* The last test: large pages with all rights and no memory type, at 2 GiB; all else as before. */
static void test_device(void **state)
{
	const struct guest_memory memory = {(uint8_t *)WINDOW, 960 * MIB, directory};
	const uint64_t pa = 123 * GIB + 6 * MIB;
	uint64_t bits;

	(void)state;
	fill_tables(memory.size);
	nested_init(&memory, EPT_WRITE_BACK);
	nested_map_device(2 * GIB, pa, 5 * MIB);
	for (uint64_t gpa = 0; gpa < 2 * GIB; gpa += 64 * PAGE_SIZE)
		check_page(gpa, memory.size, EPT_WRITE_BACK);
	for (uint64_t offset = 0; offset < 6 * MIB; offset += PAGE_SIZE) {
		assert_int_equal(walk(2 * GIB + offset, &bits), pa + offset);
		assert_int_equal(bits, RWX);
	}
	for (uint64_t gpa = 2 * GIB + 6 * MIB; gpa < 5 * GIB; gpa += 2 * MIB)
		assert_int_equal(walk(gpa, &bits), NOWHERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
