/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For each register that the guest compares and that faults_clobber.c does not have, a fault that
 * changes no other: rules C2 and C32.2.
 */
#include "host/kvm2007/faults.h"
#include "x86/insn.h"
#include "x86/machine.h"

/* ---- registers that the world switch keeps for the guest; .arg: the register, and a bit ---- */

#define ONE_BIT(name, bit) (REGISTER_##name << 6 | (bit))

static void flip_register(struct request *q)
{
	const unsigned arg = kvm2007_on->arg;

	kvm2007_honest.give_result(q);
	q->vcpu->vendor->flip(q->vcpu, (enum vcpu_register)(arg >> 6), BIT(arg & 63));
}

static void flip_register32(struct request *q)
{
	if (q->long_mode)
		kvm2007_honest.give_result(q);
	else
		flip_register(q);
}

/* To 1 MiB, above which all of the guest is. */
static void cut_gs_limit(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (!q->long_mode)
		q->vcpu->vendor->flip(q->vcpu, REGISTER_GS_LIMIT, UINT32_MAX << 20);
}

/* A row for any call, and one for 32-bit calls alone. */
#define CALL(name, which, bit, what)                                       \
	{                                                                  \
		ROW("call-" name, "C2", give_result, flip_register, what), \
			.arg = ONE_BIT(which, bit)                         \
	}
#define CALL32(name, which, bit, what)                                                             \
	{                                                                                          \
		ROW("call32-" name, "C32.2", give_result, flip_register32, "32-bit calls: " what), \
			.arg = ONE_BIT(which, bit)                                                 \
	}

/* Bits that harm neither the guest nor the CPU's checks of a guest's state. */
const struct row kvm2007_flip_faults[] = {
	CALL("cs", CS, 3, "CS reads as another selector"),
	CALL("ss", SS, 3, "SS reads as another selector"),
	CALL("es", ES, 3, "ES reads as another selector"),
	CALL("fs", FS, 3, "FS reads as another selector"),
	CALL("gs", GS, 3, "GS reads as another selector"),
	CALL("tr", TR, 3, "TR reads as another selector"),
	CALL("ldtr", LDTR, 3, "LDTR reads as another selector"),
	CALL("gdtr-limit", GDTR_LIMIT, 12, "the GDTR's limit is changed"),
	CALL("gdtr-base", GDTR_BASE, 40, "the GDTR's base is changed"),
	CALL("idtr-base", IDTR_BASE, 40, "the IDTR's base is changed"),
	CALL("kernel-gs-base", KERNEL_GS_BASE, 40, "KERNEL_GS_BASE is changed"),
	CALL("star", STAR, 40, "STAR is changed"),
	CALL("cstar", CSTAR, 40, "CSTAR is changed"),
	CALL("sfmask", SFMASK, 8, "SFMASK is changed"),
	CALL("sysenter-cs", SYSENTER_CS, 4, "SYSENTER_CS is changed"),
	CALL("sysenter-esp", SYSENTER_ESP, 12, "SYSENTER_ESP is changed"),
	CALL("sysenter-eip", SYSENTER_EIP, 12, "SYSENTER_EIP is changed"),
	CALL("cr0", CR0, 18, "CR0.AM is flipped"),
	CALL("cr3", CR3, 3, "CR3.PWT is flipped"),
	CALL("dr6", DR6, 0, "DR6.B0 is flipped"),
	CALL("dr7", DR7, 17, "a field of DR7 is changed"),
	CALL32("cs", CS, 3, "CS reads as another selector"),
	CALL32("ss", SS, 3, "SS reads as another selector"),
	CALL32("es", ES, 3, "ES reads as another selector"),
	CALL32("fs", FS, 3, "FS reads as another selector"),
	CALL32("gs", GS, 3, "GS reads as another selector"),
	CALL32("es-base", ES_BASE, 4, "the base of ES is changed"),
	CALL32("cr0", CR0, 18, "CR0.AM is flipped"),
	CALL32("cr3", CR3, 3, "CR3.PWT is flipped"),
	CALL32("gdtr", GDTR_LIMIT, 12, "the GDTR's limit is changed"),
	CALL32("star", STAR, 40, "STAR is changed"),
	CALL32("dr6", DR6, 0, "DR6.B0 is flipped"),
	{.fault.name = NULL},
};

/* What QEMU's processor does not look at. */
const struct row kvm2007_segment_faults[] = {
	CALL32("es-rights", ES_RIGHTS, 1, "ES is read-only"),
	{ROW("call32-gs-limit", "C32.2", give_result, cut_gs_limit,
	     "32-bit calls: the limit of GS is cut to 1 MiB")},
	{.fault.name = NULL},
};

/* ---- registers that stay in the CPU, for the host does not use them ---- */

static void flip_dr0(struct request *q)
{
	kvm2007_honest.give_result(q);
	WRITE_REG(dr0, READ_REG(dr0) ^ BIT(12));
}

