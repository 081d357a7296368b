/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/loader.c, against Multiboot Specification 0.6.96, sections 3.1 to 3.3. */
#include "guest_fixture.h"
#include "host/loader.h"

#define SIZE        0x200000u
#define INFO        0x1000u /* the one page of low memory that the loader writes to */
#define INFO_END    0x2000u
#define POISON      0x5a
#define MAGIC       0x1badb002u
#define HEADER_SIZE 32u
#define LINE_MAX    3583u
#define NO_HEADER   "guest image: no multiboot 1 header in its first 8192 bytes"

/* An image and its header, from which build() makes the bytes. */
struct plan {
	uint32_t at, length;
	uint32_t magic, flags, checksum_off_by;
	uint32_t header, load, load_end, bss_end, entry;
};

static const struct plan good = {
	.at = 0x40,
	.length = 0x300,
	.magic = MAGIC,
	.flags = 0x10003,
	.header = HOLE_END + 0x40,
	.load = HOLE_END,
	.load_end = HOLE_END + 0x300,
	.bss_end = HOLE_END + 0x900,
	.entry = HOLE_END + 0x80,
};

static struct loaded_guest loaded;

static int setup(void **state)
{
	(void)state;
	make_memory(SIZE);
	return 0;
}

static uint32_t get32(uint32_t gpa)
{
	const uint8_t *from = memory.bytes + gpa;

	assert_in_range(gpa, INFO, INFO_END - 4);
	return from[0] | from[1] << 8 | from[2] << 16 | (uint32_t)from[3] << 24;
}

static uint64_t get64(uint32_t gpa)
{
	return get32(gpa) | (uint64_t)get32(gpa + 4) << 32;
}

/* Exactly as many bytes as the image has, so that a sanitizer sees each read after them. */
static uint8_t *build(const struct plan *p)
{
	const uint32_t fields[] = {
		p->magic,   p->flags, 0u - p->magic - p->flags + p->checksum_off_by,
		p->header,  p->load,  p->load_end,
		p->bss_end, p->entry,
	};
	uint8_t header[HEADER_SIZE];
	uint8_t *bytes = malloc(p->length);

	assert_true(bytes || !p->length);
	for (unsigned i = 0; i < COUNT(fields); i++)
		put32(header + 4 * i, fields[i]);
	for (uint32_t i = 0; i < p->length; i++)
		bytes[i] = i - p->at < HEADER_SIZE ? header[i - p->at] : (uint8_t)(i % 251 + 1);
	return bytes;
}

/* Loads @bytes and frees them.  The error must be @want; NULL: no error. */
static void load_bytes(uint8_t *bytes, uint32_t length, const char *line, const char *want)
{
	static const struct loaded_guest untouched = {0x11111111, 0x22222222, 0x33333333};
	struct {
		char error[LOADER_ERROR_MAX];
		char guard[8];
	} out;
	bool ok;

	memset(&out, 'g', sizeof(out));
	out.error[0] = '\0';
	memset(memory.bytes, POISON, SIZE);
	loaded = untouched;
	ok = load_guest(&memory, bytes, length, line, &loaded, out.error);
	free(bytes);
	assert_memory_equal(out.guard, "gggggggg", sizeof(out.guard));
	assert_true(strnlen(out.error, LOADER_ERROR_MAX) < LOADER_ERROR_MAX);
	assert_string_equal(out.error, want ? want : "");
	assert_int_equal(ok, !want);
	if (want)
		assert_memory_equal(&loaded, &untouched, sizeof(loaded));
}

static void refuse(const struct plan *p, const char *want)
{
	load_bytes(build(p), p->length, "line", want);
}

static uint32_t image_size(const struct plan *p)
{
	return p->load_end ? p->load_end - p->load : p->length - p->at + p->header - p->load;
}

/* Outside of the information's page, only the image and its bss have been written. */
static void assert_image(const struct plan *p)
{
	uint32_t start = p->at - (p->header - p->load);
	uint32_t size = image_size(p);
	uint32_t bss = p->bss_end ? p->bss_end - p->load : size;
	uint8_t *bytes = build(p);

	memset(expected, POISON, SIZE);
	memset(expected + p->load, 0, bss);
	memcpy(expected + p->load, bytes + start, size);
	free(bytes);
	assert_memory(0, INFO);
	assert_memory(INFO_END, SIZE - INFO_END);
}

