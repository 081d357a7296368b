/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/boot.c: what loaders tell in each protocol becomes the same. */
#include "unit.h"

#include "lib/boot.h"
#include "lib/linux_boot.h"
#include "lib/multiboot.h"
#include "lib/multiboot2.h"
#include "lib/pvh.h"
#include "x86/paging.h"

#define PAGE     4096u
#define FOUR_GIB (UINT64_C(1) << 32)
#define FAR      "boot information above 4 GiB"

/* Where the test's loader puts what it tells */
#define INFO   0x500u
#define MAP    0x900u
#define MODULE 0x1ff8u /* over a page's end */
#define LINE   0x2ff0u
#define LINE2  0x4000u

struct boot_info boot_info;

static uint8_t memory[16 * PAGE];

const void *paging_peek(uint64_t pa)
{
	assert_in_range(pa, 0, sizeof(memory) - 2 * PAGE);
	return memory + pa;
}

static void put(uint64_t at, const void *bytes, size_t size)
{
	memcpy(memory + at, bytes, size);
}

static void put_string(uint64_t at, const char *string)
{
	put(at, string, strlen(string) + 1);
}

static int reset(void **state)
{
	(void)state;
	memset(&boot_info, 0, sizeof(boot_info));
	memset(memory, 'x', sizeof(memory));
	put_string(LINE, "the host's");
	put_string(LINE2, "the guest's");
	return 0;
}

static void read_as(uint32_t protocol)
{
	boot_info.protocol = protocol;
	boot_info.at = INFO;
	boot_read();
}

static void assert_error(const char *wanted)
{
	assert_non_null(boot_info.error);
	assert_string_equal(boot_info.error, wanted);
}

static void assert_map(uint64_t at, uint32_t length, uint32_t stride)
{
	assert_int_equal(boot_info.map, at);
	assert_int_equal(boot_info.map_length, length);
	assert_int_equal(boot_info.map_stride, stride);
}

static void assert_module(uint64_t start, uint64_t end)
{
	assert_true(boot_info.has_module);
	assert_int_equal(boot_info.module.start, start);
	assert_int_equal(boot_info.module.end, end);
}

static void test_no_protocol(void **state)
{
	(void)state;
	read_as(0x1234);
	assert_error("no 0x2badb002 or 0x36d76289 (multiboot) in EAX");
	assert_false(boot_info.has_module || boot_info.has_sizes || boot_info.map_length);
	assert_string_equal(boot_cmdline(), "");
}

static const struct boot_framebuffer screen = {
	UINT64_C(0x123456789000), 4096, 1024, 768, 32, 1,
};

static void assert_screen(bool there)
{
	const struct boot_framebuffer none = {0};

	assert_memory_equal(&boot_info.framebuffer, there ? &screen : &none, sizeof(none));
}

static struct multiboot_info multiboot_info(uint32_t flags)
{
	const struct multiboot_module module = {0x200000, 0x212345, LINE2, 0};

	put(MODULE, &module, sizeof(module));
	return (struct multiboot_info){
		.flags = flags,
		.mem_lower = 639,
		.mem_upper = 7168,
		.cmdline = LINE,
		.mods_count = 1,
		.mods_addr = MODULE,
		.mmap_length = 72,
		.mmap_addr = MAP,
		.framebuffer = screen,
	};
}

static void read_multiboot(const struct multiboot_info *info)
{
	put(INFO, info, sizeof(*info));
	read_as(MULTIBOOT_MAGIC);
}

static void test_multiboot(void **state)
{
	struct multiboot_info info = multiboot_info(UINT32_MAX);

	(void)state;
	read_multiboot(&info);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "the host's");
	assert_string_equal(boot_module_line(), "the guest's");
	assert_module(0x200000, 0x212345);
	assert_map(MAP, 72, 0);
	assert_true(boot_info.has_sizes);
	assert_int_equal(boot_info.mem_lower, 639);
	assert_int_equal(boot_info.mem_upper, 7168);
	assert_screen(true);
}

/* Only what the flags say is there. */
static void test_multiboot_flags(void **state)
{
	struct multiboot_info info = multiboot_info(
		~(MBI_FLAG_MEMORY | MBI_FLAG_CMDLINE | MBI_FLAG_MODS | MBI_FLAG_MMAP | 0x1000));

	read_multiboot(&info);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "");
	assert_string_equal(boot_module_line(), "");
	assert_false(boot_info.has_module || boot_info.has_sizes);
	assert_map(0, 0, 0);
	assert_screen(false);

	reset(state);
	info = multiboot_info(0x1000);
	read_multiboot(&info);
	assert_screen(true);

	reset(state);
	info = multiboot_info(MBI_FLAG_MODS | MBI_FLAG_CMDLINE);
	info.mods_count = 0;
	info.cmdline = 0;
	read_multiboot(&info);
	assert_false(boot_info.has_module);
	assert_string_equal(boot_cmdline(), "");
}

