/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/guest_memory.c, around each boundary. */
#include "guest_fixture.h"
#include "host/vcpu.h"
#include "x86/defs.h"

#define SIZE          0x108000u
#define POISON        0x5a
#define NEAR          10u /* bytes around each boundary where every access is tried */
#define TABLE(n)      (0x4000u + (n)*PAGE_SIZE)
#define PRESENT       (PTE_P | PTE_W)
#define VA            UINT64_C(0x0000123456788abc)
#define INDEX(level)  (VA >> (12 + 9 * ((level)-1)) & 0x1ff)
#define PTE_PAT_LARGE BIT(12)
#define PTE_AVAILABLE (UINT64_C(0x7ff) << 52)
#define ADDRESS_4K    UINT64_C(0x000fedcba9876000)
#define ADDRESS_2M    UINT64_C(0x000fedcba9800000)
#define ADDRESS_1G    UINT64_C(0x000fedcb80000000)

static int setup(void **state)
{
	(void)state;
	make_memory(SIZE);
	memset(memory.bytes, POISON, SIZE);
	memset(expected, POISON, SIZE);
	return 0;
}

static void fill(void)
{
	for (unsigned i = 0; i < SIZE; i++)
		memory.bytes[i] = (uint8_t)(i * 7 + i / 251);
}

/* Whether a byte is memory; an access is allowed if all of its bytes are. */
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
		/* The end of the access wraps, to 0 or to memory. */
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

/* All or nothing: after a failure the buffer is unchanged. */
static void test_read(void **state)
{
	(void)state;
	fill();
	memcpy(expected, memory.bytes, SIZE);
	each_access(try_read);
	assert_memory(0, SIZE);
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

/* All or nothing: after a failure memory is unchanged, also in the hole. */
static void test_write(void **state)
{
	(void)state;
	each_access(try_write);
	assert_memory(0, SIZE);
}

static void test_write_refused_whole(void **state)
{
	static const uint8_t bytes[PAGE_SIZE];

	(void)state;
	assert_false(guest_write(&memory, HOLE - PAGE_SIZE + 1, bytes, PAGE_SIZE));
	assert_memory(0, SIZE);
	assert_false(guest_write(&memory, HOLE_END - 1, bytes, PAGE_SIZE));
	assert_memory(0, SIZE);
	assert_false(guest_write(&memory, SIZE - PAGE_SIZE + 1, bytes, PAGE_SIZE));
	assert_memory(0, SIZE);
	assert_true(guest_write(&memory, SIZE - PAGE_SIZE, bytes, PAGE_SIZE));
	memset(expected + SIZE - PAGE_SIZE, 0, PAGE_SIZE);
	assert_memory(0, SIZE);
}

static void set_entry(uint64_t table, unsigned index, uint64_t entry)
{
	memcpy(memory.bytes + table + index * sizeof(entry), &entry, sizeof(entry));
}

/* Tables for VA, from the root, TABLE(4), down to that of @level, whose entry is @last. */
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
	set_tables(1, ADDRESS_4K | PRESENT | PTE_PS); /* in a last-level entry this bit is PAT */
	translates(TABLE(4), ADDRESS_4K | (VA & 0xfff), true);
	set_tables(2, ADDRESS_2M | PRESENT | PTE_PS);
	translates(TABLE(4), ADDRESS_2M | (VA & 0x1fffff), true);
	set_tables(3, ADDRESS_1G | PRESENT | PTE_PS);
	translates(TABLE(4), ADDRESS_1G | (VA & 0x3fffffff), true);
}

/* Other bits of an entry, or of CR3, do not change the address. */
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

/* An address is writable only if the entries of all levels are. */
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

/* Tables must be in the guest's memory; the translated address need not. */
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

/* ---- by the tables that the guest uses ---- */

#define VA32    UINT64_C(0xcafe9abc)
#define ROOT    TABLE(4)
#define LOW_4K  UINT64_C(0x89abc000) /* fits in an entry of 32 bits */
#define LOW_4M  UINT64_C(0x89800000)
#define LONGEST 15u /* of an instruction, in bytes */

/*
 * APM2 5.1: the modes.  Bits that do not matter in a mode are set in some tests, and clear in
 * others.
 */
