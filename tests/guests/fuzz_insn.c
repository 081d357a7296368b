/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps by single instructions: CPUID, control registers, and what else is privileged. */
#include "fuzz.h"

#include "x86/insn.h"

/* ---- CPUID and others ---- */

static void cpuid_step(struct fuzz *f)
{
	static const struct snippet snippet = SNIPPET("\x0f\xa2");
	struct gprs in = any_gprs(f);

	in.rax = (once_in(f, 4) ? in.rax : below(f, 0x20)) |
		 (uint64_t[]){0, 0x80000000, 0x40000000, 0xc0000000}[below(f, 4)];
	run_snippet(f, &snippet, in);
}

/*
 * Privileged instructions, with RAX, RCX, RSI and the like at random.  Not LTR of a null selector,
 * by which QEMU aborts.
 */
static const struct snippet instructions[] = {
	SNIPPET("\x0f\x01\xd8"),
	SNIPPET("\x0f\x01\xda"),
	SNIPPET("\x0f\x01\xdb"),
	SNIPPET("\x0f\x01\xdc"),
	SNIPPET("\x0f\x01\xdd"),
	SNIPPET("\x0f\x01\xde"),
	SNIPPET("\x0f\x01\xdf"),
	SNIPPET("\x0f\x01\xc8"),
	SNIPPET("\x0f\x01\xc9"),
	SNIPPET("\x0f\x01\xd1"),
	SNIPPET("\x0f\x01\xd0"),
	SNIPPET("\x0f\x01\xf9"),
	SNIPPET("\x0f\x01\xc1"),
	SNIPPET("\x0f\x01\xd9"),
	SNIPPET("\x0f\x01\xc2"),
	SNIPPET("\x0f\x01\xc3"),
	SNIPPET("\x0f\x01\xc4"),
	SNIPPET("\x0f\x78\xc1"),
	SNIPPET("\x0f\x79\xc1"),
	SNIPPET("\xf3\x0f\xc7\x36"),
	SNIPPET("\x66\x0f\xc7\x36"),
	SNIPPET("\x0f\xc7\x36"),
	SNIPPET("\x0f\xc7\x3e"),
	SNIPPET("\x66\x0f\x38\x80\x06"),
	SNIPPET("\x66\x0f\x38\x81\x06"),
	SNIPPET("\x0f\x37"),
	SNIPPET("\x0f\x08"),
	SNIPPET("\x0f\x09"),
	SNIPPET("\x0f\xaa"),
	SNIPPET("\x0f\x33"),
	SNIPPET("\x0f\x31"),
	SNIPPET("\x0f\x06"),
	SNIPPET("\x0f\x01\xf8"),
	SNIPPET("\x0f\x01\x3e"),
	SNIPPET("\x0f\x01\x06"),
	SNIPPET("\x0f\x01\x0e"),
	SNIPPET("\x0f\x01\x16"),
	SNIPPET("\x0f\x01\x1e"),
	SNIPPET("\x0f\x00\xd0"),
	SNIPPET("\x0f\x00\xe0"),
	SNIPPET("\x0f\x02\xc0"),
	SNIPPET("\x0f\x07"),
	SNIPPET("\x48\x0f\x07"),
	SNIPPET("\x0f\x05"),
	SNIPPET("\x0f\x34"),
	SNIPPET("\x0f\x35"),
	SNIPPET("\x0f\x0b"),
	SNIPPET("\xcc"),
	SNIPPET("\xcd\x01"),
	SNIPPET("\xcd\x20"),
	SNIPPET("\xcd\x80"),
	SNIPPET("\xf1"),
	SNIPPET("\xfb\xf4\xfa"),
	SNIPPET("\xfb\x90\xfa"),
	SNIPPET("\xf3\x90"),
	SNIPPET("\x8e\xd8"),
	SNIPPET("\x8e\xe0"),
	SNIPPET("\x8e\xd0"),
	SNIPPET("\x0f\x21\xc0"),
	SNIPPET("\x0f\x23\xc0"),
	SNIPPET("\x0f\x23\xd8"),
	SNIPPET("\x0f\x23\xf0"),
	SNIPPET("\x0f\x23\xf8"),
	SNIPPET("\x0f\xae\x06"),
	SNIPPET("\x0f\xae\x0e"),
	SNIPPET("\x0f\xae\x26"),
	SNIPPET("\x0f\xae\x3e"),
	SNIPPET("\x66\x0f\x38\x82\x06"),
	SNIPPET("\xdb\xe3"),
	SNIPPET("\xf0\x0f\xc7\x0e"),
	SNIPPET("\x48\x0f\xc7\x0e"),
	SNIPPET("\x0f\x20\xd8"),
	SNIPPET("\x0f\x01\xe0"),
	SNIPPET("\x0f\x00\x00"),
	SNIPPET("\x0f\x01\xca"),
};

