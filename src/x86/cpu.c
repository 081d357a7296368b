/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/cpu.h"

#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap.h"

/* boot/entry.asm, boot/traps.asm */
extern const uint64_t boot_gdt[SEL_TSS / 8];
extern uint8_t boot_stacks[STACK_COUNT][STACK_SIZE];
extern const uint8_t boot_idt[VECTORS * 16];

/* Below the pointer in the topmost eight bytes, and aligned to 16 bytes. */
static uint64_t stack_top(const struct cpu *cpu, enum cpu_stack stack)
{
	return (uint64_t)cpu->stacks + (stack + 1) * STACK_SIZE - 16;
}

static void load_gdt(struct cpu *cpu)
{
	struct table_register gdtr = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};

	for (unsigned i = 0; i < SEL_TSS / 8; i++)
		cpu->gdt[i] = boot_gdt[i];
	__asm__ volatile("lgdt %0" : : "m"(gdtr));
}

static void load_tss(struct cpu *cpu)
{
	uint64_t base = (uint64_t)&cpu->tss;
	uint64_t *descriptor = &cpu->gdt[SEL_TSS / 8];

	cpu->tss.ist[IST_TRAP - 1] = stack_top(cpu, STACK_TRAP);
	cpu->tss.ist[IST_DOUBLE_FAULT - 1] = stack_top(cpu, STACK_DOUBLE_FAULT);
	cpu->tss.iopb = sizeof(cpu->tss);

	/* Available 64-bit TSS, present: APM2 4.8.3 */
	descriptor[0] = (sizeof(cpu->tss) - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 |
			(base >> 24 & 0xff) << 56;
	descriptor[1] = base >> 32;
	__asm__ volatile("ltr %w0" : : "r"(SEL_TSS));
}

static void load_idt(void)
{
	struct table_register idtr = {sizeof(boot_idt) - 1, (uint64_t)boot_idt};

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

void cpu_load(struct cpu *cpu)
{
	load_gdt(cpu);
	load_tss(cpu);
	load_idt();
}

void cpu_init(void (*unexpected)(struct trap_frame *frame))
{
	struct cpu *cpu = this_cpu();

	trap_unexpected = unexpected;
	cpu->stacks = boot_stacks[0];
	cpu_load(cpu);
	for (unsigned i = 0; i < STACK_COUNT; i++)
		paging_unmap((uint64_t)boot_stacks[i]);
}

bool is_guard_page(const uint8_t *stacks, uint64_t address)
{
	uint64_t offset = address - (uint64_t)stacks;

	return offset < STACK_COUNT * STACK_SIZE && offset % STACK_SIZE < PAGE_SIZE;
}
