/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/framebuffer.c: which framebuffers it uses, and every byte of what it draws. */
#include "fake_cpu.h"

#include "lib/font.h"
#include "lib/framebuffer.h"
#include "unit.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* ---- which are used ---- */

static struct boot_region regions[3];
static unsigned region_count;

bool boot_each_region(boot_visit *visit, void *arg)
{
	for (unsigned i = 0; i < region_count; i++) {
		if (!visit(&regions[i], arg))
			break;
	}
	return region_count;
}

static struct boot_framebuffer usual;

static int setup(void **state)
{
	(void)state;
	usual = (struct boot_framebuffer){0xfd000000, 4096, 1024, 768, 32, 1};
	regions[0] = (struct boot_region){0, 0x9fc00, 1};
	regions[1] = (struct boot_region){MIB, 0x7f00000, 1};
	regions[2] = (struct boot_region){0xe0000000, 0x20000000, 2};
	region_count = 3;
	fake = (struct fake_cpu){.leaves = {{0x80000008, {0x3028, 0, 0, 0}}}}; /* 40 bits */
	return 0;
}

static void test_usual(void **state)
{
	(void)state;
	assert_int_equal(framebuffer_size(&usual), 4096 * 768);
}

static void test_formats(void **state)
{
	static const struct {
		uint32_t pitch, width, height;
		uint8_t bits, type;
		bool used;
	} table[] = {
		{4096, 1024, 768, 24, 1, true},
		{2048, 1024, 768, 16, 1, true},
		{4096, 1024, 768, 8, 0, false}, /* a palette */
		{4096, 1024, 768, 32, 0, false},
		{160, 80, 25, 16, 2, false}, /* EGA text */
		{4096, 1024, 768, 32, 3, false},
		{4096, 1024, 768, 0, 1, false},
		{4096, 1024, 768, 8, 1, false},
		{4096, 1024, 768, 15, 1, false},
		{4096, 1024, 768, 30, 1, false},
		{4096, 256, 768, 40, 1, false},
		{4096, 128, 768, 248, 1, false},
		{4095, 1024, 768, 32, 1, false},
		{4097, 1024, 768, 32, 1, true},
		{3071, 1024, 768, 24, 1, false},
		{3072, 1024, 768, 24, 1, true},
		{0, 0, 0, 32, 1, false},
		{0, 1024, 768, 32, 1, false},
		{4096, 0, 768, 32, 1, false},
		{4096, 1024, 0, 32, 1, false},
		{48, 12, 32, 32, 1, true},
		{48, 11, 32, 32, 1, false},
		{48, 12, 31, 32, 1, false},
		{UINT32_MAX, 1024, 32, 32, 1, false},         /* too much */
		{UINT32_MAX, 1024, UINT32_MAX, 32, 1, false}, /* 64 bits just do */
		{0x80000000, 1024, 0x80000000, 32, 1, false},
		{4096, 0x40000400, 768, 32, 1, false}, /* its width in bytes wraps in 32 bits */
		{0x1000000, 1024, 32, 32, 1, true},
		{0x1000000, 1024, 33, 32, 1, false},
	};

	(void)state;
	regions[2].base = 0xff000000; /* room above */
	for (unsigned i = 0; i < COUNT(table); i++) {
		struct boot_framebuffer fb = {0xc0000000,      table[i].pitch, table[i].width,
					      table[i].height, table[i].bits,  table[i].type};
		uint64_t size = (uint64_t)fb.pitch * fb.height;

		if (framebuffer_size(&fb) != (table[i].used ? size : 0))
			fail_msg("row %u", i);
	}
}

/* 16 MiB at @at, of which no byte may be in what the map calls available. */
static bool used_at(uint64_t at)
{
	const struct boot_framebuffer fb = {at, 0x4000, 4096, 1024, 32, 1};

	return framebuffer_size(&fb);
}

static void test_places(void **state)
{
	(void)state;
	assert_true(used_at(128 * MIB));
	assert_false(used_at(128 * MIB - 1));
	assert_false(used_at(2 * MIB)); /* inside: our image is there */
	assert_false(used_at(MIB));
	assert_true(used_at(0xe0000000)); /* in reserved memory */
	assert_true(used_at(0xf0000000));
	assert_true(used_at(4 * GIB - 8 * MIB)); /* over 4 GiB */
	assert_true(used_at(100 * GIB + 0x12345));

	regions[1].base = 200 * MIB; /* just below it, over its start, around it */
	assert_true(used_at(184 * MIB));
	assert_false(used_at(184 * MIB + 1));
	regions[1].length = MIB; /* it is inside */
	assert_false(used_at(190 * MIB));
	assert_true(used_at(201 * MIB));
	assert_false(used_at(201 * MIB - 1));
	regions[1].length = 0;
	assert_true(used_at(201 * MIB));
	regions[1].length = UINT64_MAX; /* its end wraps */
	assert_false(used_at(201 * MIB));
	regions[1] = (struct boot_region){100 * GIB, GIB, 1};
	assert_false(used_at(100 * GIB + 500 * MIB));
}

