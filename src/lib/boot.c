/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/boot.h"

#include "lib/multiboot.h"
#include "lib/string.h"
#include "x86/paging.h"

#define FOUR_GIB (UINT64_C(1) << 32)

/*
 * A page or more from @pa on.  No loader puts anything above 4 GiB; if one does, an error is noted,
 * and what is read instead does not matter.
 */
static const void *peek(uint64_t pa)
{
	if (pa >= FOUR_GIB) {
		boot_info.error = "the boot loader's information is not below 4 GiB";
		pa = 0;
	}
	return paging_peek(pa);
}

/* Copies a string, if there is one, and what follows it up to @max bytes. */
static void copy_line(char *line, uint64_t from, uint64_t max)
{
	if (from)
		memcpy(line, peek(from), max < BOOT_LINE_SIZE ? max : BOOT_LINE_SIZE);
}

static void set_map(uint64_t at, uint64_t length, uint32_t stride)
{
	peek(at);
	boot_info.map = at;
	boot_info.map_length = (uint32_t)length;
	boot_info.map_stride = stride;
}

static void set_sizes(uint32_t lower, uint32_t upper)
{
	boot_info.has_sizes = true;
	boot_info.mem_lower = lower;
	boot_info.mem_upper = upper;
}

static void set_module(uint64_t start, uint64_t end)
{
	boot_info.has_module = true;
	boot_info.module.start = start;
	boot_info.module.end = end;
}

static void read_multiboot(void)
{
	struct multiboot_module module;
	struct multiboot_info mbi;

	memcpy(&mbi, peek(boot_info.at), sizeof(mbi));
	if (mbi.flags & MBI_FLAG_CMDLINE)
		copy_line(boot_info.cmdline, mbi.cmdline, BOOT_LINE_SIZE);
	if (mbi.flags & MBI_FLAG_MODS && mbi.mods_count) {
		memcpy(&module, peek(mbi.mods_addr), sizeof(module));
		set_module(module.start, module.end);
		copy_line(boot_info.module_line, module.string, BOOT_LINE_SIZE);
	}
	if (mbi.flags & MBI_FLAG_MMAP)
		set_map(mbi.mmap_addr, mbi.mmap_length, 0);
	if (mbi.flags & MBI_FLAG_MEMORY)
		set_sizes(mbi.mem_lower, mbi.mem_upper);
}

void boot_read(void)
{
	if (boot_info.protocol == MULTIBOOT_MAGIC)
		read_multiboot();
	else
		boot_info.error = "not loaded by multiboot 1: wanted 0x2badb002 in EAX";
}

static char *terminated(char *line)
{
	return strnlen(line, BOOT_LINE_SIZE) < BOOT_LINE_SIZE ? line : NULL;
}

char *boot_cmdline(void)
{
	return terminated(boot_info.cmdline);
}

char *boot_module_line(void)
{
	return terminated(boot_info.module_line);
}
