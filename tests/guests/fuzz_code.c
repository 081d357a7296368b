/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random code that may change itself, at CPL 3: there CLI, HLT and the like are a #GP.  It is
 * ended by a trap: its own, the timer's, or that of a single step where there is no timer.
 */
#include "fuzz.h"

#include "lib/console.h"
#include "lib/serial.h"
#include "x86/call32.h"
#include "x86/cpu.h"
#include "x86/timer.h"

#define CODE_SIZE 96
#define TICKS     2000 /* a second */
#define RFLAGS_TF BIT(8)

static const struct snippet snippets[] = {
	SNIPPET("\x0f\x01\xd9"), SNIPPET("\x0f\x01\xc1"), SNIPPET("\x0f\xa2"),
	SNIPPET("\x0f\x31"),     SNIPPET("\x0f\x32"),     SNIPPET("\x0f\x30"),
	SNIPPET("\xec"),         SNIPPET("\xee"),         SNIPPET("\x0f\x05"),
	SNIPPET("\x0f\x34"),     SNIPPET("\xf4"),         SNIPPET("\xfa"),
	SNIPPET("\x9c\x9d"),     SNIPPET("\x48\xcf"),     SNIPPET("\xeb\xfe"),
	SNIPPET("\xe2\xfe"),     SNIPPET("\xf3\xaa"),     SNIPPET("\xf3\xa4"),
	SNIPPET("\xf3\xac"),     SNIPPET("\x48\xab"),     SNIPPET("\x88\x07"),
	SNIPPET("\x89\x06"),     SNIPPET("\xc6\x07\xf4"), SNIPPET("\x0f\x01\x06"),
	SNIPPET("\x0f\x01\xd0"), SNIPPET("\x0f\x01\xd1"), SNIPPET("\x0f\xae\x07"),
	SNIPPET("\x0f\xae\x0f"), SNIPPET("\xd9\xe8"),     SNIPPET("\xdb\xe2"),
	SNIPPET("\xdf\xe0"),     SNIPPET("\x0f\x77"),     SNIPPET("\x0f\x58\xc1"),
	SNIPPET("\x8e\xd8"),     SNIPPET("\x8e\xe8"),     SNIPPET("\xcd\x20"),
	SNIPPET("\xf0\x87\x07"), SNIPPET("\x0f\xc7\x0f"), SNIPPET("\x0f\xae\x3f"),
	SNIPPET("\xff\xd7"),     SNIPPET("\xf3\x90"),     SNIPPET("\x0f\x01\xc8"),
	SNIPPET("\x0f\xc7\xf0"), SNIPPET("\x0f\x00\xc8"),
};

static void write_code(struct fuzz *f, uint8_t *code)
{
	for (unsigned at = 0; at < CODE_SIZE;) {
		const struct snippet *snippet = &snippets[below(f, LENGTH(snippets))];

		if (once_in(f, 2)) {
			code[at++] = (uint8_t)below(f, 256);
			continue;
		}
		for (unsigned i = 0; i < snippet->length; i++)
			code[at++] = snippet->bytes[i];
	}
}

static void code_step(struct fuzz *f)
{
	uint64_t at = once_in(f, 4) ? PAGE_SIZE - below(f, CODE_SIZE) - 1 : below(f, 0x800);
	uint8_t *code = (uint8_t *)fuzz_va(f, VIEW_CODE_RW);
	struct iret_call call = {.regs = any_gprs(f),
				 .rip = fuzz_va(f, VIEW_CODE_USER) + at,
				 .cs = SEL_USER_CODE64 | RPL_USER,
				 .ss = SEL_USER_DATA | RPL_USER};
	uint8_t bytes[CODE_SIZE + 16];
	bool step = !fuzz_options->nostep && (f->id || once_in(f, 2));

	write_code(f, bytes);
	for (unsigned i = 0; i < CODE_SIZE && at + i < PAGE_SIZE; i++)
		code[at + i] = bytes[i];
	if (once_in(f, 2))
		call.regs.rdi = call.rip + below(f, CODE_SIZE);
	if (once_in(f, 2))
		call.regs.rsp = fuzz_va(f, VIEW_DATA) + PAGE_SIZE / 2;
	if (!step && (f->id || !timer_start(TICKS)))
		return;
	call.regs.rflags |= step ? RFLAGS_TF : RFLAGS_IF;
	if (fuzz_options->trace && !f->id) {
		const uint32_t *w = (const uint32_t *)code + at / 4;

		tap_diag("code at %#lx rflags %#lx rsp %#lx: %#x %#x %#x %#x %#x %#x", at,
			 call.regs.rflags, call.regs.rsp, w[0], w[1], w[2], w[3], w[4], w[5]);
		console_flush();
		serial_flush();
	}
	attempt_iret(&call);
	check_trap();
	if (call.regs.rflags & RFLAGS_IF)
		timer_stop();
}

const struct fuzz_step fuzz_code_steps[] = {{"code", code_step, 30}, {NULL, NULL, 0}};
