/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads an ELF image's segments, and starts it as Firecracker, Cloud Hypervisor and crosvm do: by
 * PVH (Xen's public/arch-x86/hvm/start_info.h), or by Linux's 64-bit boot protocol
 * (Documentation/arch/x86/boot.rst of the Linux sources).
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "lib/linux_boot.h"
#include "lib/multiboot.h"
#include "lib/pvh.h"
#include "vmm.h"

/* Where Firecracker puts what it tells.  The map calls all of it available. */
#define PVH_INFO_AT    0x6000u
#define PVH_MAP_AT     0x6800u
#define PARAMS_AT      0x7000u
#define PAGE_TABLES_AT 0x9000u
#define CMDLINE_AT     0x20000u
#define CMDLINE_SIZE   0x1000u
#define LOW_END        0x9fc00u

#define ELFNOTE_PHYS32_ENTRY 18u

#define PTE_P  0x01u
#define PTE_W  0x02u
#define PTE_PS 0x80u

/* Whether @size bytes from @offset on are in the file. */
static bool in_file(const struct file *file, uint64_t offset, uint64_t size)
{
	return offset <= file->size && size <= file->size - offset;
}

static Elf64_Ehdr elf_header(const struct file *file)
{
	Elf64_Ehdr h;

	if (!in_file(file, 0, sizeof(h)))
		fail("%s: no ELF file", file->name);
	memcpy(&h, file->bytes, sizeof(h));
	if (memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS64 ||
	    h.e_machine != EM_X86_64 || h.e_phentsize != sizeof(Elf64_Phdr))
		fail("%s: no ELF file for x86-64", file->name);
	if (!in_file(file, h.e_phoff, (uint64_t)h.e_phnum * sizeof(Elf64_Phdr)))
		fail("%s: its program headers are not all in it", file->name);
	return h;
}

static Elf64_Phdr program_header(const struct file *file, const Elf64_Ehdr *h, unsigned i)
{
	Elf64_Phdr p;

	memcpy(&p, file->bytes + h->e_phoff + i * sizeof(p), sizeof(p));
	if (!in_file(file, p.p_offset, p.p_filesz))
		fail("%s: its segment %u is not all in it", file->name, i);
	return p;
}

static void load_segments(struct vm *vm, const struct file *file, const Elf64_Ehdr *h)
{
	for (unsigned i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p = program_header(file, h, i);

		if (p.p_type != PT_LOAD)
			continue;
		if (p.p_filesz > p.p_memsz || p.p_paddr < UPPER_MEMORY || p.p_paddr > vm->size ||
		    p.p_memsz > vm->size - p.p_paddr)
			fail("%s: its segment %u wants %#llx bytes at %#llx, the memory is %#llx "
			     "to %#llx",
			     file->name, i, (unsigned long long)p.p_memsz,
			     (unsigned long long)p.p_paddr, (unsigned long long)UPPER_MEMORY,
			     (unsigned long long)vm->size);
		memcpy(vm->memory + p.p_paddr, file->bytes + p.p_offset, p.p_filesz);
	}
}

static uint32_t pvh_entry(const struct file *file, const Elf64_Ehdr *h)
{
	for (unsigned i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p = program_header(file, h, i);
		struct {
			Elf64_Nhdr header;
			char name[4];
			uint32_t entry;
		} note;

		if (p.p_type != PT_NOTE || p.p_filesz < sizeof(note))
			continue;
		memcpy(&note, file->bytes + p.p_offset, sizeof(note));
		if (note.header.n_namesz == sizeof(note.name) && !strcmp(note.name, "Xen") &&
		    note.header.n_type == ELFNOTE_PHYS32_ENTRY)
			return note.entry;
	}
	fail("%s: no note with an entry for PVH", file->name);
}

static void write_line(struct vm *vm)
{
	const size_t length = strlen(vm->options->append);

	if (length >= CMDLINE_SIZE)
		fail("--append: the command line has %zu bytes, wanted less than %u", length,
		     CMDLINE_SIZE);
	memcpy(vm->memory + CMDLINE_AT, vm->options->append, length + 1);
}

struct entry load_pvh(struct vm *vm, const struct file *file)
{
	const Elf64_Ehdr h = elf_header(file);
	const struct pvh_map_entry map[] = {
		{0, LOW_END, BOOT_MEMORY_AVAILABLE, 0},
		{UPPER_MEMORY, vm->size - UPPER_MEMORY, BOOT_MEMORY_AVAILABLE, 0},
		{ABOVE_4G, ABOVE_4G_SIZE, BOOT_MEMORY_AVAILABLE, 0},
	};
	const struct pvh_start_info info = {
		.magic = PVH_MAGIC,
		.version = 1,
		.cmdline = CMDLINE_AT,
		.map = PVH_MAP_AT,
		.map_count = sizeof(map) / sizeof(map[0]),
	};

	load_segments(vm, file, &h);
	memcpy(vm->memory + PVH_INFO_AT, &info, sizeof(info));
	memcpy(vm->memory + PVH_MAP_AT, map, sizeof(map));
	write_line(vm);
	/* EAX is undefined. */
	return (struct entry){
		.rip = pvh_entry(file, &h), .rax = MULTIBOOT_MAGIC, .rbx = PVH_INFO_AT};
}

/* The first GiB, at its physical addresses. */
static void write_page_tables(struct vm *vm)
{
	uint64_t *pml4 = (uint64_t *)(vm->memory + PAGE_TABLES_AT);
	uint64_t *pdpt = pml4 + 512, *pd = pdpt + 512;

	pml4[0] = (PAGE_TABLES_AT + 0x1000) | PTE_P | PTE_W;
	pdpt[0] = (PAGE_TABLES_AT + 0x2000) | PTE_P | PTE_W;
	for (uint64_t i = 0; i < 512; i++)
		pd[i] = i << 21 | PTE_P | PTE_W | PTE_PS;
}

struct entry load_linux(struct vm *vm, const struct file *file)
{
	const Elf64_Ehdr h = elf_header(file);
	const struct linux_boot_params params = {
		.map_count = 3,
		.magic = LINUX_MAGIC,
		.cmdline = CMDLINE_AT,
		.map = {{0, LOW_END, BOOT_MEMORY_AVAILABLE},
			{UPPER_MEMORY, vm->size - UPPER_MEMORY, BOOT_MEMORY_AVAILABLE},
			{ABOVE_4G, ABOVE_4G_SIZE, BOOT_MEMORY_AVAILABLE}},
	};

	load_segments(vm, file, &h);
	memcpy(vm->memory + PARAMS_AT, &params, sizeof(params));
	write_line(vm);
	write_page_tables(vm);
	return (struct entry){.rip = h.e_entry, .rsi = PARAMS_AT, .cr3 = PAGE_TABLES_AT};
}
