/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps by the local APIC: its registers, in memory and as MSRs, and interrupts for other vCPUs. */
#include "fuzz.h"

#include "x86/apic.h"
#include "x86/insn.h"

#define MSR_X2APIC    0x800
#define MSR_SELF_IPI  0x83f
#define ICR_LEVEL     0x8000u
#define ICR_SHORTHAND 0xc0000u
#define MODE_INIT     5u
#define MODE_STARTUP  6u
#define SCREEN        0xb8u /* to 0xbf: page numbers of the text screen */

/* It costs a vCPU; or the run, if it is for vCPU 0. */
static bool is_init(uint32_t command)
{
	return (command >> 8 & 7) == MODE_INIT && (!(command & ICR_LEVEL) || command & ICR_ASSERT);
}

/*
 * What an ICR is written with: most INITs are such as do nothing.  Most vCPUs start in code that is
 * there for it (fuzz_pv.c), none on the screen: Bochs panics when code is fetched from a device.
 */
static uint32_t any_command(struct fuzz *f)
{
	uint32_t mode = (uint32_t)below(f, 8);
	uint32_t command = any_vector(f) | mode << 8 | (uint32_t)(any_value(f) & 0xfff0f800);

	command |= (uint32_t)below(f, 4) << 18;
	if (mode == MODE_INIT && !once_in(f, 30))
		command = (command | ICR_LEVEL) & ~ICR_ASSERT;
	if (mode == MODE_STARTUP && !once_in(f, 30))
		command = (command & ~0xffu) | (START_PAGE + (uint32_t)below(f, START_PAGES));
	if (mode == MODE_STARTUP && (command & 0xf8) == SCREEN)
		command ^= 0x80;
	return command;
}

static uint32_t any_destination(struct fuzz *f)
{
	switch (below(f, 4)) {
	case 0:
		return 0xff;
	case 1:
		return (uint32_t)any_value(f);
	default:
		return (uint32_t)below(f, fuzz_count + 1);
	}
}

static void ipi_step(struct fuzz *f)
{
	static const struct snippet wrmsr = SNIPPET("\x0f\x30"),
				    window = SNIPPET("\xfb\xf3\x90\xfa");
	uint32_t command = any_command(f), to = any_destination(f);
	struct gprs in = {.rcx = MSR_X2APIC + APIC_ICR / 16, .rax = command, .rdx = to};

	if (fuzz_count == 1)
		return;
	if (is_init(command)) {
		if (!once_in(f, 6)) { /* not for vCPU 0 */
			command &= ~(ICR_SHORTHAND | ICR_LOGICAL);
			to = 1 + (uint32_t)below(f, fuzz_count - 1);
		}
		for (unsigned id = 1; id < fuzz_count; id++)
			fuzzers[id].lost = true;
		in.rax = command;
		in.rdx = to;
	}
	if (!f->x2apic) {
		fuzz_apic_write(f, APIC_ICR_DESTINATION, to << 24);
		fuzz_apic_write(f, APIC_ICR, command);
	} else if (once_in(f, 8)) {
		in.rcx = MSR_SELF_IPI;
		in.rax = any_vector(f);
		in.rdx = 0;
		run_snippet(f, &wrmsr, in);
	} else {
		in.rax &= once_in(f, 4) ? UINT32_MAX : 0xccfff;
		run_snippet(f, &wrmsr, in);
	}
	if (once_in(f, 2)) /* whatever has come */
		run_snippet(f, &window, any_gprs(f));
}

static void apic_msr(struct fuzz *f)
{
	static const struct snippet read = SNIPPET("\x0f\x32"), write = SNIPPET("\x0f\x30");
	struct gprs in = any_gprs(f);

	in.rcx = MSR_X2APIC + below(f, once_in(f, 4) ? 0x100 : 0x40);
	if (once_in(f, 2) && in.rcx != MSR_X2APIC + APIC_ICR / 16 && in.rcx != MSR_SELF_IPI) {
		in.rax = (in.rax & UINT64_C(0xffffff00)) | (32 + below(f, 224));
		in.rdx = once_in(f, 4) ? in.rdx : 0;
		run_snippet(f, &write, in);
	} else {
		run_snippet(f, &read, in);
	}
}

/*
 * MOVs of 32 bits by ESI, and what ends the guest: other sizes, and instructions that are no MOV.
 */
static const struct snippet accesses[] = {
	SNIPPET("\x8b\x06"),
	SNIPPET("\x44\x8b\x3e"),
	SNIPPET("\x48\x89\xe2\x8b\x26\x48\x89\xd4"),
	SNIPPET("\x89\x06"),
	SNIPPET("\x44\x89\x36"),
	SNIPPET("\x3e\x89\x1e"),
	SNIPPET("\xc7\x06\x28\0\0\0"),
	SNIPPET("\x89\x46\x00"),
};
static const struct snippet odd_accesses[] = {
	SNIPPET("\x8a\x06"),     SNIPPET("\x66\x8b\x06"),
	SNIPPET("\x48\x8b\x06"), SNIPPET("\x88\x06"),
	SNIPPET("\x66\x89\x06"), SNIPPET("\x48\x89\x06"),
	SNIPPET("\x87\x06"),     SNIPPET("\xf0\x01\x06"),
	SNIPPET("\xa5"),         SNIPPET("\xf3\x48\xa5"),
	SNIPPET("\x0f\x28\x06"), SNIPPET("\x0f\x29\x06"),
	SNIPPET("\x0f\xae\x06"), SNIPPET("\xff\x16"),
	SNIPPET("\xff\xe6"),     SNIPPET("\x0f\xb6\x06"),
	SNIPPET("\xc6\x06\x01"), SNIPPET("\xff\x36"),
	SNIPPET("\x8f\x06"),     SNIPPET("\x0f\x01\x1e"),
	SNIPPET("\x85\x06"),     SNIPPET("\x48\xc7\x06\0\0\0\0"),
};

static void apic_step(struct fuzz *f)
{
	struct gprs in = any_gprs(f);
	unsigned offset = (unsigned)below(f, 0x100) * 16;
	bool odd = once_in(f, RARE / 5);

	if (fuzz_count == 1 && !once_in(f, RARE / 5))
		return;
	if (f->x2apic && !once_in(f, 4)) {
		apic_msr(f);
		return;
	}
	if (offset == APIC_ICR)
		offset = APIC_ICR_DESTINATION;
	in.rsi = in.rdi = fuzz_va(f, VIEW_APIC) + offset + (odd ? below(f, 16) : 0);
	in.r14 = in.rbx = (any_value(f) & 0xffffff00) | (32 + below(f, 224));
	in.rax = (in.r14 & 0xffffff00) | (32 + below(f, 224));
	in.rflags &= ~RFLAGS_DF;
	if (odd)
		run_snippet(f, &odd_accesses[below(f, LENGTH(odd_accesses))], in);
	else
		run_snippet(f, &accesses[below(f, LENGTH(accesses))], in);
}

const struct fuzz_step fuzz_apic_steps[] = {
	{"ipi", ipi_step, 20},
	{"apic", apic_step, 20},
	{NULL, NULL, 0},
};
