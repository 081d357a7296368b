/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/machine.h"

#include <stddef.h>

#include "x86/insn.h"

#define CPUID_SEP BIT(11) /* leaf 1 EDX */

/* clang-format off */
#define AT(name, group, member) \
	{name, group, offsetof(struct machine, member), sizeof(((struct machine *)0)->member)}
#define ST(n) {"st" #n, GROUP_X87, offsetof(struct machine, fx.st[n]), 10}
#define XMM(n) AT("xmm" #n, GROUP_XMM, fx.xmm[n])

const struct machine_register machine_registers[] = {
	AT("cs", GROUP_SEGMENTS, cs),
	AT("ss", GROUP_SEGMENTS, ss),
	AT("ds", GROUP_SEGMENTS, ds),
	AT("es", GROUP_SEGMENTS, es),
	AT("fs", GROUP_SEGMENTS, fs),
	AT("gs", GROUP_SEGMENTS, gs),
	AT("fs_base", GROUP_BASES, fs_base),
	AT("gs_base", GROUP_BASES, gs_base),
	AT("kernel_gs_base", GROUP_BASES, kernel_gs_base),
	AT("gdtr limit", GROUP_TABLES, gdtr.limit),
	AT("gdtr base", GROUP_TABLES, gdtr.base),
	AT("idtr limit", GROUP_TABLES, idtr.limit),
	AT("idtr base", GROUP_TABLES, idtr.base),
	AT("tr", GROUP_TABLES, tr),
	AT("ldtr", GROUP_TABLES, ldtr),
	AT("star", GROUP_SYSCALL, star),
	AT("lstar", GROUP_SYSCALL, lstar),
	AT("cstar", GROUP_SYSCALL, cstar),
	AT("sfmask", GROUP_SYSCALL, sfmask),
	AT("sysenter_cs", GROUP_SYSCALL, sysenter_cs),
	AT("sysenter_esp", GROUP_SYSCALL, sysenter_esp),
	AT("sysenter_eip", GROUP_SYSCALL, sysenter_eip),
	AT("cr0", GROUP_CONTROL, cr0),
	AT("cr3", GROUP_CONTROL, cr3),
	AT("cr4", GROUP_CONTROL, cr4),
	AT("cr8", GROUP_CONTROL, cr8),
	AT("cr2", GROUP_CR2, cr2),
	AT("dr0", GROUP_DEBUG, dr[0]),
	AT("dr1", GROUP_DEBUG, dr[1]),
	AT("dr2", GROUP_DEBUG, dr[2]),
	AT("dr3", GROUP_DEBUG, dr[3]),
	AT("dr6", GROUP_DEBUG, dr6),
	AT("dr7", GROUP_DEBUG, dr7),
	AT("fcw", GROUP_X87, fx.fcw),
	AT("fsw", GROUP_X87, fx.fsw),
	AT("ftw", GROUP_X87, fx.ftw),
	ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
	AT("mxcsr", GROUP_MXCSR, fx.mxcsr),
	XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
	XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15),
};
/* clang-format on */

const unsigned machine_register_count = sizeof(machine_registers) / sizeof(machine_registers[0]);

/* Asked once: CPUID exits. */
static bool has_sysenter(void)
{
	static enum { UNKNOWN, NO, YES } known;

	if (known == UNKNOWN)
		known = cpuid(1, 0).edx & CPUID_SEP ? YES : NO;
	return known == YES;
}

/* A canonical address above 4 GiB. */
static uint64_t address_noise(uint64_t (*random)(void))
{
	return (random() & UINT64_C(0x7ffffffffff8)) | BIT(46);
}

static void load_fx_noise(uint64_t (*random)(void))
{
	struct fx_image fx;
	uint64_t *words = (uint64_t *)&fx;

	for (unsigned i = 0; i < sizeof(fx) / sizeof(*words); i++)
		words[i] = random();
	/* Valid numbers, exceptions masked: only what arithmetic could have left there. */
	for (unsigned i = 0; i < 8; i++) {
		fx.st[i][7] |= 0x80; /* the integer bit */
		fx.st[i][9] = 0x3f;
	}
	fx.fcw = 0x0f7f;   /* rounding towards 0, extended precision */
	fx.fsw = 0x4500;   /* C3, C2, C0 */
	fx.ftw = 0xff;     /* all in use */
	fx.mxcsr = 0x7f95; /* rounding towards 0, some flags */
	fx.fop = 0;
	fx.fip = fx.fdp = 0;
	__asm__ volatile("fxrstor %0" : : "m"(fx));
}