static struct vcpu unpaged(void)
{
	return (struct vcpu){.memory = &memory, .slow = {.cr3 = ROOT, .cr4 = CR4_PAE | CR4_PSE}};
}

static struct vcpu legacy(uint64_t cr4)
{
	return (struct vcpu){.memory = &memory,
			     .efer = EFER_LME,
			     .slow = {.cr0 = CR0_PG, .cr3 = ROOT, .cr4 = cr4}};
}

static struct vcpu long_mode(void)
{
	return (struct vcpu){.memory = &memory,
			     .efer = EFER_LME | EFER_LMA,
			     .slow = {.cr0 = CR0_PG, .cr3 = ROOT, .cr4 = CR4_PAE}};
}

static void vcpu_translates(struct vcpu vcpu, uint64_t va, uint64_t want, bool want_writable)
{
	bool writable = !want_writable;
	uint64_t gpa = ~want;

	assert_true(vcpu_translate(&vcpu, va, &gpa, &writable));
	assert_int_equal(gpa, want);
	assert_int_equal(writable, want_writable);
}

static void vcpu_does_not_translate(struct vcpu vcpu, uint64_t va)
{
	bool writable;
	uint64_t gpa;

	assert_false(vcpu_translate(&vcpu, va, &gpa, &writable));
}

static void set_entry32(uint64_t table, unsigned index, uint64_t entry)
{
	assert_int_equal(entry >> 32, 0);
	memcpy(memory.bytes + table + index * 4, &entry, 4);
}

/* 5.2.1: a virtual address has 10, 10 and 12 bits. */
static void set_legacy(uint64_t directory, uint64_t last)
{
	memset(memory.bytes + TABLE(0), 0, 5 * PAGE_SIZE);
	set_entry32(ROOT, VA32 >> 22, directory);
	set_entry32(TABLE(1), VA32 >> 12 & 0x3ff, last);
}

/* 5.2.3: it has 2, 9, 9 and 12 bits. */
static void set_pae(uint64_t root, uint64_t pointer, uint64_t directory, uint64_t last)
{
	memset(memory.bytes + TABLE(0), 0, 5 * PAGE_SIZE);
	set_entry(root, VA32 >> 30, pointer);
	set_entry(TABLE(2), VA32 >> 21 & 0x1ff, directory);
	set_entry(TABLE(1), VA32 >> 12 & 0x1ff, last);
}

static void test_unpaged(void **state)
{
	(void)state;
	set_legacy(0, 0);
	vcpu_translates(unpaged(), 0, 0, true);
	vcpu_translates(unpaged(), VA32, VA32, true);
	vcpu_translates(unpaged(), BIT(33) | VA32, VA32, true);
}

static void test_legacy(void **state)
{
	const uint64_t other = PTE_U | PTE_PCD | PTE_PS | 0xe00;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t directory = i & 1 ? PRESENT : PTE_P, last = i & 2 ? PRESENT : PTE_P;

		set_legacy(TABLE(1) | directory, LOW_4K | last | other);
		vcpu_translates(legacy(0), VA32, LOW_4K | (VA32 & 0xfff), i == 3);
		vcpu_translates(legacy(CR4_PSE), VA32, LOW_4K | (VA32 & 0xfff), i == 3);
	}
	set_legacy(TABLE(1) | PTE_W, LOW_4K | PRESENT);
	vcpu_does_not_translate(legacy(0), VA32);
	set_legacy(TABLE(1) | PRESENT, LOW_4K | PTE_W);
	vcpu_does_not_translate(legacy(0), VA32);
	set_legacy(LOW_4K | PRESENT, 0); /* a table outside of memory */
	vcpu_does_not_translate(legacy(0), VA32);
}

