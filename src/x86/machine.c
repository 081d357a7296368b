/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/machine.h"

#include <stddef.h>

#include "x86/insn.h"
#include "x86/msr.h"

#define CPUID_SEP BIT(11) /* leaf 1 EDX */
#define CPUID_PAT BIT(16) /* likewise */

/* How a register is read and written, by its kind.  READ_SEL, READ_REG and so on are in insn.h. */
#define READ_MSR(reg)     rdmsr(MSR_##reg)
#define WRITE_MSR(reg, v) wrmsr(MSR_##reg, v)
#define READ_SEP(reg)     (has_sysenter() ? rdmsr(MSR_##reg) : 0)
#define WRITE_SEP(reg, v)                    \
	do {                                 \
		if (has_sysenter())          \
			wrmsr(MSR_##reg, v); \
	} while (0)
#define READ_TSS(reg)     task_register()
#define WRITE_TSS(reg, v) load_task_register(v)
#define READ_LDT(reg)     ldt_register()
#define WRITE_LDT(reg, v) __asm__ volatile("lldt %w0" : : "r"((uint32_t)(v)))

enum use {
	WATCHED = 0,       /* only saved and compared */
	RESTORED = 1 << 0, /* by machine_load() */
	NOISY = 1 << 1,    /* by machine_load_noise(), which loads the last column */
};

/*
 * The registers that are read one by one: group, name, kind, name as an operand, use, noise.  In
 * the order in which machine_load() writes them: selectors after the tables that they point into,
 * bases after the selectors that change them.
 */
/* clang-format off */
#define REGISTERS(R) \
	R(TABLES, tr, TSS, tr, RESTORED, 0) \
	R(TABLES, ldtr, LDT, ldtr, NOISY, SEL_LDT) \
	R(SEGMENTS, cs, SEL, cs, WATCHED, 0) \
	R(SEGMENTS, ss, SEL, ss, WATCHED, 0) \
	R(SEGMENTS, ds, SEL, ds, NOISY, SEL_DATA_B) \
	R(SEGMENTS, es, SEL, es, NOISY, SEL_DATA_C) \
	R(SEGMENTS, fs, SEL, fs, NOISY, SEL_DATA_D) \
	R(SEGMENTS, gs, SEL, gs, NOISY, SEL_DATA_B) \
	R(BASES, fs_base, MSR, FS_BASE, NOISY, address_noise(random)) \
	R(BASES, gs_base, MSR, GS_BASE, RESTORED | NOISY, address_noise(random)) \
	R(BASES, kernel_gs_base, MSR, KERNEL_GS_BASE, NOISY, address_noise(random)) \
	R(SYSCALL, star, MSR, STAR, NOISY, random()) \
	R(SYSCALL, lstar, MSR, LSTAR, NOISY, address_noise(random)) \
	R(SYSCALL, cstar, MSR, CSTAR, NOISY, address_noise(random)) \
	R(SYSCALL, sfmask, MSR, SFMASK, NOISY, (uint32_t)random()) \
	R(SYSCALL, sysenter_cs, SEP, SYSENTER_CS, NOISY, random() & 0xfff8) \
	R(SYSCALL, sysenter_esp, SEP, SYSENTER_ESP, NOISY, address_noise(random)) \
	R(SYSCALL, sysenter_eip, SEP, SYSENTER_EIP, NOISY, address_noise(random)) \
	R(CONTROL, cr0, REG, cr0, RESTORED, 0) \
	R(CONTROL, cr3, REG, cr3, WATCHED, 0) \
	R(CONTROL, cr4, REG, cr4, RESTORED, 0) \
	R(CONTROL, cr8, REG, cr8, RESTORED | NOISY, cr8) \
	R(CR2, cr2, REG, cr2, NOISY, random()) \
	R(DEBUG, dr0, REG, dr0, NOISY, address_noise(random)) \
	R(DEBUG, dr1, REG, dr1, NOISY, address_noise(random)) \
	R(DEBUG, dr2, REG, dr2, NOISY, address_noise(random)) \
	R(DEBUG, dr3, REG, dr3, NOISY, address_noise(random)) \
	R(DEBUG, dr6, REG, dr6, NOISY, 0xffff0ff0 | (random() & 0xe00f)) \
	R(DEBUG, dr7, REG, dr7, RESTORED | NOISY, 0x55550400 | (random() & 0xaaaa0300)) /* all off */

#define AT(group, name, member) \
	{name, offsetof(struct machine, member), sizeof(((struct machine *)0)->member), \
	 GROUP_##group, 0},
#define ROW(group, reg, kind, operand, use, noise) AT(group, #reg, reg)

const struct machine_register machine_registers[] = {
	AT(TABLES, "gdtr limit", gdtr.limit)
	AT(TABLES, "gdtr base", gdtr.base)
	AT(TABLES, "idtr limit", idtr.limit)
	AT(TABLES, "idtr base", idtr.base)
	REGISTERS(ROW)
	AT(CONTROL, "efer", efer)
	AT(SYSCALL, "pat", pat) /* with the MSRs that the way to legacy mode leaves alone */
	AT(X87, "fcw", fx.fcw)
	AT(X87, "fsw", fx.fsw)
	AT(X87, "ftw", fx.ftw)
	{"st", offsetof(struct machine, fx.st), 10, GROUP_X87, 8},
	AT(MXCSR, "mxcsr", fx.mxcsr)
	{"xmm", offsetof(struct machine, fx.xmm), 16, GROUP_XMM, 16},
};
/* clang-format on */

const unsigned machine_register_count = sizeof(machine_registers) / sizeof(machine_registers[0]);

/* Asked once, because CPUID exits. */
static bool has_sysenter(void)
{
	static enum { UNKNOWN, NO, YES } known;

	if (known == UNKNOWN)
		known = cpuid(1, 0).edx & CPUID_SEP ? YES : NO;
	return known == YES;
}

bool machine_has_pat(void)
{
	static enum { UNKNOWN, NO, YES } known;
	uint64_t value = 0;

	if (known == UNKNOWN)
		known = cpuid(1, 0).edx & CPUID_PAT && msr_read(MSR_PAT, &value) ? YES : NO;
	return known == YES;
}

static uint16_t task_register(void)
{
	uint16_t selector;

	__asm__ volatile("str %w0" : "=r"(selector));
	return selector;
}

static void load_task_register(uint16_t selector)
{
	if (!selector)
		return;
	this_cpu()->gdt[selector / 8] &= ~BIT(41); /* not busy, or LTR faults */
	__asm__ volatile("ltr %w0" : : "r"(selector));
}

static uint16_t ldt_register(void)
{
	uint16_t selector;

	__asm__ volatile("sldt %w0" : "=r"(selector));
	return selector;
}

/* A canonical address: in the upper half of them, or in the lower one, where few are below 4 GiB */
static uint64_t address_noise(uint64_t (*random)(void))
{
	return (uint64_t)((int64_t)random() >> 16);
}

static void load_fx_noise(void (*fill)(uint64_t *numbers, unsigned n))
{
	struct fx_image fx;

	fill((uint64_t *)&fx, sizeof(fx) / sizeof(uint64_t));
	/* Only what arithmetic could leave there: valid numbers, exceptions masked. */
	for (unsigned i = 0; i < 8; i++) {
		fx.st[i][7] |= 0x80; /* the integer bit */
		fx.st[i][9] = (fx.st[i][9] & 0x80) | 0x3f;
	}
	fx.fcw = (fx.fcw & 0x0d00) | 0x027f; /* any rounding, double or extended precision */
	fx.fsw &= 0x7f7f;                    /* any TOP, condition codes and flags: not ES and B */
	fx.mxcsr = (fx.mxcsr & 0xe03f) | 0x1f80; /* any rounding, flags and FZ */
	fx.fop = 0;
	fx.fip = fx.fdp = 0;
	__asm__ volatile("fxrstor %0" : : "m"(fx));
}

void machine_load_noise(uint64_t (*random)(void), void (*fill)(uint64_t *numbers, unsigned n),
			uint64_t cr8)
{
	load_fx_noise(fill);
#define NOISE(group, reg, kind, operand, use, noise) \
	if (NOISY & (use))                           \
		WRITE_##kind(operand, noise);
	REGISTERS(NOISE)
}

void machine_save(struct machine *m)
{
	*m = (struct machine){.cs = 0};
	__asm__ volatile("fxsave %0" : "=m"(m->fx));
	__asm__ volatile("sgdt %0" : "=m"(m->gdtr));
	__asm__ volatile("sidt %0" : "=m"(m->idtr));
#define SAVE(group, reg, kind, operand, use, noise) m->reg = READ_##kind(operand);
	REGISTERS(SAVE)
}

void machine_save_exiting(struct machine *m)
{
	m->efer = rdmsr(MSR_EFER);
	m->pat = machine_has_pat() ? rdmsr(MSR_PAT) : 0;
}

void machine_load(const struct machine *m)
{
	__asm__ volatile("lgdt %0" : : "m"(m->gdtr));
	__asm__ volatile("lidt %0" : : "m"(m->idtr));
#define LOAD(group, reg, kind, operand, use, noise) \
	if (RESTORED & (use))                       \
		WRITE_##kind(operand, m->reg);
	REGISTERS(LOAD)
	__asm__ volatile("fxrstor %0" : : "m"(m->fx));
}