void machine_load_noise(uint64_t (*random)(void), uint64_t cr8)
{
	load_fx_noise(random);
	WRITE_SEL(ds, SEL_DATA_B);
	WRITE_SEL(es, SEL_DATA_C);
	WRITE_SEL(fs, SEL_DATA_D);
	WRITE_SEL(gs, SEL_DATA_B);
	wrmsr(MSR_FS_BASE, address_noise(random));
	wrmsr(MSR_GS_BASE, address_noise(random));
	wrmsr(MSR_KERNEL_GS_BASE, address_noise(random));
	__asm__ volatile("lldt %w0" : : "r"(SEL_LDT));
	wrmsr(MSR_STAR, random());
	wrmsr(MSR_LSTAR, address_noise(random));
	wrmsr(MSR_CSTAR, address_noise(random));
	wrmsr(MSR_SFMASK, (uint32_t)random());
	if (has_sysenter()) {
		wrmsr(MSR_SYSENTER_CS, random() & 0xfff8);
		wrmsr(MSR_SYSENTER_ESP, address_noise(random));
		wrmsr(MSR_SYSENTER_EIP, address_noise(random));
	}
	WRITE_REG(cr2, random());
	WRITE_REG(cr8, cr8);
	WRITE_REG(dr0, address_noise(random));
	WRITE_REG(dr1, address_noise(random));
	WRITE_REG(dr2, address_noise(random));
	WRITE_REG(dr3, address_noise(random));
	WRITE_REG(dr6, 0xffff0ff5);
	WRITE_REG(dr7, 0x55550400); /* conditions and lengths, none enabled */
}

void machine_save(struct machine *m)
{
	*m = (struct machine){.cs = 0};
	__asm__ volatile("fxsave %0" : "=m"(m->fx));
	m->cs = READ_SEL(cs);
	m->ss = READ_SEL(ss);
	m->ds = READ_SEL(ds);
	m->es = READ_SEL(es);
	m->fs = READ_SEL(fs);
	m->gs = READ_SEL(gs);
	__asm__ volatile("str %0" : "=m"(m->tr));
	__asm__ volatile("sldt %0" : "=m"(m->ldtr));
	__asm__ volatile("sgdt %0" : "=m"(m->gdtr));
	__asm__ volatile("sidt %0" : "=m"(m->idtr));
	m->fs_base = rdmsr(MSR_FS_BASE);
	m->gs_base = rdmsr(MSR_GS_BASE);
	m->kernel_gs_base = rdmsr(MSR_KERNEL_GS_BASE);
	m->star = rdmsr(MSR_STAR);
	m->lstar = rdmsr(MSR_LSTAR);
	m->cstar = rdmsr(MSR_CSTAR);
	m->sfmask = rdmsr(MSR_SFMASK);
	if (has_sysenter()) {
		m->sysenter_cs = rdmsr(MSR_SYSENTER_CS);
		m->sysenter_esp = rdmsr(MSR_SYSENTER_ESP);
		m->sysenter_eip = rdmsr(MSR_SYSENTER_EIP);
	}
	m->cr0 = READ_REG(cr0);
	m->cr2 = READ_REG(cr2);
	m->cr3 = READ_REG(cr3);
	m->cr4 = READ_REG(cr4);
	m->cr8 = READ_REG(cr8);
	m->dr[0] = READ_REG(dr0);
	m->dr[1] = READ_REG(dr1);
	m->dr[2] = READ_REG(dr2);
	m->dr[3] = READ_REG(dr3);
	m->dr6 = READ_REG(dr6);
	m->dr7 = READ_REG(dr7);
}

static void load_task_register(uint16_t selector)
{
	if (!selector)
		return;
	this_cpu()->gdt[selector / 8] &= ~BIT(41); /* not busy: LTR wants it so */
	__asm__ volatile("ltr %0" : : "m"(selector));
}

void machine_load(const struct machine *m)
{
	WRITE_REG(dr7, m->dr7);
	WRITE_REG(dr6, m->dr6);
	WRITE_REG(cr0, m->cr0);
	WRITE_REG(cr4, m->cr4);
	WRITE_REG(cr8, m->cr8);
	__asm__ volatile("lgdt %0" : : "m"(m->gdtr));
	__asm__ volatile("lidt %0" : : "m"(m->idtr));
	__asm__ volatile("lldt %0" : : "m"(m->ldtr));
	load_task_register(m->tr);
	WRITE_SEL(ds, m->ds);
	WRITE_SEL(es, m->es);
	WRITE_SEL(fs, m->fs);
	WRITE_SEL(gs, m->gs);
	wrmsr(MSR_FS_BASE, m->fs_base);
	wrmsr(MSR_GS_BASE, m->gs_base);
	wrmsr(MSR_KERNEL_GS_BASE, m->kernel_gs_base);
	__asm__ volatile("fxrstor %0" : : "m"(m->fx));
}