static void assert_region(uint32_t at, uint64_t base, uint64_t length)
{
	assert_int_equal(get32(at), 20);
	assert_int_equal(get64(at + 4), base);
	assert_int_equal(get64(at + 12), length);
	assert_int_equal(get32(at + 20), 1);
}

/* 3.2 and 3.3. */
static void assert_information(const char *line)
{
	uint32_t info = loaded.ebx, at = get32(info + 16), map = get32(info + 48);

	assert_int_equal(loaded.eax, 0x2badb002);
	assert_int_equal(get32(info), 0x45); /* memory, command line, map, and nothing else */
	assert_int_equal(get32(info + 4), 640);
	assert_int_equal(get32(info + 8), (SIZE - HOLE_END) / 1024);
	assert_int_equal(get32(info + 20), 0); /* modules */
	assert_in_range(at, INFO, INFO_END - strlen(line) - 1);
	assert_string_equal((char *)memory.bytes + at, line);
	assert_int_equal(get32(info + 44), 2 * 24);
	assert_region(map, 0, HOLE);
	assert_region(map + 24, HOLE_END, SIZE - HOLE_END);
}

static void accept_line(const struct plan *p, const char *line)
{
	load_bytes(build(p), p->length, line, NULL);
	assert_image(p);
	assert_information(line);
	assert_int_equal(loaded.entry, p->entry);
}

static void accept(const struct plan *p)
{
	accept_line(p, "guest.elf only=a.*");
}

static void test_good(void **state)
{
	(void)state;
	accept(&good);
}

static void test_command_lines(void **state)
{
	char line[LINE_MAX + 3];

	(void)state;
	accept_line(&good, "");
	accept_line(&good, "x");
	memset(line, 'x', sizeof(line));
	line[LINE_MAX] = '\0';
	accept_line(&good, line);
	line[LINE_MAX] = 'x';
	line[LINE_MAX + 1] = '\0';
	load_bytes(build(&good), good.length, line,
		   "guest command line: 3584 characters, wanted less than 3584");
	line[LINE_MAX + 1] = 'x';
	line[LINE_MAX + 2] = '\0';
	load_bytes(build(&good), good.length, line,
		   "guest command line: 3585 characters, wanted less than 3584");
}

/* The parts of the information do not overlap, for any length of the command line. */
static void test_every_line_length(void **state)
{
	char line[LINE_MAX + 1] = "";

	(void)state;
	for (uint32_t n = 0; n < LINE_MAX; n += 97) {
		memset(line, 'l', n);
		load_bytes(build(&good), good.length, line, NULL);
		assert_information(line);
	}
}

/* Without these fields the image ends with the file, and the bss with the image. */
static void test_ends_left_out(void **state)
{
	struct plan p = good;

	(void)state;
	p.load_end = 0;
	accept(&p);
	p.bss_end = 0;
	accept(&p);
	p.load_end = good.load_end;
	accept(&p);
	p.bss_end = p.load_end;
	accept(&p);
	p.length += 100; /* such as symbols, which are not loaded */
	accept(&p);
}

/* The loaded part may begin anywhere before the header. */
static void test_header_inside(void **state)
{
	struct plan p = good;

	(void)state;
	p.load = p.header;
	accept(&p);
	p = good;
	p.at = 0;
	p.header = p.load;
	accept(&p);
	p = good;
	p.at = 0x100;
	p.load_end = p.load + 0x240;
	accept(&p);
	p.load_end = p.load + 1;
	p.entry = p.load;
	accept(&p);
}

static void test_header_places(void **state)
{
	struct plan p = good;

	(void)state;
	p.length = 10000;
	p.load_end = p.load + 0x300;
	p.header = p.load;
	for (p.at = 0; p.at <= 8192 - HEADER_SIZE; p.at += 4)
		load_bytes(build(&p), p.length, "", NULL);
	refuse(&p, NO_HEADER);
	for (p.at = 1; p.at < 100; p.at += p.at % 4 == 3 ? 2 : 1)
		refuse(&p, NO_HEADER);
	p.at = 0;
	p.length = p.load_end - p.load;
	accept(&p);
}

