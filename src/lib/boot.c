/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/boot.h"

#include "lib/linux_boot.h"
#include "lib/multiboot.h"
#include "lib/multiboot2.h"
#include "lib/pvh.h"
#include "lib/string.h"
#include "x86/paging.h"

#define FOUR_GIB (UINT64_C(1) << 32)

/*
 * No loader puts anything above 4 GiB.  If one does, an error is noted, and what is read instead
 * does not matter.
 */
static uint64_t below_4_gib(uint64_t pa)
{
	if (pa < FOUR_GIB)
		return pa;
	boot_info.error = "boot information above 4 GiB";
	return 0;
}

/* A page or more from @pa on. */
static const void *peek(uint64_t pa)
{
	return paging_peek(below_4_gib(pa));
}

/* Copies a string, if there is one, and what follows it up to @max bytes. */
static void copy_line(char *line, uint64_t from, uint64_t max)
{
	if (from)
		memcpy(line, peek(from), max < BOOT_LINE_SIZE ? max : BOOT_LINE_SIZE);
}

static void set_map(uint64_t at, uint64_t length, uint32_t stride)
{
	boot_info.map = below_4_gib(at);
	boot_info.map_length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
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
	boot_info.module.end = below_4_gib(end);
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

/* Moves what follows the word "--" on the image's line, if it is there, to the module's. */
static bool split_line(void)
{
	char *line = boot_cmdline();

	for (char *c = line; c && *c; c++) {
		if ((c == line || c[-1] == ' ') && c[0] == '-' && c[1] == '-' &&
		    (c[2] == ' ' || !c[2])) {
			memcpy(boot_info.module_line, c + 2, strlen(c + 2));
			*c = '\0';
			return true;
		}
	}
	return false;
}

/*
 * QEMU has no line for a PVH image's module, so it may be part of the image's.  Its firmware qboot
 * leaves the fields for it as they were on the stack: these count only if the last one is as it
 * has to be.
 */
static void read_module_line(const struct pvh_module *module)
{
	if (!split_line() && !module->reserved)
		copy_line(boot_info.module_line, module->cmdline, BOOT_LINE_SIZE);
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
	if (mbi.flags & MBI_FLAG_FRAMEBUFFER)
		boot_info.framebuffer = mbi.framebuffer;
}

/* @at: where the tag is, of whose @size bytes none is outside the information. */
static void read_tag(const struct multiboot2_tag *tag, uint64_t at, uint32_t size)
{
	uint32_t rest = size - sizeof(*tag);

	if (tag->type == MULTIBOOT2_CMDLINE) {
		copy_line(boot_info.cmdline, at + MULTIBOOT2_TAG_HEADER,
			  size - MULTIBOOT2_TAG_HEADER);
		return;
	}
	if (tag->type == MULTIBOOT2_FRAMEBUFFER &&
	    size >= MULTIBOOT2_TAG_HEADER + sizeof(boot_info.framebuffer))
		memcpy(&boot_info.framebuffer, peek(at + MULTIBOOT2_TAG_HEADER),
		       sizeof(boot_info.framebuffer));
	if (size < sizeof(*tag))
		return;
	at += sizeof(*tag);
	if (tag->type == MULTIBOOT2_MODULE && !boot_info.has_module) {
		set_module(tag->module.start, tag->module.end);
		copy_line(boot_info.module_line, at, rest);
	} else if (tag->type == MULTIBOOT2_MEMORY) {
		set_sizes(tag->memory.lower, tag->memory.upper);
	} else if (tag->type == MULTIBOOT2_MAP) {
		set_map(at, rest, tag->map.entry_size | !tag->map.entry_size); /* not 0 */
	}
}

static void read_multiboot2(void)
{
	struct multiboot2_info info;
	struct multiboot2_tag tag;
	uint64_t at = boot_info.at + sizeof(info), end;

	memcpy(&info, peek(boot_info.at), sizeof(info));
	for (end = boot_info.at + info.size; at + MULTIBOOT2_TAG_HEADER <= end;) {
		memcpy(&tag, peek(at), sizeof(tag));
		if (tag.type == MULTIBOOT2_END)
			return;
		if (tag.size < MULTIBOOT2_TAG_HEADER || tag.size > end - at)
			break;
		read_tag(&tag, at, tag.size);
		at += (tag.size + MULTIBOOT2_TAG_ALIGN - 1) & -(uint64_t)MULTIBOOT2_TAG_ALIGN;
	}
	boot_info.error = "malformed multiboot tags";
}

static void read_pvh(void)
{
	struct pvh_start_info info;
	struct pvh_module module;

	memcpy(&info, peek(boot_info.at), sizeof(info));
	if (info.magic != PVH_MAGIC || !info.version) {
		boot_info.error = "no PVH start_info 1 at EBX";
		return;
	}
	copy_line(boot_info.cmdline, info.cmdline, BOOT_LINE_SIZE);
	if (info.modules_count) {
		memcpy(&module, peek(info.modules), sizeof(module));
		set_module(module.start, module.start + module.size);
		read_module_line(&module);
	}
	set_map(info.map, (uint64_t)info.map_count * sizeof(struct pvh_map_entry),
		sizeof(struct pvh_map_entry));
}

/* The map is copied: what the loader has written lies in memory that it calls available. */
static void read_linux(void)
{
	static struct boot_region map[LINUX_MAP_MAX];
	const struct linux_boot_params *params = peek(boot_info.at);
	uint32_t count = params->map_count;

	if (params->magic != LINUX_MAGIC) {
		boot_info.error = "no boot_params at RSI";
		return;
	}
	memcpy(map, params->map, sizeof(map));
	boot_info.map = (uint64_t)map;
	boot_info.map_length = (count < LINUX_MAP_MAX ? count : LINUX_MAP_MAX) * sizeof(*map);
	boot_info.map_stride = sizeof(*map);
	copy_line(boot_info.cmdline, params->cmdline, BOOT_LINE_SIZE);
}

void boot_read(void)
{
	switch (boot_info.protocol) {
	case MULTIBOOT_MAGIC:
		read_multiboot();
		break;
	case MULTIBOOT2_MAGIC:
		read_multiboot2();
		break;
	case LINUX_MAGIC:
		read_linux();
		break;
	case PVH_MAGIC:
		read_pvh();
		break;
	default:
		boot_info.error = "no 0x2badb002 or 0x36d76289 (multiboot) in EAX";
	}
}
