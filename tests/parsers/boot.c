/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a loader tells, in any protocol: if it is accepted, all of it is below 4 GiB, and a line
 * that is not refused ends where it should.
 */
#include "lib/boot.h"
#include "lib/linux_boot.h"

#include "parser.h"
#include "x86/paging.h"

#define FOUR_GIB (UINT64_C(1) << 32)

struct boot_info boot_info;

static const uint8_t *memory; /* from INFO on; elsewhere is what the page's number says */
static size_t memory_size;
#define INFO 0x1000u

/* No byte more than paging_peek() promises: AddressSanitizer sees who reads on. */
const void *paging_peek(uint64_t pa)
{
	static uint8_t *window;

	REQUIRE(pa < FOUR_GIB);
	free(window);
	window = malloc(PAGE_SIZE);
	memset(window, (int)(pa >> 12 & 0xff), PAGE_SIZE);
	if (pa - INFO < memory_size) {
		size_t n = memory_size - (pa - INFO);

		memcpy(window, memory + (pa - INFO), n < PAGE_SIZE ? n : PAGE_SIZE);
	}
	return window;
}

static void check_line(const char *line, const char *copy)
{
	REQUIRE(!line || (line == copy && strlen(line) < BOOT_LINE_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	memset(&boot_info, 0, sizeof(boot_info));
	boot_info.protocol = take32(&in);
	boot_info.at = take32(&in) & 1 ? UINT64_C(0x100001000) : INFO;
	memory = in.at;
	memory_size = in.left;
	boot_read();
	check_line(boot_cmdline(), boot_info.cmdline);
	check_line(boot_module_line(), boot_info.module_line);
	if (boot_info.at >= FOUR_GIB)
		REQUIRE(boot_info.error);
	if (boot_info.error)
		return 0;
	if (boot_info.protocol == LINUX_MAGIC) /* a copy */
		REQUIRE(boot_info.map_length <= LINUX_MAP_MAX * sizeof(struct boot_region));
	else
		REQUIRE(boot_info.map < FOUR_GIB);
	if (boot_info.has_module)
		REQUIRE(boot_info.module.end < FOUR_GIB);
	return 0;
}