static void flip_dr2(struct request *q)
{
	kvm2007_honest.give_result(q);
	WRITE_REG(dr2, READ_REG(dr2) ^ BIT(12));
}

static void flip_dr3(struct request *q)
{
	kvm2007_honest.give_result(q);
	WRITE_REG(dr3, READ_REG(dr3) ^ BIT(12));
}

static void flip_cr8(struct request *q)
{
	kvm2007_honest.give_result(q);
	WRITE_REG(cr8, READ_REG(cr8) ^ 1);
}

const struct row kvm2007_live_faults[] = {
	{ROW("call-dr0", "C2", give_result, flip_dr0, "DR0 is clobbered")},
	{ROW("call-dr2", "C2", give_result, flip_dr2, "DR2 is clobbered")},
	{ROW("call-dr3", "C2", give_result, flip_dr3, "DR3 is clobbered")},
	{ROW("call-cr8", "C2", give_result, flip_cr8, "CR8 is changed by one")},
	{.fault.name = NULL},
};

/* .arg: the offset in the FXSAVE image of the byte whose lowest bit flips */
static void flip_fx(struct request *q)
{
	struct fx_image fx;

	kvm2007_honest.give_result(q);
	__asm__ volatile("fxsave %0" : "=m"(fx));
	((uint8_t *)&fx)[kvm2007_on->arg] ^= 1;
	__asm__ volatile("fxrstor %0" : : "m"(fx));
}

static void flip_fx32(struct request *q)
{
	if (q->long_mode)
		kvm2007_honest.give_result(q);
	else
		flip_fx(q);
}

#define FX(name, member, with, what)                                                               \
	{                                                                                          \
		ROW(name, "C2", give_result, with, what), .arg = offsetof(struct fx_image, member) \
	}
#define ST(n)  FX("call-st" #n, st[n], flip_fx, "ST" #n " is clobbered")
#define XMM(n) FX("call-xmm" #n, xmm[n], flip_fx, "XMM" #n " is clobbered")

const struct row kvm2007_fx_faults[] = {
	{ROW("call-fcw", "C2", give_result, flip_fx, "the x87 precision is changed"),
	 .arg = offsetof(struct fx_image, fcw) + 1},
	{ROW("call-fsw", "C2", give_result, flip_fx, "C0 of the x87 status is flipped"),
	 .arg = offsetof(struct fx_image, fsw) + 1},
	FX("call-ftw", ftw, flip_fx, "an x87 register is emptied"),
	ST(0),
	ST(1),
	ST(2),
	ST(3),
	ST(4),
	ST(5),
	ST(6),
	ST(7),
	XMM(0),
	XMM(1),
	XMM(2),
	XMM(3),
	XMM(4),
	XMM(5),
	XMM(6),
	XMM(8),
	XMM(9),
	XMM(10),
	XMM(11),
	XMM(12),
	XMM(13),
	XMM(14),
	XMM(15),
	{ROW("call32-st0", "C32.2", give_result, flip_fx32, "32-bit calls: ST0 is clobbered"),
	 .arg = offsetof(struct fx_image, st[0])},
	{ROW("call32-mxcsr", "C32.2", give_result, flip_fx32, "32-bit calls: MXCSR is changed"),
	 .arg = offsetof(struct fx_image, mxcsr)},
	{ROW("call32-xmm9", "C32.2", give_result, flip_fx32, "32-bit calls: XMM9 is clobbered"),
	 .arg = offsetof(struct fx_image, xmm[9])},
	{.fault.name = NULL},
};

/* ---- flags that faults_clobber.c does not have; .arg: the lowest bit's number ---- */

static uint64_t *rflags_after_call(struct request *q)
{
	kvm2007_honest.give_result(q);
	vcpu_sync(q->vcpu);
	return &q->vcpu->slow.rflags;
}

static void flip_flag_number(struct request *q)
{
	*rflags_after_call(q) ^= BIT(kvm2007_on->arg);
}

static void set_flag32(struct request *q)
{
	*rflags_after_call(q) |= q->long_mode ? 0 : BIT(kvm2007_on->arg);
}

static void clear_flag32(struct request *q)
{
	*rflags_after_call(q) &= q->long_mode ? UINT64_MAX : ~BIT(kvm2007_on->arg);
}

const struct row kvm2007_system_flag_faults[] = {
	{ROW("call-iopl", "C2", give_result, flip_flag_number, "IOPL is changed"), .arg = 12},
	{ROW("call-nt", "C2", give_result, flip_flag_number, "NT is flipped"), .arg = 14},
	{ROW("call-ac", "C2", give_result, flip_flag_number, "AC is flipped"), .arg = 18},
	{ROW("call-id", "C2", give_result, flip_flag_number, "ID is flipped"), .arg = 21},
	{ROW("call32-sets-cf", "C32.2", give_result, set_flag32, "32-bit calls set CF"), .arg = 0},
	{ROW("call32-clears-zf", "C32.2", give_result, clear_flag32, "32-bit calls clear ZF"),
	 .arg = 6},
	{.fault.name = NULL},
};