/* 5.2.2: PS counts only if CR4.PSE is set; then bits 13 to 20 are address bits 32 to 39. */
static void test_legacy_large(void **state)
{
	const uint64_t offset = VA32 & 0x3fffff;

	(void)state;
	set_legacy(LOW_4M | PRESENT | PTE_PS | PTE_PAT_LARGE, 0);
	vcpu_translates(legacy(CR4_PSE), VA32, LOW_4M | offset, true);
	set_legacy(LOW_4M | PTE_P | PTE_PS | 0xa5 << 13, 0);
	vcpu_translates(legacy(CR4_PSE), VA32, UINT64_C(0xa5) << 32 | LOW_4M | offset, false);
	set_legacy(LOW_4M | PTE_W | PTE_PS, 0);
	vcpu_does_not_translate(legacy(CR4_PSE), VA32);
	set_legacy(TABLE(1) | PRESENT | PTE_PS, LOW_4K | PRESENT);
	vcpu_translates(legacy(0), VA32, LOW_4K | (VA32 & 0xfff), true);
	vcpu_translates(legacy(CR4_PSE), VA32, (uint64_t)(TABLE(1) >> 13 & 0xff) << 32 | offset,
			true);
}

/* CR4.PSE does not matter.  The root's entries have neither rights nor PS. */
static void test_pae(void **state)
{
	const uint64_t cr4[] = {CR4_PAE, CR4_PAE | CR4_PSE};

	(void)state;
	for (unsigned i = 0; i < COUNT(cr4); i++) {
		struct vcpu vcpu = legacy(cr4[i]);

		set_pae(ROOT, TABLE(2) | PTE_P, TABLE(1) | PRESENT, ADDRESS_4K | PRESENT | PTE_NX);
		vcpu_translates(vcpu, VA32, ADDRESS_4K | (VA32 & 0xfff), true);
		set_pae(ROOT, TABLE(2) | PTE_P, TABLE(1) | PTE_P, ADDRESS_4K | PRESENT);
		vcpu_translates(vcpu, VA32, ADDRESS_4K | (VA32 & 0xfff), false);
		set_pae(ROOT, TABLE(2) | PTE_P | PTE_PS, ADDRESS_2M | PRESENT | PTE_PS, 0);
		vcpu_translates(vcpu, VA32, ADDRESS_2M | (VA32 & 0x1fffff), true);
		set_pae(ROOT, TABLE(2), TABLE(1) | PRESENT, ADDRESS_4K | PRESENT);
		vcpu_does_not_translate(vcpu, VA32);
		set_pae(ROOT, TABLE(2) | PTE_P, TABLE(1) | PTE_W, ADDRESS_4K | PRESENT);
		vcpu_does_not_translate(vcpu, VA32);
		set_pae(ROOT, TABLE(2) | PTE_P, TABLE(1) | PRESENT, ADDRESS_4K | PTE_W);
		vcpu_does_not_translate(vcpu, VA32);
	}
}

/* 5.2.1: PAE's root has 32 bytes.  CR3's lower bits are flags, and bits from 32 on do not count. */
static void test_pae_root(void **state)
{
	struct vcpu vcpu = legacy(CR4_PAE);

	(void)state;
	vcpu.slow.cr3 = (ROOT + 0xfe0) | 0x18 | BIT(40);
	set_pae(ROOT + 0xfe0, TABLE(2) | PTE_P, TABLE(1) | PRESENT, ADDRESS_4K | PRESENT);
	vcpu_translates(vcpu, VA32, ADDRESS_4K | (VA32 & 0xfff), true);
	vcpu_translates(vcpu, BIT(33) | VA32, ADDRESS_4K | (VA32 & 0xfff), true);
}

static void test_long_mode(void **state)
{
	(void)state;
	set_tables(1, ADDRESS_4K | PRESENT);
	vcpu_translates(long_mode(), VA, ADDRESS_4K | (VA & 0xfff), true);
	set_tables(2, ADDRESS_2M | PRESENT | PTE_PS);
	vcpu_translates(long_mode(), VA, ADDRESS_2M | (VA & 0x1fffff), true);
	set_tables(3, ADDRESS_1G | PTE_P | PTE_PS);
	vcpu_translates(long_mode(), VA, ADDRESS_1G | (VA & 0x3fffffff), false);
	set_tables(3, ADDRESS_1G | PTE_W | PTE_PS);
	vcpu_does_not_translate(long_mode(), VA);
}

/* ---- code ---- */

static void fetches(struct vcpu vcpu, const uint8_t *want, unsigned count)
{
	uint8_t got[LONGEST + 1];

	memset(got, 0xee, sizeof(got));
	assert_int_equal(guest_fetch(&vcpu, got, LONGEST), count);
	assert_memory_equal(got, want, count);
	for (unsigned i = count; i < sizeof(got); i++)
		assert_int_equal(got[i], 0xee);
}

