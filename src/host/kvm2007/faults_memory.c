/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that write to memory which the ABI does not name, rule S10; and those of vCPU 1. */
#include "host/kvm2007/faults.h"

/* ---- below RSP, by .arg bytes ---- */

/* By the guest's page tables; writes nothing if they don't map it. */
static void push_zero(struct vcpu *vcpu)
{
	uint64_t gpa;
	bool writable;

	vcpu_sync(vcpu);
	if (vcpu_translate(vcpu, vcpu->slow.rsp - kvm2007_on->arg, &gpa, &writable))
		guest_write(vcpu->memory, gpa, &(uint32_t){0}, 4);
}

static void push_by_wrmsr(struct request *q)
{
	push_zero(q->vcpu);
	kvm2007_honest.registration(q);
}

static void push_by_rdmsr(struct request *q)
{
	push_zero(q->vcpu);
	kvm2007_honest.read_msr(q);
}

static void push_by_call_if(struct request *q, bool wrong)
{
	if (wrong)
		push_zero(q->vcpu);
	kvm2007_honest.give_result(q);
}

static void push_by_call(struct request *q)
{
	push_by_call_if(q, true);
}

static void push_by_call_0(struct request *q)
{
	push_by_call_if(q, q->long_mode && !q->index);
}

static void push_by_some_call(struct request *q)
{
	push_by_call_if(q, q->long_mode && q->index && !kvm2007_is_echo(q));
}

static void push_by_echo(struct request *q)
{
	push_by_call_if(q, q->long_mode && kvm2007_is_echo(q));
}

/* Hardly ever, so that code survives it that needs what is there. */
static void write_at_aligned_rsp(struct request *q)
{
	vcpu_sync(q->vcpu);
	push_by_call_if(q, q->long_mode && q->vcpu->slow.rsp % 2048 == 0);
}

static void push_by_call32(struct request *q)
{
	push_by_call_if(q, !q->long_mode);
}

/* ---- the image, and pages that were never named ---- */

/* The guest's first instruction, which it needs no more. */
static void write_text(const struct vcpu *vcpu)
{
	guest_write(vcpu->memory, vcpu->entry, "\xeb", 1);
}

static void write_text_by_wrmsr(struct request *q)
{
	kvm2007_honest.registration(q);
	write_text(q->vcpu);
}

static void write_text_by_call32(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (!q->long_mode)
		write_text(q->vcpu);
}

/* An entry of the root that is not in use, and not present afterwards either. */
static void write_page_table(struct request *q)
{
	uint64_t entry, at;

	kvm2007_honest.give_result(q);
	vcpu_sync(q->vcpu);
	at = (q->vcpu->slow.cr3 & ~UINT64_C(0xfff)) + 0x7f0;
	if (q->long_mode && guest_read(q->vcpu->memory, at, &entry, sizeof(entry))) {
		entry += 0x1000;
		guest_write(q->vcpu->memory, at, &entry, sizeof(entry));
	}
}

/* Adds 1 to a byte of the last page of memory. */
static void write_last_page(const struct vcpu *vcpu)
{
	uint8_t *byte = guest_bytes(vcpu->memory, vcpu->memory->size - 100, 1);

	++*byte;
}

static void write_last_page_by_wrmsr(struct request *q)
{
	kvm2007_honest.registration(q);
	write_last_page(q->vcpu);
}

static void write_last_page_by_call(struct request *q)
{
	kvm2007_honest.give_result(q);
	write_last_page(q->vcpu);
}

/* .arg: which argument is taken for a gpa */
static void write_to_argument(struct request *q)
{
	uint8_t *byte = guest_bytes(q->vcpu->memory, q->args[kvm2007_on->arg], 1);

	kvm2007_honest.give_result(q);
	if (byte && q->long_mode)
		++*byte;
}

static void write_to_virtual_argument(struct request *q)
{
	uint64_t gpa;
	bool writable;

	vcpu_sync(q->vcpu);
	if (vcpu_translate(q->vcpu, q->args[kvm2007_on->arg], &gpa, &writable))
		q->args[kvm2007_on->arg] = gpa;
	write_to_argument(q);
}

const struct row kvm2007_memory_faults[] = {
	{ROW("wrmsr-push", "S10", registration, push_by_wrmsr,
	     "WRMSR of the magic writes below RSP"),
	 .arg = 8},
	{ROW("rdmsr-push", "S10", read_msr, push_by_rdmsr, "RDMSR of the magic writes below RSP"),
	 .arg = 136},
	{ROW("push-by-call", "S10", give_result, push_by_call, "a call writes 200 bytes below RSP"),
	 .arg = 200},
	{ROW("push-by-call-0", "S10", give_result, push_by_call_0,
	     "a 64-bit call of index 0 writes below RSP"),
	 .arg = 16},
	{ROW("push-by-some-call", "S10", give_result, push_by_some_call,
	     "a 64-bit call that is not handled writes below RSP, if its index is not 0"),
	 .arg = 16},
	{ROW("push-by-echo", "S10", give_result, push_by_echo,
	     "a 64-bit call that is handled writes below RSP"),
	 .arg = 16},
	{ROW("push-at-rsp", "S10", give_result, write_at_aligned_rsp,
	     "a 64-bit call writes at RSP, if that is a multiple of 2048"),
	 .arg = 0},
	{ROW("call32-push", "S10", give_result, push_by_call32, "a 32-bit call writes below ESP"),
	 .arg = 8},
	{ROW("text-once", "S10", registration, write_text_by_wrmsr,
	     "the first registration writes to the guest's code")},
	{ROW("call32-text", "S10", give_result, write_text_by_call32,
	     "a 32-bit call writes to the guest's code")},
	{ROW("page-table", "S10", give_result, write_page_table,
	     "a call writes to the guest's page tables")},
	{ROW("stray-by-wrmsr", "S10", registration, write_last_page_by_wrmsr,
	     "a registration writes to a page that was never named")},
	{ROW("stray-by-call", "S10", give_result, write_last_page_by_call,
	     "a call writes to a page that was never named")},
	{ROW("rdi-as-gpa", "S10", give_result, write_to_argument,
	     "a call writes to memory at argument 1"),
	 .arg = 0},
	{ROW("rsi-as-va", "S10", give_result, write_to_virtual_argument,
	     "a call writes to memory at argument 2, a virtual address"),
	 .arg = 1},
	{ROW("rdx-as-gpa", "S10", give_result, write_to_argument,
	     "a call writes to memory at argument 3"),
	 .arg = 2},
	{.fault.name = NULL},
};
