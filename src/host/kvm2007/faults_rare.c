/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that show only in a rare state of the machine: rules C2 and C32.2. */
#include "host/kvm2007/faults.h"
#include "x86/defs.h"
#include "x86/insn.h"

/* ---- bits that have to be set, or clear, for a change to show ---- */

/* The world switch leaves the guest's values in these registers. */

static void clear_x87_exceptions(struct request *q)
{
	kvm2007_honest.give_result(q);
	__asm__ volatile("fnclex");
}

/* ST(0) to ST(7) are counted from TOP, so they change with it unless it is 0. */
static void clear_x87_top(struct request *q)
{
	uint16_t status;

	kvm2007_honest.give_result(q);
	do {
		__asm__ volatile("fincstp; fnstsw %0" : "=m"(status));
	} while (status & 0x3800);
}

/* As a host does that has its own flush to zero. */
static void clear_fz(struct request *q)
{
	uint32_t mxcsr;

	kvm2007_honest.give_result(q);
	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	mxcsr &= ~(uint32_t)BIT(15);
	__asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

static void align_dr0(struct request *q)
{
	kvm2007_honest.give_result(q);
	WRITE_REG(dr0, READ_REG(dr0) & ~UINT64_C(7));
}

static void cut_lstar(struct request *q)
{
	kvm2007_honest.give_result(q);
	vcpu_sync(q->vcpu);
	q->vcpu->slow.lstar &= BIT(47) - 1;
}

const struct row kvm2007_rare_faults[] = {
	{ROW("x87-exceptions", "C2", give_result, clear_x87_exceptions,
	     "the x87 unit's exception flags are cleared")},
	{ROW("x87-top", "C2", give_result, clear_x87_top, "the x87 unit's TOP is set to 0")},
	{ROW("mxcsr-fz", "C2", give_result, clear_fz, "MXCSR.FZ is cleared")},
	{ROW("dr0-low", "C2", give_result, align_dr0, "DR0 is rounded down to 8 bytes")},
	{ROW("lstar-sign", "C2", give_result, cut_lstar, "LSTAR is cut to 47 bits")},
	{.fault.name = NULL},
};