static void test_first_header_counts(void **state)
{
	struct plan first = good, second = good;
	uint8_t *bytes, *other;

	(void)state;
	second.at = 0x80;
	second.header = second.load + 0x80;
	second.entry = first.entry + 4;
	bytes = build(&first);
	other = build(&second);
	memcpy(bytes + 0x80, other + 0x80, HEADER_SIZE);
	load_bytes(bytes, first.length, "", NULL);
	assert_int_equal(loaded.entry, first.entry);

	first.checksum_off_by = 1; /* a header with a wrong checksum is none */
	bytes = build(&first);
	memcpy(bytes + 0x80, other + 0x80, HEADER_SIZE);
	free(other);
	load_bytes(bytes, first.length, "", NULL);
	assert_int_equal(loaded.entry, second.entry);
}

static void test_no_header(void **state)
{
	struct plan p = good;

	(void)state;
	p.magic++;
	refuse(&p, NO_HEADER);
	p = good;
	p.checksum_off_by = 1;
	refuse(&p, NO_HEADER);
	p.checksum_off_by = 0x80000000;
	refuse(&p, NO_HEADER);
	p = good;
	p.at = p.length;
	refuse(&p, NO_HEADER);
	p.length = 0;
	refuse(&p, NO_HEADER);
	load_bytes(NULL, 0, "", NO_HEADER);
}

/* 3.1.2: bits 0 to 15 are requirements; a loader may ignore other bits that it does not know. */
static void test_flags(void **state)
{
	struct plan p = good;
	char want[100];

	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		p.flags = 0x10000 | 1u << bit;
		snprintf(want, sizeof(want),
			 "guest image: header asks for %#x, wanted no flag but bits 0 and 1",
			 1u << bit);
		if (bit < 2 || bit > 15)
			accept(&p);
		else
			refuse(&p, want);
	}
	p.flags = 0x1ffff;
	refuse(&p, "guest image: header asks for 0xfffc, wanted no flag but bits 0 and 1");
	p.flags = 0x3;
	refuse(&p, "guest image: header without address fields, wanted flag bit 16");
	p.flags = 0xfffe0003;
	refuse(&p, "guest image: header without address fields, wanted flag bit 16");
}

static void test_load_address(void **state)
{
	struct plan p = good;

	(void)state;
	p.load = p.header + 1;
	refuse(&p, "guest image: load address 0x100041 above its header's 0x100040");
	p.load = 0xffffffff;
	refuse(&p, "guest image: load address 0xffffffff above its header's 0x100040");
	p.load = good.load - 1;
	refuse(&p, "guest image: 0x41 bytes wanted before its header, there are 0x40");
	p.load = 0;
	refuse(&p, "guest image: 0x100040 bytes wanted before its header, there are 0x40");
	p.header = 0xffffffff;
	refuse(&p, "guest image: 0xffffffff bytes wanted before its header, there are 0x40");
}

static void test_load_end(void **state)
{
	struct plan p = good;

	(void)state;
	p.load_end = p.load;
	refuse(&p, "guest image: load end 0x100000 not above its start 0x100000");
	p.load_end = p.load - 1;
	refuse(&p, "guest image: load end 0xfffff not above its start 0x100000");
	p.load_end = 1;
	refuse(&p, "guest image: load end 0x1 not above its start 0x100000");
	p.load_end = good.load_end + 1;
	refuse(&p, "guest image: truncated, wanted 0x301 bytes, got 0x300");
	p.load_end = 0xffffffff;
	refuse(&p, "guest image: truncated, wanted 0xffefffff bytes, got 0x300");
}

static void test_bss_end(void **state)
{
	struct plan p = good;

	(void)state;
	p.bss_end = p.load_end - 1;
	refuse(&p, "guest image: bss end 0x1002ff below the image's");
	p.bss_end = p.load;
	refuse(&p, "guest image: bss end 0x100000 below the image's");
	p.bss_end = p.load - 1;
	refuse(&p, "guest image: bss end 0xfffff below the image's");
	p.bss_end = 1;
	refuse(&p, "guest image: bss end 0x1 below the image's");
	p.bss_end = good.load_end - 1;
	p.load_end = 0;
	refuse(&p, "guest image: bss end 0x1002ff below the image's");
}

static void test_entry(void **state)
{
	static const uint32_t outside[] = {
		0, 0x80, HOLE_END - 1, HOLE_END + 0x300, HOLE_END + 0x800, 0xffffffff};
	struct plan p = good;
	char want[60];

	(void)state;
	for (size_t i = 0; i < COUNT(outside); i++) {
		p.entry = outside[i];
		snprintf(want, sizeof(want), "guest image: entry %s%x outside it",
			 p.entry ? "0x" : "", p.entry);
		refuse(&p, want);
	}
	p.entry = p.load;
	accept(&p);
	p.entry = p.load_end - 1;
	accept(&p);
}