static void instruction_step(struct fuzz *f)
{
	const struct snippet *snippet = &instructions[below(f, LENGTH(instructions))];
	struct gprs in = any_gprs(f);

	if (once_in(f, 2))
		in.rsi = fuzz_va(f, VIEW_DATA) + below(f, PAGE_SIZE / 16) * 16;
	/* A VMCB with upper halves of DR6 and DR7 ends the guest under QEMU. */
	if (snippet->bytes[1] == 0x23 && !once_in(f, 64))
		in.rax = (uint32_t)in.rax;
	run_snippet(f, snippet, in);
}

/* ---- control registers ---- */

/* Without PG, in 64-bit code, or PE nothing would go on: these are left to call32's modes. */
static void cr_step(struct fuzz *f)
{
	static const struct snippet cr0 = SNIPPET("\x0f\x22\xc0"), cr3 = SNIPPET("\x0f\x22\xd8"),
				    cr4 = SNIPPET("\x0f\x22\xe0"),
				    cr8 = SNIPPET("\x44\x0f\x22\xc0"),
				    xcr0 = SNIPPET("\x0f\x01\xd1"), lmsw = SNIPPET("\x0f\x01\xf0");
	static const uint8_t cr0_bits[] = {1, 2, 3, 4, 5, 16, 18, 29, 30};
	static const uint8_t cr4_bits[] = {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 18};
	struct gprs in = any_gprs(f);

	switch (below(f, 6)) {
	case 0:
		in.rax = READ_REG(cr0) ^ BIT(cr0_bits[below(f, LENGTH(cr0_bits))]);
		in.rax ^= once_in(f, 16) ? any_value(f) & ~(CR0_PG | CR0_PE) &
						   (once_in(f, 16) ? UINT64_MAX : UINT32_MAX)
					 : 0;
		run_snippet(f, &cr0, in);
		return;
	case 1:
		in.rax = f->machine.cr3 | (in.rax & 0xfff & ~(uint64_t)7);
		run_snippet(f, &cr3, in);
		return;
	case 2: /* one that the CPU does not have ends the guest under QEMU */
		in.rax = READ_REG(cr4) ^
			 BIT(once_in(f, RARE / 5) ? below(f, 64)
						  : cr4_bits[below(f, LENGTH(cr4_bits))]);
		in.rax |= CR4_PAE;
		run_snippet(f, &cr4, in);
		return;
	case 3:
		in.rax = once_in(f, 4) ? in.rax : below(f, 17);
		run_snippet(f, &cr8, in);
		return;
	case 4:
		WRITE_REG(cr4, READ_REG(cr4) | (cpuid(1, 0).ecx & BIT(26) ? CR4_OSXSAVE : 0));
		in.rcx = once_in(f, 4) ? in.rcx : 0;
		in.rax = once_in(f, 4) ? in.rax : below(f, 8);
		run_snippet(f, &xcr0, in);
		return;
	default:
		run_snippet(f, &lmsw, in);
		return;
	}
}

const struct fuzz_step fuzz_instruction_steps[] = {
	{"cpuid", cpuid_step, 5},
	{"instruction", instruction_step, 20},
	{"cr", cr_step, 15},
	{NULL, NULL, 0},
};
