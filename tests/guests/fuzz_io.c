/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps by MSRs and ports. */
#include "fuzz.h"

#include "abi/kvm2007.h"
#include "lib/exit.h"
#include "x86/insn.h"
#include "x86/msr.h"

#define MSR_X2APIC 0x800

/* ---- MSRs ---- */

static const uint32_t msrs[] = {
	MSR_TSC,
	MSR_APIC_BASE,
	MSR_SYSENTER_CS,
	MSR_SYSENTER_ESP,
	MSR_PAT,
	MSR_EFER,
	MSR_STAR,
	MSR_CSTAR,
	MSR_SFMASK,
	MSR_FS_BASE,
	MSR_GS_BASE,
	MSR_KERNEL_GS_BASE,
	MSR_VM_CR,
	MSR_VM_HSAVE_PA,
	0x3a,
	0x8b,
	0x79,
	0xfe,
	0x17a,
	0x1a0,
	0x1d9,
	0x200,
	0x2ff,
	0x400,
	0x480,
	0x48f,
	0x6e0,
	0xda0,
	0xc0000102,
	0xc0000103,
	0xc0000104,
	0xc00000e7,
	0xc0010010,
	0xc0010015,
	0xc0010111,
	0xc0010113,
	0xc0010118,
	0x4b564d00,
	0x40000000,
	0xc0001fff,
};

static uint32_t any_msr(struct fuzz *f)
{
	switch (below(f, 5)) {
	case 0:
		return (uint32_t)any_value(f);
	case 1:
		return (uint32_t)(below(f, 3) * 0x40000000 + (once_in(f, 2) ? 0xc0000000 : 0) +
				  below(f, 0x2000));
	default:
		return msrs[below(f, LENGTH(msrs))];
	}
}

/* Not what this guest cannot go on without, nor where SYSCALL leads. */
static bool is_needed(uint32_t msr)
{
	return msr == MSR_LSTAR || msr == MSR_SYSENTER_EIP || msr / 0x100 == MSR_X2APIC / 0x100;
}

static void msr_step(struct fuzz *f)
{
	static const struct snippet read = SNIPPET("\x0f\x32"), write = SNIPPET("\x0f\x30");
	struct gprs in = any_gprs(f);
	uint32_t msr = any_msr(f);
	uint64_t efer;

	in.rcx = (in.rcx & ~(uint64_t)UINT32_MAX) | msr;
	if (once_in(f, 2)) {
		run_snippet(f, &read, in);
		return;
	}
	if (is_needed(msr) || msr == KVM2007_MSR_API_MAGIC)
		return;
	if (msr == MSR_EFER) {
		efer = rdmsr(MSR_EFER);
		/* A bit or two, and not NXE: all of the guest's data would fault. */
		in.rax = (efer ^ BIT(below(f, 16)) ^ (once_in(f, 2) ? 1 : 0)) | EFER_NXE;
		in.rdx = once_in(f, 8) ? any_value(f) : 0;
	}
	run_snippet(f, &write, in);
	if (msr == MSR_EFER)
		msr_write(MSR_EFER, efer);
}

/* ---- ports ---- */

static const uint16_t ports[] = {0x20,  0x21,  0x40,  0x42,  0x43,   0x60,   0x61,  0x64,  0x70,
				 0x71,  0x80,  0x92,  0xa0,  0xa1,   0xcf8,  0xcf9, 0xcfc, 0x510,
				 0x511, 0x514, 0x2e8, 0x2f8, 0x2fd,  0x3e8,  0x3f6, 0x3f8, 0x3fd,
				 0x3ff, 0x402, 0xe9,  0x604, 0xb004, 0x8900, 0x1f0, 0x3d4, 0xffff};

/* An access that does harm to the run: its end, and the stream of its verdict. */
static bool ends_run(uint16_t port, unsigned size)
{
	for (unsigned i = 0; i < size; i++, port++) {
		if (port == DEBUG_EXIT || port / 8 == 0x3f8 / 8 || port == 0x8900 ||
		    port / 2 == 0x604 / 2 || port / 2 == 0xb004 / 2)
			return true;
	}
	return false;
}

/* Bochs stops at initialization words for modes that its PICs do not have. */
static bool is_pic(uint16_t port, unsigned size)
{
	for (unsigned i = 0; i < size; i++, port++) {
		if (port / 2 == 0x20 / 2 || port / 2 == 0xa0 / 2)
			return true;
	}
	return false;
}

/* The PIT and the PICs, which vCPU 0 needs and sets up again. */
static bool is_timer(uint16_t port)
{
	return (port >= 0x1d && port < 0x44) || (port >= 0x9d && port < 0xa2);
}

static void port_step(struct fuzz *f)
{
	static const struct snippet in[] = {SNIPPET("\xec"),     SNIPPET("\x66\xed"),
					    SNIPPET("\xed"),     SNIPPET("\x6c"),
					    SNIPPET("\x66\x6d"), SNIPPET("\x6d"),
					    SNIPPET("\xf3\x6c"), SNIPPET("\xf3\x66\x6d"),
					    SNIPPET("\xf3\x6d"), SNIPPET("\x67\xf3\x6d")};
	static const struct snippet out[] = {
		SNIPPET("\xee"),         SNIPPET("\x66\xef"),        SNIPPET("\xef"),
		SNIPPET("\x6e"),         SNIPPET("\x66\x6f"),        SNIPPET("\x6f"),
		SNIPPET("\xf3\x6e"),     SNIPPET("\xf3\x66\x6f"),    SNIPPET("\xf3\x6f"),
		SNIPPET("\x67\xf3\x6f"), SNIPPET("\x66\xf3\x48\x6f")};
	struct gprs gprs = any_gprs(f);
	uint16_t port =
		once_in(f, 3) ? (uint16_t)below(f, 0x10000) : ports[below(f, LENGTH(ports))];
	bool write = once_in(f, 2);

	if (write && (ends_run(port, 4) || is_pic(port, 4) || (f->id && is_timer(port))))
		return;
	gprs.rdx = (gprs.rdx & ~UINT64_C(0xffff)) | port;
	/* A port that the guest has is really written to so often. */
	gprs.rcx = port < 0x100 || (port | 0x118) / 8 == 0x3f8 / 8 ? below(f, 64) : gprs.rcx;
	if (once_in(f, 4)) {
		gprs.rsi = gprs.rdi = fuzz_va(f, VIEW_DATA);
		gprs.rflags &= ~RFLAGS_DF;
	}
	if (write)
		run_snippet(f, &out[below(f, LENGTH(out))], gprs);
	else
		run_snippet(f, &in[below(f, LENGTH(in))], gprs);
}

const struct fuzz_step fuzz_io_steps[] = {
	{"msr", msr_step, 20},
	{"port", port_step, 20},
	{NULL, NULL, 0},
};