/* A copy without a 0: the line was too long. */
static void test_long_lines(void **state)
{
	struct multiboot_info info = multiboot_info(MBI_FLAG_CMDLINE | MBI_FLAG_MODS);

	memset(memory + LINE, 'c', BOOT_LINE_SIZE);
	memset(memory + LINE2, 'm', BOOT_LINE_SIZE);
	read_multiboot(&info);
	assert_null(boot_cmdline());
	assert_null(boot_module_line());

	reset(state);
	info = multiboot_info(MBI_FLAG_CMDLINE | MBI_FLAG_MODS); /* its module, again */
	memset(memory + LINE, 'c', BOOT_LINE_SIZE - 1);
	memory[LINE + BOOT_LINE_SIZE - 1] = 0;
	memset(memory + LINE2, 'm', BOOT_LINE_SIZE);
	read_multiboot(&info);
	assert_int_equal(strlen(boot_cmdline()), BOOT_LINE_SIZE - 1);
	assert_null(boot_module_line());
}

/* ---- multiboot 2 ---- */

#define MALFORMED "malformed multiboot tags"

/* Appends a tag of these bytes to the information; returns where its bytes are. */
static uint64_t tag(uint32_t type, const void *bytes, uint32_t size)
{
	struct multiboot2_info info;
	uint32_t header[] = {type, size + 8};
	uint64_t at;

	memcpy(&info, memory + INFO, sizeof(info));
	at = INFO + info.size;
	put(at, header, sizeof(header));
	put(at + 8, bytes, size);
	info.size += (size + 8 + 7) & -8u;
	put(INFO, &info, sizeof(info));
	return at + 8;
}

static void first_tag(void)
{
	const struct multiboot2_info info = {.size = sizeof(info)};

	put(INFO, &info, sizeof(info));
}

static void test_multiboot2(void **state)
{
	static const char module[] = "\0\0\x20\0\x45\x23\x21\0the guest's";
	static const char module2[] = "\0\0\x30\0\x45\x23\x31\0another";
	const uint32_t sizes[] = {639, 7168};
	uint32_t map[2 + 3 * 6] = {24};
	uint64_t at;

	(void)state;
	first_tag();
	tag(1, "the host's", sizeof("the host's"));
	tag(21, "unknown", 7);
	tag(3, module, sizeof(module));
	tag(3, module2, sizeof(module2));
	tag(4, sizes, sizeof(sizes));
	at = tag(6, map, sizeof(map));
	tag(8, &screen, sizeof(screen));
	tag(0, "", 0);
	tag(1, "later", sizeof("later"));
	read_as(MULTIBOOT2_MAGIC);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "the host's");
	assert_string_equal(boot_module_line(), "the guest's");
	assert_module(0x200000, 0x212345);
	assert_map(at + 8, 72, 24);
	assert_true(boot_info.has_sizes);
	assert_int_equal(boot_info.mem_lower, 639);
	assert_int_equal(boot_info.mem_upper, 7168);
	assert_screen(true);
}

/* A framebuffer's tag that is too short says nothing. */
static void test_multiboot2_framebuffer(void **state)
{
	(void)state;
	first_tag();
	tag(8, &screen, sizeof(screen) - 1);
	tag(8, &screen, 0);
	tag(0, "", 0);
	read_as(MULTIBOOT2_MAGIC);
	assert_null(boot_info.error);
	assert_screen(false);
}

/* A line ends with its tag, and one that fills the buffer is too long. */
static void test_multiboot2_lines(void **state)
{
	char line[BOOT_LINE_SIZE];

	(void)state;
	memset(line, 'c', sizeof(line));
	first_tag();
	tag(1, line, 5);
	tag(3, "12345678m", 9);
	tag(0, "", 0);
	read_as(MULTIBOOT2_MAGIC);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "ccccc");
	assert_string_equal(boot_module_line(), "m");

	reset(state);
	first_tag();
	tag(1, line, sizeof(line));
	tag(0, "", 0);
	read_as(MULTIBOOT2_MAGIC);
	assert_null(boot_cmdline());
}

/* Tags too small for what they should have say nothing; a map's entries have some size. */
static void test_multiboot2_small(void **state)
{
	static const uint32_t types[] = {1, 3, 4, 6};
	const uint32_t none[2] = {0};

	for (unsigned i = 0; i < COUNT(types); i++) {
		reset(state);
		first_tag();
		tag(types[i], "", 0);
		tag(types[i], "1234567", i ? 7 : 0);
		tag(0, "", 0);
		read_as(MULTIBOOT2_MAGIC);
		assert_null(boot_info.error);
		assert_false(boot_info.has_module || boot_info.has_sizes);
		assert_map(0, 0, 0);
		assert_string_equal(boot_cmdline(), "");
	}
	reset(state);
	first_tag();
	tag(6, none, sizeof(none));
	tag(0, "", 0);
	read_as(MULTIBOOT2_MAGIC);
	assert_int_equal(boot_info.map_stride, 1); /* which is refused when the map is read */
}