/* The good image, to be loaded at @load. */
static struct plan at(uint32_t load)
{
	struct plan p = good;
	uint32_t by = load - good.load;

	p.header += by;
	p.load += by;
	p.load_end += by;
	p.bss_end += by;
	p.entry += by;
	return p;
}

static void test_places(void **state)
{
	static const uint32_t inside[] = {INFO_END, INFO_END + 1, HOLE - 0x900,
					  HOLE_END, HOLE_END + 1, SIZE - 0x900};
	static const struct {
		uint32_t load;
		const char *want;
	} outside[] = {
		{0, "guest image: load address 0, wanted 0x2000 or more"},
		{INFO_END - 1, "guest image: load address 0x1fff, wanted 0x2000 or more"},
		{HOLE - 0x8ff,
		 "guest image: 0x9f701-0xa0001 is not in the guest's memory of 2 MiB"},
		{HOLE, "guest image: 0xa0000-0xa0900 is not in the guest's memory of 2 MiB"},
		{HOLE_END - 0x901,
		 "guest image: 0xff6ff-0xfffff is not in the guest's memory of 2 MiB"},
		{HOLE_END - 1,
		 "guest image: 0xfffff-0x1008ff is not in the guest's memory of 2 MiB"},
		{SIZE - 0x8ff,
		 "guest image: 0x1ff701-0x200001 is not in the guest's memory of 2 MiB"},
		{SIZE, "guest image: 0x200000-0x200900 is not in the guest's memory of 2 MiB"},
		{0xfffff6ff,
		 "guest image: 0xfffff6ff-0xffffffff is not in the guest's memory of 2 MiB"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(inside); i++) {
		struct plan p = at(inside[i]);

		accept(&p);
	}
	for (size_t i = 0; i < COUNT(outside); i++) {
		struct plan p = at(outside[i].load);

		refuse(&p, outside[i].want);
	}
}

/* Across the hole, and across the end of the address space. */
static void test_places_across(void **state)
{
	struct plan p = at(HOLE - 0x400);

	(void)state;
	p.bss_end = HOLE_END + 0x100;
	refuse(&p, "guest image: 0x9fc00-0x100100 is not in the guest's memory of 2 MiB");
	p = at(0xffffff00);
	p.bss_end = p.load_end = 0;
	refuse(&p, "guest image: 0xffffff00-0x100000200 is not in the guest's memory of 2 MiB");
	p.bss_end = 0x100;
	refuse(&p, "guest image: bss end 0x100 below the image's");
	p = at(0xffffff00);
	refuse(&p, "guest image: load end 0x200 not above its start 0xffffff00");
	p = at(HOLE_END);
	p.bss_end = 0xffffffff;
	refuse(&p, "guest image: 0x100000-0xffffffff is not in the guest's memory of 2 MiB");
}

static void test_truncated(void **state)
{
	struct plan p = good;
	char want[100];

	(void)state;
	for (p.length = 0; p.length < good.length; p.length++) {
		snprintf(want, sizeof(want), "guest image: truncated, wanted 0x300 bytes, got %#x",
			 p.length);
		refuse(&p, p.length < p.at + HEADER_SIZE ? NO_HEADER : want);
	}
	p.load_end = 0; /* the image ends with the file */
	for (p.length = 0; p.length < good.length; p.length++) {
		if (p.length < p.at + HEADER_SIZE)
			refuse(&p, NO_HEADER);
		else if (p.length <= p.entry - p.load)
			refuse(&p, "guest image: entry 0x100080 outside it");
		else
			load_bytes(build(&p), p.length, "", NULL);
	}
}

static uint64_t random_state = 20070101;

static uint32_t random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16);
}

/* A random address, often beside an address that matters, mostly above @low. */
static uint32_t random_address(uint32_t low)
{
	static const uint32_t near[] = {0, INFO_END, HOLE, HOLE_END, SIZE, 0x80000000};

	switch (random32() % 8) {
	case 0:
		return random32();
	case 1:
		return near[random32() % COUNT(near)] + random32() % 9 - 4;
	case 2:
		return 0;
	default:
		return low + random32() % 0x400;
	}
}

