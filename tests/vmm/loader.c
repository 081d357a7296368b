/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the image.  A multiboot loader: Multiboot Specification 0.6.96, sections 3.1 to 3.3. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/multiboot.h"
#include "vmm.h"

#define HEADER_MAGIC    0x1badb002u
#define HEADER_AREA     8192u       /* it lies in the file's first bytes */
#define FLAGS_OBEYED    0x00000003u /* modules on pages; a memory map */
#define FLAGS_MUST_OBEY 0x0000ffffu /* a loader that does not know one of these must give up */
#define FLAG_ADDRESSES  0x00010000u

/* Where the information lies: in low memory, as with GRUB, below what the map calls free. */
#define INFO_AT        0x500u
#define MAP_AT         0x600u
#define MODULE_AT      0x700u
#define CMDLINE_AT     0x1000u
#define CMDLINE_SIZE   0x1000u
#define MODULE_LINE_AT (CMDLINE_AT + CMDLINE_SIZE) /* of the same size */
#define LOW_FREE       (MODULE_LINE_AT + CMDLINE_SIZE)
#define LOW_END        LOWER_MEMORY_MAX
#define HIGH_MEMORY    UPPER_MEMORY
#define PAGE_SIZE      4096u

struct header {
	uint32_t magic, flags, checksum;
	uint32_t header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};

static struct file map_file(const char *name)
{
	struct file file = {.name = name};
	struct stat stat;
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &stat) < 0)
		fail("%s: %s", name, strerror(errno));
	if (!S_ISREG(stat.st_mode) || !stat.st_size)
		fail("%s: empty or no file, wanted an image", name);
	file.size = (uint64_t)stat.st_size;
	file.bytes = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file.bytes == MAP_FAILED)
		fail("%s: %s", name, strerror(errno));
	close(fd);
	return file;
}

/* Returns where in the file the header is, and copies it to @header. */
static uint64_t find_header(const struct file *file, struct header *header)
{
	for (uint64_t at = 0; at < HEADER_AREA && at + sizeof(*header) <= file->size; at += 4) {
		memcpy(header, file->bytes + at, sizeof(*header));
		if (header->magic == HEADER_MAGIC &&
		    header->magic + header->flags + header->checksum == 0)
			return at;
	}
	fail("%s: no multiboot header in its first %u bytes", file->name, HEADER_AREA);
}

/* Copies the range of the file that the header names.  ELF headers are not looked at. */
static uint32_t load_file(struct vm *vm, const struct file *file, uint64_t *image_end)
{
	struct header h;
	uint64_t at = find_header(file, &h), from, end;
	uint32_t unknown = h.flags & FLAGS_MUST_OBEY & ~FLAGS_OBEYED;

	if (unknown)
		fail("%s: its header has flags %#x, wanted none but %#x", file->name, unknown,
		     FLAGS_OBEYED | FLAG_ADDRESSES);
	if (!(h.flags & FLAG_ADDRESSES))
		fail("%s: its header has no addresses, wanted flag %#x", file->name,
		     FLAG_ADDRESSES);
	if (h.header_addr < h.load_addr || h.header_addr - h.load_addr > at)
		fail("%s: its header at byte %#llx says that it is at address %#x, %#x loaded",
		     file->name, (unsigned long long)at, h.header_addr, h.load_addr);
	from = at - (h.header_addr - h.load_addr);
	end = h.load_end_addr ? h.load_end_addr : h.load_addr + file->size - from;
	if (end < h.load_addr || end - h.load_addr > file->size - from)
		fail("%s: it ends before address %#llx, which its header wants", file->name,
		     (unsigned long long)end);
	if (h.load_addr < HIGH_MEMORY || end > vm->size || h.bss_end_addr > vm->size)
		fail("%s: it wants %#x to %#llx, the memory is %#llx to %#llx", file->name,
		     h.load_addr, (unsigned long long)(end > h.bss_end_addr ? end : h.bss_end_addr),
		     (unsigned long long)HIGH_MEMORY, (unsigned long long)vm->size);
	if (h.entry_addr < h.load_addr || h.entry_addr >= end)
		fail("%s: its entry %#x is not in %#x to %#llx, which is loaded", file->name,
		     h.entry_addr, h.load_addr, (unsigned long long)end);
	/* What follows up to bss_end_addr is zero, as all of the guest's memory is at first. */
	memcpy(vm->memory + h.load_addr, file->bytes + from, end - h.load_addr);
	*image_end = end > h.bss_end_addr ? end : h.bss_end_addr;
	return h.entry_addr;
}

