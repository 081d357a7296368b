/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/trap.h"

#include "x86/insn.h"
#include "x86/paging.h"

/* boot/call.asm: the end of call_with_regs() and of its targets for MSRs */
extern const uint8_t call_end[];

void (*trap_unexpected)(struct trap_frame *frame);
bool trap_nmis_expected;

void trap_return_to(struct trap_frame *frame, const struct guard *guard)
{
	frame->rip = (uint64_t)guard_resume;
	frame->rdi = (uint64_t)guard;
	frame->rsp = guard->rsp;
	frame->cs = SEL_CODE64;
	frame->ss = SEL_DATA;
	frame->rflags = RFLAGS_RESERVED1;
}

bool attempt_code(uint64_t rip)
{
	/* The same code may be mapped a second time, by another entry of the root. */
	rip %= BIT(39);
	return (rip >= (uint64_t)call_with_regs && rip < (uint64_t)call_end) ||
	       (rip >= PAGING_WINDOW && rip < PAGING_WINDOW_END);
}

void attempt_end(struct trap_frame *frame)
{
	struct attempt *attempt = &this_cpu()->attempt;

	attempt->active = false;
	attempt->fault = *frame;
	trap_return_to(frame, &attempt->guard);
}

void trap_handle(struct trap_frame *frame)
{
	const bool is_result =
		frame->vector < IRQ_VECTOR && !(frame->vector == VECTOR_NMI && trap_nmis_expected);

	if (is_result && this_cpu()->attempt.active && attempt_code(frame->rip))
		attempt_end(frame);
	else
		trap_unexpected(frame);
}

static void run_call(void *call)
{
	call_with_regs(call);
}

bool attempt_call(struct call *call)
{
	struct cpu *cpu = this_cpu();
	bool returned;

	cpu->call = call;
	cpu->attempt.active = true;
	returned = guard_run(&cpu->attempt.guard, run_call, call);
	cpu->attempt.active = false;
	return returned;
}