static void test_multiboot2_malformed(void **state)
{
	static const uint32_t sizes[] = {0, 7, 25, UINT32_MAX};

	for (unsigned i = 0; i < COUNT(sizes); i++) {
		reset(state);
		first_tag();
		tag(1, "a line of 16 b.", 16);
		put(INFO + 12, &sizes[i], sizeof(sizes[i]));
		read_as(MULTIBOOT2_MAGIC);
		assert_error(MALFORMED);
		assert_string_equal(boot_cmdline(), "");
	}
	reset(state); /* the list has no end */
	first_tag();
	tag(1, "a line of 16 b.", 16);
	read_as(MULTIBOOT2_MAGIC);
	assert_error(MALFORMED);
	reset(state); /* nothing at all */
	memset(memory + INFO, 0, 8);
	read_as(MULTIBOOT2_MAGIC);
	assert_error(MALFORMED);
}

/* ---- PVH ---- */

static struct pvh_start_info pvh_info(void)
{
	const struct pvh_module module = {0x200000, 0x12345, LINE2, 0};

	put(MODULE, &module, sizeof(module));
	return (struct pvh_start_info){
		.magic = PVH_MAGIC,
		.version = 1,
		.modules_count = 1,
		.modules = MODULE,
		.cmdline = LINE,
		.map = MAP,
		.map_count = 3,
	};
}

static void read_pvh(const struct pvh_start_info *info)
{
	put(INFO, info, sizeof(*info));
	read_as(PVH_MAGIC);
}

static void test_pvh(void **state)
{
	struct pvh_start_info info = pvh_info();

	(void)state;
	read_pvh(&info);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "the host's");
	assert_string_equal(boot_module_line(), "the guest's");
	assert_module(0x200000, 0x212345);
	assert_map(MAP, 72, 24);
	assert_false(boot_info.has_sizes);
}

static void test_pvh_nothing(void **state)
{
	const struct pvh_start_info info = {.magic = PVH_MAGIC, .version = 1};

	(void)state;
	read_pvh(&info);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "");
	assert_false(boot_info.has_module);
	assert_map(0, 0, 24);
}

static void test_pvh_refused(void **state)
{
	static const struct {
		size_t offset; /* in start_info, or behind it in the module */
		uint64_t value;
	} table[] = {
		{offsetof(struct pvh_start_info, modules), FOUR_GIB},
		{offsetof(struct pvh_start_info, cmdline), UINT64_MAX},
		{offsetof(struct pvh_start_info, map), FOUR_GIB},
		{sizeof(struct pvh_start_info) + offsetof(struct pvh_module, start), FOUR_GIB},
		{sizeof(struct pvh_start_info) + offsetof(struct pvh_module, size),
		 FOUR_GIB - 0x200000},
		{sizeof(struct pvh_start_info) + offsetof(struct pvh_module, cmdline), FOUR_GIB},
	};
	struct pvh_start_info info;

	for (unsigned i = 0; i < COUNT(table); i++) {
		uint64_t module_at = table[i].offset - sizeof(info);

		reset(state);
		info = pvh_info();
		if (table[i].offset < sizeof(info))
			memcpy((uint8_t *)&info + table[i].offset, &table[i].value, 8);
		else
			put(MODULE + module_at, &table[i].value, 8);
		read_pvh(&info);
		assert_error(FAR);
	}
	reset(state);
	info = pvh_info();
	info.magic++;
	read_pvh(&info);
	assert_error("no PVH start_info 1 at EBX");
	reset(state);
	info = pvh_info();
	info.version = 0;
	read_pvh(&info);
	assert_error("no PVH start_info 1 at EBX");
}

/* qboot leaves the last fields of a module as they were: any value means that there is no line. */
static void test_pvh_module_unfilled(void **state)
{
	static const uint64_t lines[] = {0, LINE2, FOUR_GIB, UINT64_MAX};

	for (unsigned i = 0; i < COUNT(lines); i++) {
		struct pvh_module module = {0x200000, 0x12345, lines[i], 1};
		struct pvh_start_info info;

		reset(state);
		info = pvh_info();
		put(MODULE, &module, sizeof(module));
		read_pvh(&info);
		assert_null(boot_info.error);
		assert_string_equal(boot_module_line(), "");
		assert_module(0x200000, 0x212345);
	}
}

