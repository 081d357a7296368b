/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of exceptions that the host handles, and of where the guest goes on after a call. */
#include "host/kvm2007/faults.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/smp.h"

/* ---- exceptions that the host handles as a registration or a call ---- */

/* Whether the guest's instruction is @code. */
static bool next_is(struct vcpu *vcpu, const uint8_t *code, unsigned length)
{
	uint64_t gpa;
	bool writable;
	const void *next;

	vcpu_sync(vcpu);
	if (!guest_translate(vcpu->memory, vcpu->slow.cr3, vcpu->rip, &gpa, &writable))
		return false;
	next = guest_bytes(vcpu->memory, gpa, length);
	return next && !memcmp(next, code, length);
}

static const uint8_t wrmsr_code[] = {0x0f, 0x30};

static bool is_wrmsr(struct vcpu *vcpu)
{
	return (uint32_t)vcpu->regs.rcx == KVM2007_MSR_API_MAGIC &&
	       next_is(vcpu, wrmsr_code, sizeof(wrmsr_code));
}

static bool wrmsr_of_cpl3(struct vcpu *vcpu)
{
	const uint64_t gpa = (uint32_t)vcpu->regs.rax | vcpu->regs.rdx << 32;

	if (!is_wrmsr(vcpu))
		return false;
	if (kvm2007_wrmsr(vcpu, KVM2007_MSR_API_MAGIC, gpa) == MSR_DONE)
		vcpu->rip += sizeof(wrmsr_code);
	return true;
}

static bool ud_at_cpl3(struct vcpu *vcpu)
{
	if (!is_wrmsr(vcpu))
		return false;
	vcpu_inject_ud(vcpu);
	return true;
}

static bool call_of_other_vendor(struct vcpu *vcpu)
{
	const uint8_t *own = vcpu->vendor->call_instruction;
	const uint8_t other[] = {own[0], own[1], own[2] ^ 0xc1 ^ 0xd9};

	if (!next_is(vcpu, other, sizeof(other)))
		return false;
	vcpu->hypercall(vcpu);
	vcpu->rip += sizeof(other);
	return true;
}

static const struct hooks gp_hooks = {.exceptions = (uint32_t)BIT(VECTOR_GP),
				      .exception = wrmsr_of_cpl3};
static const struct hooks cpl3_ud_hooks = {.exceptions = (uint32_t)BIT(VECTOR_GP),
					   .exception = ud_at_cpl3};
static const struct hooks ud_hooks = {.exceptions = (uint32_t)BIT(VECTOR_UD),
				      .exception = call_of_other_vendor};

/* The unpatched instruction that ran last, and how often in turn; shared by all vCPUs. */
static uint64_t hot_rip;
static unsigned hot_times;

static bool count_ud(struct vcpu *vcpu)
{
	SHARED_SET(hot_times, SHARED_GET(hot_rip) == vcpu->rip ? SHARED_GET(hot_times) + 1 : 1);
	SHARED_SET(hot_rip, vcpu->rip);
	return false;
}

static void write_code_unless_hot(struct request *q)
{
	if (SHARED_GET(hot_times) < 100 || (SHARED_GET(hot_rip) ^ q->site) % PAGE_SIZE)
		kvm2007_honest.write_code(q);
	SHARED_SET(hot_times, 0);
}

static const struct hooks hot_hooks = {.exceptions = (uint32_t)BIT(VECTOR_UD),
				       .exception = count_ud};

const struct row kvm2007_exception_faults[] = {
	{{"cpl3-wrmsr", "D4", "WRMSR of the magic works at CPL 3"}, .hooks = &gp_hooks},
	{{"cpl3-ud", "D4", "WRMSR of the magic is a #UD at CPL 3"}, .hooks = &cpl3_ud_hooks},
	{{"both-vendors", "C7", "the other vendor's instruction is a call too"},
	 .hooks = &ud_hooks},
	{ROW("hot-unpatched", "P5", write_code, write_code_unless_hot,
	     "a site that ran a hundred times is not patched"),
	 .hooks = &hot_hooks},
	{.fault.name = NULL},
};

/* ---- the guest goes on elsewhere ---- */

/* .arg bytes after the start of the call instruction. */
static void resume_at_offset(struct request *q)
{
	kvm2007_honest.give_result(q);
	q->vcpu->rip = q->vcpu->rip - CALL_LENGTH + kvm2007_on->arg;
}

/* One byte too far, if the site is .arg bytes after a multiple of 16. */
static void resume_late_if_odd(struct request *q)
{
	kvm2007_honest.give_result(q);
	if ((q->vcpu->rip - CALL_LENGTH) % 16 == kvm2007_on->arg)
		q->vcpu->rip++;
}

/* Each vCPU's state after its last I/O; only that vCPU touches it. */
static struct {
	uint64_t rip, rsp, rax;
} last_io[SMP_MAX];

static void note_io(struct vcpu *vcpu)
{
	last_io[vcpu->id].rip = vcpu->rip;
	last_io[vcpu->id].rsp = vcpu->slow.rsp;
	last_io[vcpu->id].rax = vcpu->regs.rax;
}

/* As Linux 2.6.21 did on SVM. */
static void resume_after_last_io(struct request *q)
{
	struct vcpu *vcpu = q->vcpu;

	vcpu_sync(vcpu);
	vcpu->rip = last_io[vcpu->id].rip;
	vcpu->slow.rsp = last_io[vcpu->id].rsp;
	vcpu->regs.rax = last_io[vcpu->id].rax;
}

/* The guest reads a UART's line status before each call.  That exits only with this hook. */
static const struct hooks io_hooks = {.uart_status = true, .io = note_io};

const struct row kvm2007_resume_faults[] = {
	{ROW("rip-2", "C5", give_result, resume_at_offset,
	     "the guest goes on two bytes behind the call"),
	 .arg = 2},
	{ROW("rip-4", "C5", give_result, resume_at_offset,
	     "the guest goes on four bytes behind the call"),
	 .arg = 4},
	{ROW("rip-odd-15", "C5", give_result, resume_late_if_odd,
	     "the guest goes on a byte too far behind odd sites"),
	 .arg = 15},
	{ROW("stale-rip", "C5", give_result, resume_after_last_io,
	     "the guest goes on behind its last I/O"),
	 .hooks = &io_hooks},
	{.fault.name = NULL},
};

/* ---- the guest does not go on, or finds no host ---- */

static void claim_nothing(struct request *q)
{
	q->claimed = false;
}

void kvm2007_hang(struct request *q)
{
	(void)q;
	halt_for_ever();
}

static void reset(struct request *q)
{
	(void)q;
	triple_fault();
}

/* A JMP to itself replaces the guest's first instruction, which it needs no more. */
static void loop_at_entry(struct request *q)
{
	kvm2007_honest.give_result(q);
	guest_write(q->vcpu->memory, q->vcpu->entry, "\xeb\xfe", 2);
	q->vcpu->rip = q->vcpu->entry;
}

const struct row kvm2007_end_faults[] = {
	{ROW("mute", "", claim, claim_nothing, "the host does not know the magic MSR")},
	{ROW("hang", "", give_result, kvm2007_hang, "a call never comes back")},
	{ROW("reset", "", give_result, reset, "a call resets the machine")},
	{ROW("lost-rip", "", give_result, loop_at_entry, "the guest goes on in a loop of its own")},
	{.fault.name = NULL},
};