/* Code outside 64-bit mode begins at CS.base, and its addresses wrap at 4 GiB. */
static void test_fetch_unpaged(void **state)
{
	static const uint8_t bits[] = {16, 32};
	struct vcpu vcpu = unpaged();

	(void)state;
	fill();
	for (unsigned i = 0; i < COUNT(bits); i++) {
		vcpu.slow.code_bits = bits[i];
		vcpu.slow.cs_base = 0x12340;
		vcpu.rip = 0x678;
		fetches(vcpu, memory.bytes + 0x129b8, LONGEST);
		vcpu.slow.cs_base = 0xffff0000;
		vcpu.rip = 0x10010;
		fetches(vcpu, memory.bytes + 0x10, LONGEST);
		vcpu.rip = 0xfff0;
		fetches(vcpu, NULL, 0);
	}
}

/* Fewer bytes at the hole, and at the end of memory. */
static void test_fetch_less(void **state)
{
	static const uint64_t ends[] = {HOLE, SIZE};
	struct vcpu vcpu = unpaged();

	(void)state;
	fill();
	vcpu.slow.code_bits = 32;
	for (unsigned i = 0; i < COUNT(ends); i++) {
		for (unsigned left = 0; left <= LONGEST; left++) {
			vcpu.rip = ends[i] - left;
			fetches(vcpu, memory.bytes + ends[i] - left, left);
		}
	}
}

/* In 64-bit mode CS has no base.  Code across two pages: each is translated, and may be missing. */
static void test_fetch_crossing(void **state)
{
	const uint64_t end = (VA | 0xfff) + 1;
	const unsigned next = INDEX(1) + 1;
	struct vcpu vcpu = long_mode();

	(void)state;
	fill();
	vcpu.slow.code_bits = 64;
	vcpu.slow.cs_base = 0x1000;
	for (unsigned left = 1; left <= LONGEST; left++) {
		uint8_t want[LONGEST];

		vcpu.rip = end - left;
		set_tables(1, 0x20000 | PTE_P);
		memcpy(want, memory.bytes + 0x21000 - left, left);
		fetches(vcpu, want, left);
		set_entry(TABLE(1), next, 0x102000 | PTE_P);
		memcpy(want + left, memory.bytes + 0x102000, LONGEST - left);
		fetches(vcpu, want, LONGEST);
		set_entry(TABLE(1), next, SIZE | PTE_P);
		fetches(vcpu, want, left);
		set_tables(1, 0);
		set_entry(TABLE(1), next, 0x102000 | PTE_P);
		fetches(vcpu, want, 0);
	}
}

/* Compatibility mode: long mode's tables, but CS has a base, and addresses have 32 bits. */
static void test_fetch_compatibility(void **state)
{
	struct vcpu vcpu = long_mode();
	uint8_t want[LONGEST];

	(void)state;
	fill();
	memset(memory.bytes + TABLE(0), 0, 5 * PAGE_SIZE);
	set_entry(ROOT, 0, TABLE(3) | PTE_P);
	set_entry(TABLE(3), 0, TABLE(2) | PTE_P);
	set_entry(TABLE(3), 3, TABLE(2) | PTE_P);
	set_entry(TABLE(2), 0, TABLE(1) | PTE_P);
	set_entry(TABLE(2), 511, TABLE(0) | PTE_P);
	set_entry(TABLE(0), 511, 0x20000 | PTE_P); /* the last page of 4 GiB */
	set_entry(TABLE(1), 0, 0x30000 | PTE_P);   /* the first */
	vcpu.slow.code_bits = 32;
	vcpu.slow.cs_base = 0xfffff000;
	vcpu.rip = 0xffb;
	memcpy(want, memory.bytes + 0x20ffb, 5);
	memcpy(want + 5, memory.bytes + 0x30000, LONGEST - 5);
	fetches(vcpu, want, LONGEST);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, free_memory)

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
		TEST(test_unpaged),
		TEST(test_legacy),
		TEST(test_legacy_large),
		TEST(test_pae),
		TEST(test_pae_root),
		TEST(test_long_mode),
		TEST(test_fetch_unpaged),
		TEST(test_fetch_less),
		TEST(test_fetch_crossing),
		TEST(test_fetch_compatibility),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