/* Writes a command line: two texts, with a blank between them if there is a second. */
static void write_line(struct vm *vm, uint32_t at, const char *option, const char *first,
		       const char *second)
{
	int length = snprintf((char *)vm->memory + at, CMDLINE_SIZE, "%s%s%s", first,
			      *second ? " " : "", second);

	if (length < 0 || (unsigned)length >= CMDLINE_SIZE)
		fail("%s: the command line has %d bytes, wanted less than %u", option, length,
		     CMDLINE_SIZE);
}

/* Copies the module to the first page after the image's @end. */
static void load_module(struct vm *vm, uint64_t end)
{
	const char *line = vm->options->module;
	const uint64_t at = (end + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
	struct file file = map_file(strndup(line, strcspn(line, " ")));
	const struct multiboot_module module = {
		.start = (uint32_t)at, .end = (uint32_t)(at + file.size), .string = MODULE_LINE_AT};

	if (at > vm->size || file.size > vm->size - at)
		fail("--module: %s has %#llx bytes, the memory from %#llx to %#llx is free",
		     file.name, (unsigned long long)file.size, (unsigned long long)at,
		     (unsigned long long)vm->size);
	memcpy(vm->memory + at, file.bytes, file.size);
	memcpy(vm->memory + MODULE_AT, &module, sizeof(module));
	write_line(vm, MODULE_LINE_AT, "--module", line, "");
}

static void write_information(struct vm *vm)
{
	const struct options *o = vm->options;
	const struct multiboot_mmap_entry map[] = {
		{sizeof(map[0]) - sizeof(map[0].size), LOW_FREE, LOW_END - LOW_FREE,
		 MULTIBOOT_MEMORY_AVAILABLE},
		{sizeof(map[0]) - sizeof(map[0].size), HIGH_MEMORY, vm->size - HIGH_MEMORY,
		 MULTIBOOT_MEMORY_AVAILABLE},
		{sizeof(map[0]) - sizeof(map[0].size), ABOVE_4G, ABOVE_4G_SIZE,
		 MULTIBOOT_MEMORY_AVAILABLE},
	};
	const struct multiboot_info info = {
		.flags = MBI_FLAG_MEMORY | MBI_FLAG_CMDLINE | MBI_FLAG_MODS | MBI_FLAG_MMAP,
		.mem_lower = LOW_END >> 10,
		.mem_upper = (uint32_t)((vm->size - HIGH_MEMORY) >> 10),
		.cmdline = CMDLINE_AT,
		.mods_count = o->module ? 1 : 0,
		.mods_addr = MODULE_AT,
		.mmap_length = sizeof(map),
		.mmap_addr = MAP_AT,
	};

	memcpy(vm->memory + MAP_AT, map, sizeof(map));
	memcpy(vm->memory + INFO_AT, &info, sizeof(info));
	write_line(vm, CMDLINE_AT, "--append", o->image, o->append);
}

static struct entry load_multiboot(struct vm *vm, const struct file *file)
{
	uint64_t end;
	uint32_t eip = load_file(vm, file, &end);

	if (vm->options->module)
		load_module(vm, end);
	write_information(vm);
	return (struct entry){.rip = eip, .rax = MULTIBOOT_MAGIC, .rbx = INFO_AT};
}

struct entry load_image(struct vm *vm)
{
	struct file file = map_file(vm->options->image);

	switch (vm->options->boot) {
	case BOOT_PVH:
		return load_pvh(vm, &file);
	case BOOT_LINUX:
		return load_linux(vm, &file);
	default:
		return load_multiboot(vm, &file);
	}
}
