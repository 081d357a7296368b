/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions and registers that the guest's CPU does not have. */
#include "attack.h"

#include "lib/string.h"
#include "x86/insn.h"

static const struct {
	const char *name, *code;
} instructions[] = {
	{"vmrun", "\x0f\x01\xd8"},
	{"vmload", "\x0f\x01\xda"},
	{"vmsave", "\x0f\x01\xdb"},
	{"stgi", "\x0f\x01\xdc"},
	{"clgi", "\x0f\x01\xdd"},
	{"skinit", "\x0f\x01\xde"},
	{"invlpga", "\x0f\x01\xdf"},
	{"monitor", "\x0f\x01\xc8"},
	{"mwait", "\x0f\x01\xc9"},
	{"xsetbv", "\x0f\x01\xd1"},
	{"rdtscp", "\x0f\x01\xf9"},
	{"vmcall", "\x0f\x01\xc1"},
	{"vmmcall", "\x0f\x01\xd9"},
	{"vmlaunch", "\x0f\x01\xc2"},
	{"vmresume", "\x0f\x01\xc3"},
	{"vmxoff", "\x0f\x01\xc4"},
	{"vmxon", "\xf3\x0f\xc7\x34\x24"},
	{"vmclear", "\x66\x0f\xc7\x34\x24"},
	{"vmptrld", "\x0f\xc7\x34\x24"},
	{"vmptrst", "\x0f\xc7\x3c\x24"},
	{"vmread", "\x0f\x78\xc1"},
	{"vmwrite", "\x0f\x79\xc1"},
	{"invept", "\x66\x0f\x38\x80\x04\x24"},
	{"invvpid", "\x66\x0f\x38\x81\x04\x24"},
	{"getsec", "\x0f\x37"},
};

static bool on_qemu(void)
{
	struct cpuid_regs brand = cpuid(0x80000002, 0);

	return !memcmp(&brand, "QEMU", 4);
}

/*
 * QEMU TCG does not intercept RDTSCP, and old versions do not intercept XSETBV.  They reach
 * TSC_AUX and XCR0, which the host does not use.
 */
static bool not_intercepted(const struct attack_result *o)
{
	return !o->faulted && on_qemu();
}

/* Whether it is this CPU's call instruction. */
static bool is_the_call(const char *name)
{
	return !strcmp(name, on_intel() ? "vmcall" : "vmmcall");
}

/* In RAX, addresses where the host and its tables may be. */
static bool try_instruction(unsigned i)
{
	static const uint64_t addresses[] = {0, 0x100000, 0x180000, 0x1000000, 0xfee00000, BIT(36)};
	bool ok = true;

	begin("instruction.%s", instructions[i].name);
	if (is_the_call(instructions[i].name))
		return skip("it is the call");
	for (unsigned a = 0; a < LENGTH(addresses); a++) {
		struct attack_result o = RUN(instructions[i].code, .rax = addresses[a]);

		if (!strcmp(instructions[i].name, "rdtscp") && not_intercepted(&o))
			return skip("QEMU does not intercept it");
		if (!strcmp(instructions[i].name, "monitor") && o.vector == VECTOR_PF)
			continue; /* the CPU checks the address first */
		ok &= faulted(&o, VECTOR_UD) && equal("rax", o.rax, addresses[a]);
	}
	return ok;
}

/*
 * VM_CR, VM_HSAVE_PA, APIC_BASE; MTRR_CAP, MTRR_DEF_TYPE, MTRR_PHYS_BASE0; MCG_CAP, MCG_STATUS,
 * MC0_CTL; TSC_AUX; FEATURE_CONTROL, VMX_BASIC, DEBUGCTL, XSS; two of x2APIC; SYSCFG, HWCR,
 * SMM_BASE, SMM_ADDR; the one after KVM's, Hyper-V's; then neighbours of MSRs that the guest has,
 * and ends of ranges.
 */
static const uint32_t msrs[] = {
	MSR_VM_CR,  MSR_VM_HSAVE_PA, MSR_APIC_BASE, 0xfe,       0x2ff,      0x200,      0x179,
	0x17a,      0x400,           0xc0000103,    0x3a,       0x480,      0x1d9,      0xda0,
	0x800,      0x830,           0xc0010010,    0xc0010015, 0xc0010111, 0xc0010112, 0x4b564d09,
	0x40000000, 0x173,           0x177,         0xc0000085, 0xc00000ff, 0,          0x1fff,
	0x2000,     0xbfffffff,      0xc0001fff,    0xc0002000, 0xc0011fff, 0xc0012000, 0xffffffff,
	0x12345678,
};

static bool try_rdmsr(unsigned i)
{
	struct attack_result o;

	begin("rdmsr.%#x", msrs[i]);
	o = read_msr(msrs[i]);
	return faulted(&o, VECTOR_GP) && equal("rax", o.rax, 0x5555) && equal("rdx", o.rdx, 0xaaaa);
}

static bool try_wrmsr(unsigned i)
{
	static const uint64_t values[] = {0, 0x100000, UINT64_MAX};
	bool ok = true;

	begin("wrmsr.%#x", msrs[i]);
	for (unsigned v = 0; v < LENGTH(values); v++) {
		struct attack_result o = write_msr(msrs[i], values[v]);

		ok &= faulted(&o, VECTOR_GP);
	}
	return ok;
}

static uint64_t efer(void)
{
	struct attack_result o = read_msr(MSR_EFER);

	return o.rdx << 32 | o.rax;
}

