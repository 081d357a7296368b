/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/layout.c: memory is at its own address where possible, and nothing is used twice. */
#include "host/layout.h"
#include "host/log.h"
#include "lib/boot.h"
#include "lib/multiboot.h"
#include "unit.h"
#include "x86/defs.h"
#include "x86/paging.h"

#define MIB     (UINT64_C(1) << 20)
#define GIB     (UINT64_C(1) << 30)
#define BLOCK   (2 * MIB)
#define ADDRESS UINT64_C(0x000ffffffffff000)
#define HOLE    UINT64_C(0xa0000)

/* Symbols of boot/entry.asm and linker.ld: the image is in the 2 MiB from 16 MiB on. */
#define IMAGE     (16 * MIB)
#define IMAGE_END (18 * MIB)
uint64_t boot_pdpt[512], boot_nx = PTE_NX;
struct boot_info boot_info;
static uint8_t map[256]; /* at MAP_ADDRESS */
struct config config;
__asm__(".globl second_start\n.set second_start, 0x1000000\n");

#define MAP_ADDRESS 0x500u

const void *paging_peek(uint64_t pa)
{
	assert_in_range(pa, MAP_ADDRESS, MAP_ADDRESS + sizeof(map) - 1);
	return map + (pa - MAP_ADDRESS);
}

/* The lines that were logged. */
static char said[4096];

void log_line(const char *fmt, ...)
{
	size_t length = strlen(said);
	va_list args;

	va_start(args, fmt);
	vsnprintf(said + length, sizeof(said) - length, fmt, args);
	va_end(args);
	strcat(said, "\n");
}

static struct guest_memory memory;

static void add(uint64_t base, uint64_t end)
{
	const struct multiboot_mmap_entry entry = {20, base, end - base, 1};

	memcpy(map + boot_info.map_length, &entry, sizeof(entry));
	boot_info.map_length += sizeof(entry);
}

/* A machine with memory up to @end, except from @hole to @hole_end. */
static void machine(uint64_t end, uint64_t hole, uint64_t hole_end)
{
	memset(&boot_info, 0, sizeof(boot_info));
	memset(said, 0, sizeof(said));
	boot_info.map = MAP_ADDRESS;
	add(0, 0x9fc00);
	add(MIB, hole ? hole : end);
	if (hole)
		add(hole_end, end);
}

static void module(uint64_t start, uint64_t end)
{
	boot_info.module.start = start;
	boot_info.module.end = end;
}

/* The host's page table entry for @gpa, and the size of the page that it maps. */
static uint64_t entry_of(uint64_t gpa, uint64_t *page)
{
	const uint64_t entry = memory.directory[gpa / BLOCK];

	*page = BLOCK;
	if (entry & PTE_PS)
		return entry & ~PTE_PS;
	assert_int_equal(entry & ~ADDRESS, PTE_P | PTE_W);
	*page = PAGE_SIZE;
	return ((const uint64_t *)(entry & ADDRESS))[gpa % BLOCK / PAGE_SIZE];
}

/* All pages of the guest, and no others, are mapped, each to memory that nothing else uses. */
static void check(uint64_t size, uint64_t end, uint64_t hole, uint64_t hole_end)
{
	static bool used[GIB / PAGE_SIZE];

	memset(used, 0, sizeof(used));
	assert_int_equal((uint64_t)memory.bytes, GIB);
	assert_int_equal(memory.size, size);
	assert_int_equal(boot_pdpt[1], (uint64_t)memory.directory | PTE_P | PTE_W);
	for (uint64_t gpa = 0; gpa < (size + BLOCK - 1) / BLOCK * BLOCK; gpa += PAGE_SIZE) {
		uint64_t page, entry = entry_of(gpa, &page);
		uint64_t at = (entry & ADDRESS) + gpa % page;

		if ((gpa >= HOLE && gpa < MIB) || gpa >= size) {
			assert_int_equal(entry, 0);
			continue;
		}
		assert_int_equal(entry & ~ADDRESS, PTE_NX | PTE_P | PTE_W);
		assert_true(at >= MIB && at + PAGE_SIZE <= end);
		assert_true(at + PAGE_SIZE <= IMAGE || at >= IMAGE_END);
		assert_true(at + PAGE_SIZE <= hole || at >= hole_end);
		assert_false(used[at / PAGE_SIZE]);
		used[at / PAGE_SIZE] = true;
	}
	assert_true(layout_end() >= size && layout_end() >= IMAGE_END && layout_end() <= end);
}

/* The runner's default machine: all memory from 1 MiB on is at its own address. */
static void test_default(void **state)
{
	(void)state;
	machine(24 * MIB, 0, 0);
	assert_true(layout_make(&memory, 16 * MIB));
	check(16 * MIB, 24 * MIB, 0, 0);
	assert_string_equal(said, "elsewhere 0 0xa0000 0x1200000\n");
}