static void test_impossible_places(void **state)
{
	(void)state;
	regions[0].type = regions[1].type = 2;
	assert_false(used_at(0));
	assert_false(used_at(0xa0000));
	assert_false(used_at(MIB - 1));
	assert_true(used_at(MIB));
	assert_true(used_at((UINT64_C(1) << 40) - 16 * MIB)); /* the CPU's last */
	assert_false(used_at((UINT64_C(1) << 40) - 16 * MIB + 1));
	assert_false(used_at(UINT64_C(1) << 40));
	assert_false(used_at(UINT64_C(1) << 63));
	assert_false(used_at(-(16 * MIB)));
	assert_false(used_at(-(16 * MIB) + 1)); /* its end wraps */
	assert_false(used_at(UINT64_MAX));
}

/* Nobody says what is memory: then nobody says that the image is not there. */
static void test_no_map(void **state)
{
	(void)state;
	region_count = 0;
	assert_int_equal(framebuffer_size(&usual), 0);
}

/* ---- what is drawn ---- */

#define GUARD  0xa5
#define MARGIN 64 /* before and after */

static struct boot_framebuffer shape;
static uint8_t *memory;
static char text[64][128]; /* what should be shown */
static unsigned columns, lines;

static void start(uint32_t width, uint32_t height, uint8_t bits, uint32_t more_pitch)
{
	shape = (struct boot_framebuffer){1, width * (bits / 8) + more_pitch, width, height, bits,
					  1};
	columns = (width - 2) / 10;
	lines = height / 16;
	memory = malloc(shape.pitch * height + 2 * MARGIN);
	memset(memory, GUARD, shape.pitch * height + 2 * MARGIN);
	memset(text, ' ', sizeof(text));
	framebuffer_init(memory + MARGIN, &shape);
}

static uint8_t want_byte(uint32_t x, uint32_t y)
{
	char c = text[y / 16][x / 10];

	return font[c - ' '][x % 10 / 2] >> (y % 16 / 2) & 1 ? 0xff : 0;
}

/* Every byte: what is text, and what must not be touched. */
static void check(void)
{
	uint8_t bytes = shape.bits / 8;

	for (unsigned i = 0; i < MARGIN; i++) {
		assert_int_equal(memory[i], GUARD);
		assert_int_equal(memory[MARGIN + shape.pitch * shape.height + i], GUARD);
	}
	for (uint32_t y = 0; y < shape.height; y++) {
		const uint8_t *row = memory + MARGIN + y * shape.pitch;

		for (uint32_t i = 0; i < shape.pitch; i++) {
			uint32_t x = i / bytes;

			if (x < columns * 10 && y < lines * 16) {
				if (row[i] != want_byte(x, y))
					fail_msg("%u bits, line %u, byte %u: %#x", shape.bits, y, i,
						 row[i]);
			} else if (x >= shape.width || y >= lines * 16) {
				assert_int_equal(row[i], GUARD);
			}
		}
	}
}

static void put(const char *string)
{
	framebuffer_write(string, strlen(string));
}

static void want(unsigned line, const char *string)
{
	memset(text[line], ' ', sizeof(text[line]));
	memcpy(text[line], string, strlen(string));
}

/* All characters, in each format, with and without bytes between the lines. */
static void test_characters(void **state)
{
	static const uint8_t bits[] = {16, 24, 32};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		char all[96] = "";

		start(961 + 3 * i, 48 + 3 * i, bits[i / 2], i % 2 * 13);
		check();
		for (unsigned c = 0x20; c < 0x7f; c++)
			all[c - 0x20] = (char)c;
		put(all);
		want(0, all);
		check();
		put("\n\t\x1f\x7f\xff!");
		want(1, "    !");
		check();
		free(memory);
	}
}

static void test_lines(void **state)
{
	(void)state;
	start(102, 16 * 4 + 15, 32, 0); /* ten columns, four lines */
	put("one\ntw");
	put("o\n");
	put("");
	want(0, "one");
	want(1, "two");
	check();
	put("0123456789");
	want(2, "0123456789");
	check();
	put("\n");
	want(0, "");
	check();
	put("abcdefghijk"); /* one too many: the rest is in the first line, and the second blank */
	want(3, "abcdefghij");
	want(0, "k");
	want(1, "");
	check();
	put("\n\nx");
	want(1, "");
	want(2, "x");
	want(3, "");
	check();
	free(memory);
}

/* However much: the newest lines, and a blank one after them. */
static void test_round(void **state)
{
	char line[16];

	(void)state;
	start(102, 16 * 7, 24, 1);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%sok %u", i ? "\n" : "", i);
		put(line);
		want(i % 7, line + (i > 0));
		want((i + 1) % 7, "");
		if (i > 990)
			check();
	}
	check();
	free(memory);
}

/* Again, as the host does after the guest. */
static void test_again(void **state)
{
	(void)state;
	start(102, 16 * 4, 32, 0);
	put("one\ntwo\nthree\nfour\nfive");
	framebuffer_init(memory + MARGIN, &shape);
	check();
	put("more");
	want(0, "more");
	check();
	free(memory);
}

/* All shapes differ, and leave room between letters. */
static void test_font(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FONT_CHARACTERS; i++) {
		for (unsigned j = 0; j < i; j++)
			assert_memory_not_equal(font[i], font[j], FONT_COLUMNS);
		if (i >= 'a' - ' ' && i <= 'z' - ' ' && i != 'm' - ' ' && i != 'w' - ' ')
			assert_int_equal(font[i][FONT_COLUMNS - 1], 0);
	}
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_usual),  TEST(test_formats),
		TEST(test_places), TEST(test_impossible_places),
		TEST(test_no_map), TEST(test_characters),
		TEST(test_lines),  TEST(test_round),
		TEST(test_again),  TEST(test_font),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