static bool efer_shown(void)
{
	return equal("EFER but SCE, NXE", efer() & ~(EFER_SCE | EFER_NXE), EFER_LME | EFER_LMA);
}

static bool efer_refuses(uint64_t flipped)
{
	uint64_t before = efer();
	struct attack_result o = write_msr(MSR_EFER, before ^ flipped);

	return faulted(&o, VECTOR_GP) && equal("EFER", efer(), before);
}

static bool efer_svme(void)
{
	return efer_refuses(EFER_SVME);
}

static bool efer_lme(void)
{
	return efer_refuses(EFER_LME);
}

static bool efer_reserved(void)
{
	bool ok = true;

	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(BIT(bit) & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)))
			ok &= efer_refuses(BIT(bit));
	}
	return ok;
}

static bool efer_as_read(void)
{
	struct attack_result o = write_msr(MSR_EFER, efer());

	return came_back(&o);
}

static bool cpuid_svm(void)
{
	return equal("8000_0001h ECX bit 2", cpuid(0x80000001, 0).ecx & BIT(2), 0);
}

static bool cpuid_vmx(void)
{
	return equal("1 ECX bit 5", cpuid(1, 0).ecx & BIT(5), 0);
}

/* The guest may change CR0.NE, though VMX needs it set; the rest of CR0 stays. */
static bool cr0_ne(void)
{
	uint64_t cr0 = READ_REG(cr0);
	bool ok = true;

	for (unsigned i = 0; i < 4; i++) {
		uint64_t wanted = cr0 ^ (i % 2 ? 0 : CR0_NE);
		struct attack_result o = RUN("\x0f\x22\xc0", .rax = wanted);

		ok &= came_back(&o) && equal("cr0", READ_REG(cr0), wanted);
	}
	return ok;
}

/* The guest's CPU has no CR4.VMXE, though VMX needs it set. */
static bool cr4_vmxe(void)
{
	uint64_t cr4 = READ_REG(cr4);
	struct attack_result o;

	if (on_qemu())
		return skip("QEMU ends a guest that sets a reserved bit");
	o = RUN("\x0f\x22\xe0", .rax = cr4 | CR4_VMXE);
	return faulted(&o, VECTOR_GP) && equal("cr4", READ_REG(cr4), cr4);
}

/* Monitor, x2APIC, XSAVE, OSXSAVE; APIC; RDTSCP. */
static bool cpuid_hidden(void)
{
	return equal("1 ECX", cpuid(1, 0).ecx & (BIT(3) | BIT(21) | BIT(26) | BIT(27)), 0) &&
	       equal("1 EDX", cpuid(1, 0).edx & BIT(9), 0) &&
	       equal("8000_0001h EDX", cpuid(0x80000001, 0).edx & BIT(27), 0);
}

static bool cpuid_zero(void)
{
	static const uint32_t leaves[] = {0x8000000a, 0x8000001f, 7,          0xb,       0xd,
					  0x40000002, 0x40000100, 0xc0000000, 0xffffffff};
	bool ok = true;

	for (unsigned i = 0; i < LENGTH(leaves); i++) {
		struct cpuid_regs r = cpuid(leaves[i], 0);

		ok &= equal("leaf", r.eax | r.ebx | r.ecx | r.edx ? leaves[i] : 0, 0);
	}
	return ok;
}

/* XSETBV again, now that CR4 would allow it. */
static bool xsetbv_allowed(void)
{
	uint64_t cr4 = READ_REG(cr4);
	struct attack_result o = RUN("\x0f\x22\xe0", .rax = cr4 | CR4_OSXSAVE);
	struct attack_result x = RUN("\x0f\x01\xd1", .rax = 7);

	if (o.faulted)
		tap_diag("CR4.OSXSAVE: exception %lu(%#lx)", o.vector, o.error);
	WRITE_REG(cr4, cr4);
	if (not_intercepted(&x))
		return skip("this QEMU does not intercept it");
	return faulted(&x, VECTOR_UD);
}

/* INVD would discard what the host's caches have not written back. */
static bool invd(void)
{
	uint64_t before = digest();
	struct attack_result o = RUN("\x0f\x08");

	return came_back(&o) && equal("digest", digest(), before);
}

static bool wbinvd(void)
{
	struct attack_result o = RUN("\x0f\x09");

	return came_back(&o);
}

static const struct {
	const char *name;
	bool (*try)(void);
} singles[] = {
	{"efer.shown", efer_shown},
	{"efer.svme", efer_svme},
	{"efer.lme", efer_lme},
	{"efer.reserved", efer_reserved},
	{"efer.as-read", efer_as_read},
	{"cpuid.svm", cpuid_svm},
	{"cpuid.vmx", cpuid_vmx},
	{"cr0.ne", cr0_ne},
	{"cr4.vmxe", cr4_vmxe},
	{"cpuid.hidden", cpuid_hidden},
	{"cpuid.zero", cpuid_zero},
	{"xsetbv.allowed", xsetbv_allowed},
	{"invd", invd},
	{"wbinvd", wbinvd},
};

static bool try_single(unsigned i)
{
	begin("%s", singles[i].name);
	return singles[i].try();
}

const struct attacks cpu_attacks[] = {
	{LENGTH(instructions), try_instruction},
	{LENGTH(msrs), try_rdmsr},
	{LENGTH(msrs), try_wrmsr},
	{LENGTH(singles), try_single},
	{0, NULL},
};