/* A map of more entries than 32 bits can count the bytes of is cut, not wrapped to a short one. */
static void test_pvh_large_map(void **state)
{
	struct pvh_start_info info = pvh_info();

	(void)state;
	info.map_count = UINT32_MAX / 24 + 1;
	read_pvh(&info);
	assert_int_equal(boot_info.map_length, UINT32_MAX);
}

/* A module without a line has what follows the word "--" on the image's. */
static void test_split(void **state)
{
	static const struct {
		const char *line, *image, *module;
	} table[] = {
		{"a=1 b -- c d", "a=1 b ", " c d"},
		{"-- c", "", " c"},
		{"a --", "a ", ""},
		{"--", "", ""},
		{"a -- b -- c", "a ", " b -- c"},
		{"a--b -- c", "a--b ", " c"},
		{"a --b", "a --b", ""},
		{"a-- b", "a-- b", ""},
		{"a --- b", "a --- b", ""},
		{"-", "-", ""},
		{"a -", "a -", ""},
		{"", "", ""},
	};

	for (unsigned i = 0; i < COUNT(table); i++) {
		struct pvh_start_info info;
		uint64_t none = 0;

		reset(state);
		info = pvh_info();
		put_string(LINE, table[i].line);
		put(MODULE + offsetof(struct pvh_module, cmdline), &none, sizeof(none));
		read_pvh(&info);
		assert_string_equal(boot_cmdline(), table[i].image);
		assert_string_equal(boot_module_line(), table[i].module);

		reset(state); /* the module's own line counts only if there is no such word */
		info = pvh_info();
		put_string(LINE, table[i].line);
		read_pvh(&info);
		assert_string_equal(boot_cmdline(), table[i].image);
		assert_string_equal(boot_module_line(), strcmp(table[i].line, table[i].image)
								? table[i].module
								: "the guest's");

		reset(state); /* nor if there is no module */
		info = pvh_info();
		info.modules_count = 0;
		put_string(LINE, table[i].line);
		read_pvh(&info);
		assert_string_equal(boot_cmdline(), table[i].line);
		assert_string_equal(boot_module_line(), "");
	}
}

/* ---- Linux's 64-bit entry ---- */

#define PARAMS 0x7000u /* a page, as all loaders have it */

static void read_linux(const struct linux_boot_params *params)
{
	put(PARAMS, params, sizeof(*params));
	boot_info.protocol = LINUX_MAGIC;
	boot_info.at = PARAMS;
	boot_read();
}

static void test_linux(void **state)
{
	const struct boot_region map[] = {{0, 0x9fc00, 1}, {0x100000, 0x700000, 1}, {1, 2, 3}};
	struct linux_boot_params params = {.map_count = 3, .magic = LINUX_MAGIC, .cmdline = LINE};

	(void)state;
	memcpy(params.map, map, sizeof(map));
	read_linux(&params);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "the host's");
	assert_false(boot_info.has_module || boot_info.has_sizes);
	assert_int_equal(boot_info.map_length, sizeof(map));
	assert_int_equal(boot_info.map_stride, 20);

	/* It is a copy: the image may use that memory now. */
	memset(memory, 'x', sizeof(memory));
	assert_memory_equal((const void *)boot_info.map, map, sizeof(map));
	assert_string_equal(boot_cmdline(), "the host's");
}

static void test_linux_nothing(void **state)
{
	const struct linux_boot_params params = {.magic = LINUX_MAGIC};

	(void)state;
	read_linux(&params);
	assert_null(boot_info.error);
	assert_string_equal(boot_cmdline(), "");
	assert_int_equal(boot_info.map_length, 0);
}

static void test_linux_refused(void **state)
{
	struct linux_boot_params params = {.map_count = 255, .magic = LINUX_MAGIC};

	read_linux(&params); /* boot_params has no more than 128 */
	assert_int_equal(boot_info.map_length, 128 * 20);

	reset(state);
	params.magic++;
	params.cmdline = LINE;
	read_linux(&params);
	assert_error("no boot_params at RSI");
	assert_string_equal(boot_cmdline(), "");

	reset(state);
	boot_info.protocol = LINUX_MAGIC;
	boot_info.at = FOUR_GIB + PARAMS;
	boot_read();
	assert_non_null(boot_info.error);
}

#define TEST(function) cmocka_unit_test_setup(function, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_linux),
		TEST(test_linux_nothing),
		TEST(test_linux_refused),
		TEST(test_no_protocol),
		TEST(test_multiboot),
		TEST(test_multiboot_flags),
		TEST(test_long_lines),
		TEST(test_multiboot2),
		TEST(test_multiboot2_framebuffer),
		TEST(test_multiboot2_lines),
		TEST(test_multiboot2_small),
		TEST(test_multiboot2_malformed),
		TEST(test_pvh),
		TEST(test_pvh_nothing),
		TEST(test_pvh_refused),
		TEST(test_pvh_module_unfilled),
		TEST(test_pvh_large_map),
		TEST(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
