/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/panic.h"

#include <stdarg.h>

#include "lib/console.h"
#include "lib/exit.h"
#include "lib/printf.h"
#include "x86/cpu.h"
#include "x86/insn.h"

#define STACK_WORDS_MAX 16

extern const uint8_t image_start[], text_end[]; /* linker.ld */

static const struct tap *run_tap; /* NULL: an image without a stream of its own */

void panic_init(const struct tap *tap)
{
	run_tap = tap;
}

static const struct tap *tap_of_run(void)
{
	static const struct tap none;

	return run_tap ? run_tap : &none;
}

void panic(const char *fmt, ...)
{
	char text[CONSOLE_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	vformat(text, sizeof(text), fmt, args);
	va_end(args);
	tap_bail_out("%s", text);
	end_run(tap_of_run(), VERDICT_ERROR);
}

/*
 * The words on this processor's stack that point into code: return addresses, and others.  The
 * runner finds out which, and where in the source they are (src/runner/symbols.pl).
 */
static void print_stack(uint64_t rsp)
{
	const uint8_t *stacks = this_cpu()->stacks;
	const uint64_t *word, *top = (const uint64_t *)((rsp | (STACK_SIZE - 1)) - 7);
	unsigned words = 0;

	if (rsp - (uint64_t)stacks >= STACK_COUNT * STACK_SIZE)
		return;
	if (is_guard_page(stacks, rsp)) /* an overflow: the stack begins after it */
		rsp |= PAGE_SIZE - 1;
	for (word = (const uint64_t *)((rsp + 7) & -UINT64_C(8)); word < top; word++) {
		if (*word - (uint64_t)image_start >= (uint64_t)(text_end - image_start))
			continue;
		tap_diag("stack %#lx", *word);
		if (++words == STACK_WORDS_MAX)
			return;
	}
}

void print_frame(const struct trap_frame *f)
{
	tap_diag("vector %u error %#lx rip %#lx cr2 %#lx rflags %#lx", (unsigned)f->vector,
		 f->error, f->rip, READ_REG(cr2), f->rflags);
	tap_diag("rax 0x%016lx rcx 0x%016lx rdx 0x%016lx rbx 0x%016lx", f->rax, f->rcx, f->rdx,
		 f->rbx);
	tap_diag("rsp 0x%016lx rbp 0x%016lx rsi 0x%016lx rdi 0x%016lx", f->rsp, f->rbp, f->rsi,
		 f->rdi);
	tap_diag("r8  0x%016lx r9  0x%016lx r10 0x%016lx r11 0x%016lx", f->r8, f->r9, f->r10,
		 f->r11);
	tap_diag("r12 0x%016lx r13 0x%016lx r14 0x%016lx r15 0x%016lx", f->r12, f->r13, f->r14,
		 f->r15);
	tap_diag("cs %#lx ss %#lx cr0 %#lx cr3 %#lx cr4 %#lx", f->cs, f->ss, READ_REG(cr0),
		 READ_REG(cr3), READ_REG(cr4));
	print_stack(f->rsp);
}

static bool is_stack_overflow(const struct cpu *cpu, uint64_t vector)
{
	return (vector == VECTOR_PF || vector == VECTOR_DF) &&
	       is_guard_page(cpu->stacks, READ_REG(cr2));
}

void panic_trap(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();

	if (cpu->silent) {
		cpu->last_trap = *frame;
		cpu->dead = true;
		halt_for_ever();
	}
	if (cpu->panicking) /* printing has trapped */
		machine_exit(EXIT_CODE(VERDICT_ERROR));
	cpu->panicking = true;
	print("\n");
	print_frame(frame);
	panic("unexpected exception %u in %s%s", (unsigned)frame->vector,
	      tap_of_run()->running ? tap_of_run()->running : "no check",
	      is_stack_overflow(cpu, frame->vector) ? ": stack overflow" : "");
}