/* Ascending sizes: layout_make() does not clear its tables. */
static void test_sizes(void **state)
{
	static const struct {
		uint64_t mem;
		const char *said;
	} table[] = {
		{4, "elsewhere 0 0xa0000 0x1200000\n"},
		{17, "elsewhere 0 0xa0000 0x1200000\nelsewhere 0x1000000 0x1100000 0x12a0000\n"},
		{63, "elsewhere 0 0xa0000 0x3f00000\nelsewhere 0x1000000 0x1200000 0x4000000\n"},
		{64, "elsewhere 0 0xa0000 0x4000000\nelsewhere 0x1000000 0x1200000 0x4200000\n"},
		{960, "elsewhere 0 0xa0000 0x3c000000\nelsewhere 0x1000000 0x1200000 0x3c200000\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint64_t mem = table[i].mem * MIB;
		uint64_t end = (table[i].mem < 16 ? 24 : table[i].mem + 8) * MIB;

		machine(end, 0, 0);
		assert_true(layout_make(&memory, mem));
		check(mem, end, 0, 0);
		assert_string_equal(said, table[i].said);
	}
}

/* A hole as ISA machines had, and memory that the firmware reserves in the first block. */
static void test_holes(void **state)
{
	(void)state;
	machine(32 * MIB, 15 * MIB, 16 * MIB);
	assert_true(layout_make(&memory, 16 * MIB));
	check(16 * MIB, 32 * MIB, 15 * MIB, 16 * MIB);
	assert_string_equal(said, "elsewhere 0 0xa0000 0x1200000\n"
				  "elsewhere 0xe00000 0x1000000 0x1400000\n");

	machine(32 * MIB, MIB + 0x80000, MIB + 0x81000);
	assert_true(layout_make(&memory, 16 * MIB));
	check(16 * MIB, 32 * MIB, MIB + 0x80000, MIB + 0x81000);
	assert_string_equal(said, "elsewhere 0 0xa0000 0x1200000\n"
				  "elsewhere 0x100000 0x200000 0x12a0000\n");
}

static void test_too_little(void **state)
{
	(void)state;
	machine(18 * MIB + HOLE - PAGE_SIZE, 0, 0);
	assert_false(layout_make(&memory, 16 * MIB));
	machine(24 * MIB, 0, 0);
	assert_false(layout_make(&memory, 512 * MIB));
	machine(18 * MIB + HOLE, 0, 0);
	assert_true(layout_make(&memory, 16 * MIB));
	assert_int_equal(layout_alloc(PAGE_SIZE, PAGE_SIZE), 0);

	/* Enough memory, but not below 1 GiB. */
	machine(3 * GIB, 18 * MIB, 2 * GIB);
	assert_false(layout_make(&memory, 16 * MIB));
}

/* Later allocations are in neither the guest's memory nor the module. */
static void test_take(void **state)
{
	static const uint64_t free = 18 * MIB + HOLE;
	static const struct {
		uint64_t start, end, want;
	} table[] = {
		{MIB, 2 * MIB, free}, /* as GRUB does it */
		{free, free + MIB, free + MIB},
		{free + 0x800, free + 0x1800, free + 0x2000},
		{free + 0x1fff, free + 0x2001, free + 0x3000},
		{free + 0x2000, free + MIB, free},
		{free - MIB, free, free},
		{23 * MIB, 24 * MIB, free},
		{3 * GIB, 3 * GIB + MIB, free}, /* far above: in nobody's way */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		machine(24 * MIB, 0, 0);
		assert_true(layout_make(&memory, 16 * MIB));
		module(table[i].start, table[i].end);
		assert_int_equal(layout_alloc(0x2000, PAGE_SIZE), table[i].want);
		assert_int_equal(layout_end(), table[i].want + 0x2000);
	}
}

/* A module above the guest's memory is not copied. */
static void test_module(void **state)
{
	static const uint64_t starts[] = {960 * MIB, 0x3c0ff000, 0x3ffff000, 0xfc300000,
					  0xc0123456};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		uint64_t at;

		machine(GIB, 0, 0);
		module(starts[i], starts[i] + LAYOUT_MODULE_MAX);
		assert_true(layout_make(&memory, 4 * MIB));
		at = (uint64_t)layout_module(&memory);
		for (uint64_t offset = 0; offset < LAYOUT_MODULE_MAX; offset += PAGE_SIZE) {
			uint64_t page, entry;

			assert_true(at + offset >= GIB + 960 * MIB && at + offset < 2 * GIB);
			entry = entry_of(at + offset - GIB, &page);
			assert_int_equal(entry & ~ADDRESS, PTE_NX | PTE_P);
			assert_int_equal((entry & ADDRESS) + (at + offset) % page,
					 starts[i] + offset);
		}
		check(4 * MIB, GIB, starts[i], starts[i] + LAYOUT_MODULE_MAX);
	}
}

/* No module that is too large, or has to be copied without memory for that. */
static void test_no_module(void **state)
{
	(void)state;
	machine(GIB, 0, 0);
	module(512 * MIB, 512 * MIB + LAYOUT_MODULE_MAX + 1);
	assert_true(layout_make(&memory, 16 * MIB));
	assert_null(layout_module(&memory));

	machine(24 * MIB, 0, 0);
	module(MIB, 7 * MIB);
	assert_true(layout_make(&memory, 16 * MIB));
	assert_null(layout_module(&memory));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),     cmocka_unit_test(test_default),
		cmocka_unit_test(test_holes),     cmocka_unit_test(test_too_little),
		cmocka_unit_test(test_take),      cmocka_unit_test(test_module),
		cmocka_unit_test(test_no_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
