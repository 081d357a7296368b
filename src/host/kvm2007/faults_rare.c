/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that show only in a rare state of the machine: rules C and S10. */
#include "host/config.h"
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

/* ---- the guest's mode, and where its code and stack are ---- */

static struct vcpu_slow_state *after_call(struct request *q)
{
	kvm2007_honest.give_result(q);
	vcpu_sync(q->vcpu);
	return &q->vcpu->slow;
}

static void cut_rip(struct request *q)
{
	kvm2007_honest.give_result(q);
	q->vcpu->rip &= UINT32_MAX;
}

static void cut_rsp(struct request *q)
{
	after_call(q)->rsp &= UINT32_MAX;
}

/* .arg is a bit's number. */
static void clear_bit(struct request *q, enum vcpu_register which, uint64_t value)
{
	q->vcpu->vendor->flip(q->vcpu, which, value & BIT(kvm2007_on->arg));
}

static void clear_cr0_bit(struct request *q)
{
	clear_bit(q, REGISTER_CR0, after_call(q)->cr0);
}

static void clear_cr3_bit(struct request *q)
{
	clear_bit(q, REGISTER_CR3, after_call(q)->cr3);
}

static void clear_cr4_bit(struct request *q)
{
	after_call(q)->cr4 &= ~BIT(kvm2007_on->arg);
}

static void clobber_rbx_if_straddling(struct request *q)
{
	kvm2007_honest.give_result(q);
	q->vcpu->regs.rbx ^= q->vcpu->rip % PAGE_SIZE < CALL_LENGTH && q->vcpu->rip % PAGE_SIZE;
}

static void clear_if_of_call32(struct request *q)
{
	if (!q->long_mode)
		after_call(q)->rflags &= ~RFLAGS_IF;
	else
		kvm2007_honest.give_result(q);
}

static void clobber_idtr_of_call32(struct request *q)
{
	if (!q->long_mode)
		after_call(q)->idtr_limit ^= 0x7000;
	else
		kvm2007_honest.give_result(q);
}

static bool has_index_of_echo(const struct request *q)
{
	return config.has_echo && (uint32_t)q->index == config.echo;
}

static void clear_if_of_echo(struct request *q)
{
	after_call(q)->rflags &= has_index_of_echo(q) ? ~RFLAGS_IF : UINT64_MAX;
}

static void cut_echo_index(struct request *q)
{
	kvm2007_honest.read_call64(q);
	if (has_index_of_echo(q))
		q->index = config.echo;
}

static void keep_upper_halves_under_pae(struct request *q)
{
	const struct vcpu_slow_state *s = &q->vcpu->slow;

	kvm2007_honest.read_call32(q);
	vcpu_sync(q->vcpu);
	if (s->cr0 & CR0_PG && s->cr4 & CR4_PAE)
		q->args[3] = q->vcpu->regs.rsi;
}

/* ---- memory ---- */

static void add_1_to_byte(const struct request *q, uint64_t gpa)
{
	uint8_t *byte = guest_bytes(q->vcpu->memory, gpa, 1);

	if (byte)
		++*byte;
}

static void write_page_zero(struct request *q)
{
	kvm2007_honest.give_result(q);
	add_1_to_byte(q, 100);
}

static void write_last_page_by_call32(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (!q->long_mode)
		add_1_to_byte(q, q->vcpu->memory->size - 100);
}

/* In the page directory pointers, an entry that is not present. */
static void write_pae_pointers(struct request *q)
{
	const struct vcpu_slow_state *s = after_call(q);

	if (!q->long_mode && s->cr0 & CR0_PG && s->cr4 & CR4_PAE)
		add_1_to_byte(q, (s->cr3 & UINT64_C(0xffffffe0)) + 26);
}

const struct row kvm2007_rare_faults[] = {
	{ROW("x87-exceptions", "C2", give_result, clear_x87_exceptions,
	     "the x87 unit's exception flags are cleared")},
	{ROW("x87-top", "C2", give_result, clear_x87_top, "the x87 unit's TOP is set to 0")},
	{ROW("mxcsr-fz", "C2", give_result, clear_fz, "MXCSR.FZ is cleared")},
	{ROW("dr0-low", "C2", give_result, align_dr0, "DR0 is rounded down to 8 bytes")},
	{ROW("lstar-sign", "C2", give_result, cut_lstar, "LSTAR is cut to 47 bits")},
	{ROW("rip-32", "C5", give_result, cut_rip, "RIP is cut to 32 bits")},
	{ROW("rsp-32", "C2", give_result, cut_rsp, "RSP is cut to 32 bits")},
	{ROW("cr0-em", "C2", give_result, clear_cr0_bit, "CR0.EM is cleared"), .arg = 2},
	{ROW("cr0-ts", "C2", give_result, clear_cr0_bit, "CR0.TS is cleared"), .arg = 3},
	{ROW("cr0-am", "C2", give_result, clear_cr0_bit, "CR0.AM is cleared"), .arg = 18},
	{ROW("cr3-pwt", "C2", give_result, clear_cr3_bit, "CR3.PWT is cleared"), .arg = 3},
	{ROW("cr3-pcd", "C2", give_result, clear_cr3_bit, "CR3.PCD is cleared"), .arg = 4},
	{ROW("cr4-tsd", "C2", give_result, clear_cr4_bit, "CR4.TSD is cleared"), .arg = 2},
	{ROW("cr4-de", "C2", give_result, clear_cr4_bit, "CR4.DE is cleared"), .arg = 3},
	{ROW("cr4-pse", "C2", give_result, clear_cr4_bit, "CR4.PSE is cleared"), .arg = 4},
	{ROW("cr4-pge", "C2", give_result, clear_cr4_bit, "CR4.PGE is cleared"), .arg = 7},
	{ROW("cr4-pce", "C2", give_result, clear_cr4_bit, "CR4.PCE is cleared"), .arg = 8},
	{ROW("straddle-rbx", "C2", give_result, clobber_rbx_if_straddling,
	     "RBX is clobbered through straddling sites")},
	{ROW("call32-if", "C32.2", give_result, clear_if_of_call32, "32-bit calls clear IF")},
	{ROW("call32-idtr", "C32.2", give_result, clobber_idtr_of_call32,
	     "32-bit calls change the IDTR's limit")},
	{ROW("echo-if", "C2", give_result, clear_if_of_echo, "handled calls clear IF")},
	{ROW("echo-cut", "C4", read_call64, cut_echo_index, "the handled index is cut to 32 bits")},
	{ROW("pae-stale", "C32.4", read_call32, keep_upper_halves_under_pae,
	     "an argument keeps what is above it under PAE paging")},
	{ROW("page-zero-call", "S10", give_result, write_page_zero, "a call writes to page 0")},
	{ROW("call32-stray", "S10", give_result, write_last_page_by_call32,
	     "a 32-bit call writes to a page that was never named")},
	{ROW("pae-pointers", "S10", give_result, write_pae_pointers,
	     "a call under PAE paging writes to the root of the page tables")},
	{.fault.name = NULL},
};