static struct plan random_plan(void)
{
	static const uint32_t near[] = {INFO_END, HOLE - 0x800, HOLE_END, SIZE - 0x800};
	struct plan p = good;

	p.at = random32() % 16 ? random32() % 0x80 * 4 : random32() % 9000;
	p.length = random32() % 16 ? p.at + random32() % 0x800 : random32() % 9000;
	p.load = random_address(near[random32() % COUNT(near)]);
	p.header = random32() % 4 ? p.load + random32() % (p.at + 1) : random_address(p.load);
	p.load_end = random_address(p.load);
	p.bss_end = random_address(p.load_end ? p.load_end : p.load);
	p.entry = random_address(p.load);
	if (random32() % 16 == 0)
		p.flags = random32();
	return p;
}

/* Whether the loader must accept it, in numbers that cannot wrap. */
static bool acceptable(const struct plan *p)
{
	int64_t start = (int64_t)p->at - p->header + p->load;
	int64_t end = p->load_end ? p->load_end : p->load + (int64_t)p->length - start;
	int64_t bss_end = p->bss_end ? p->bss_end : end;

	if (p->at % 4 || p->at + HEADER_SIZE > 8192 || p->at + HEADER_SIZE > p->length)
		return false;
	if ((p->flags & 0x1fffc) != 0x10000 || p->load > p->header)
		return false;
	if (start < 0 || end <= p->load || start + end - p->load > p->length || bss_end < end)
		return false;
	if (p->entry < p->load || p->entry >= end || p->load < INFO_END)
		return false;
	return bss_end <= HOLE || (p->load >= HOLE_END && bss_end <= SIZE);
}

/* Writes POISON where a load has written. */
static void poison_again(const struct plan *p)
{
	uint32_t size = image_size(p);

	memset(memory.bytes + INFO, POISON, INFO_END - INFO);
	memset(memory.bytes + p->load, POISON, p->bss_end ? p->bss_end - p->load : size);
}

static void test_random_headers(void **state)
{
	unsigned accepted = 0;

	(void)state;
	memset(memory.bytes, POISON, SIZE);
	for (unsigned i = 0; i < 20000; i++) {
		struct plan p = random_plan();
		char error[LOADER_ERROR_MAX] = "";
		uint8_t *bytes = build(&p);
		bool ok = load_guest(&memory, bytes, p.length, "random", &loaded, error);

		free(bytes);
		if (ok != acceptable(&p))
			fail_msg("%u: %s: at %#x of %#x, flags %#x, header %#x, load %#x-%#x, "
				 "bss end %#x, entry %#x",
				 i, ok ? "accepted" : error, p.at, p.length, p.flags, p.header,
				 p.load, p.load_end, p.bss_end, p.entry);
		assert_int_equal(ok, !*error);
		accepted += ok;
		if (ok && accepted % 64 == 0)
			assert_image(&p);
		if (ok)
			poison_again(&p);
	}
	assert_in_range(accepted, 1000, 19000);
	memset(expected, POISON, SIZE);
	assert_memory_equal(memory.bytes, expected, SIZE);
}

/* A framebuffer is added to the information, and nothing else changes. */
static void test_screen(void **state)
{
	const struct boot_framebuffer screen = {UINT64_C(0x80123456), 4096, 1024, 768, 32, 1};
	const struct plan p = good;
	uint32_t info;

	(void)state;
	accept(&p);
	load_screen(&memory, &screen);
	info = loaded.ebx;
	assert_int_equal(get32(info), 0x1045);
	assert_int_equal(get64(info + 88), 0x80123456);
	assert_int_equal(get32(info + 96), 4096);
	assert_int_equal(get32(info + 100), 1024);
	assert_int_equal(get32(info + 104), 768);
	assert_int_equal(memory.bytes[info + 108], 32);
	assert_int_equal(memory.bytes[info + 109], 1);
	memory.bytes[info + 1] = 0;
	assert_image(&p);
	assert_information("guest.elf only=a.*");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, free_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),          TEST(test_screen),
		TEST(test_command_lines), TEST(test_every_line_length),
		TEST(test_ends_left_out), TEST(test_header_inside),
		TEST(test_header_places), TEST(test_first_header_counts),
		TEST(test_no_header),     TEST(test_flags),
		TEST(test_load_address),  TEST(test_load_end),
		TEST(test_bss_end),       TEST(test_entry),
		TEST(test_places),        TEST(test_places_across),
		TEST(test_truncated),     TEST(test_random_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
