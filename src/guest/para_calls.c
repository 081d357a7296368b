/* SPDX-License-Identifier: GPL-2.0-only */
/* Interactions with the host (para.h): accesses to MSRs, and calls, from each mode. */
#include <stddef.h>

#include "guest/para.h"
#include "lib/console.h"
#include "lib/tap.h"
#include "x86/trap.h"

extern const uint8_t op_rdmsr[], op_wrmsr[], op_wrmsr32[];

static bool tracing;

void para_trace(bool on)
{
	tracing = on;
}

/* Only the boot vCPU writes to the console. */
static bool speaks(void)
{
	return this_cpu()->id == 0;
}

static void flush(void)
{
	if (speaks())
		console_flush(); /* the interaction may be the last thing that the guest does */
}

static void perform(uint64_t target, const struct gprs *gprs, struct outcome *outcome)
{
	struct call call;

	call.target = target;
	call.in = *gprs;
	flush();
	outcome->faulted = !interact(&call);
	if (outcome->faulted)
		outcome->fault = this_cpu()->in_flight.fault;
	outcome->target = target;
	outcome->before = call.in;
	outcome->after = call.out;
}

struct gprs para_noise(void)
{
	struct gprs gprs;
	uint64_t *reg = &gprs.rax;

	for (unsigned i = 0; i < 16; i++)
		reg[i] = para_random();
	gprs.rflags = RFLAGS_RESERVED1;
	return gprs;
}

void para_rdmsr(uint32_t msr, struct outcome *outcome)
{
	struct gprs gprs = para_noise();

	gprs.rcx = msr | gprs.rcx << 32;
	perform((uint64_t)op_rdmsr, &gprs, outcome);
}

void para_wrmsr(uint32_t msr, uint64_t value, struct outcome *outcome)
{
	struct gprs gprs = para_noise();

	/* The instruction reads ECX, EAX and EDX, so their upper halves may be noise. */
	gprs.rcx = msr | gprs.rcx << 32;
	gprs.rax = (uint32_t)value | gprs.rax << 32;
	gprs.rdx = value >> 32 | gprs.rdx << 32;
	perform((uint64_t)op_wrmsr, &gprs, outcome);
}

void para_call(const struct site *site, uint64_t index, const uint64_t args[6],
	       struct outcome *outcome)
{
	struct gprs gprs = para_noise();

	gprs.rax = index;
	gprs.rdi = args[0];
	gprs.rsi = args[1];
	gprs.rdx = args[2];
	gprs.rcx = args[3];
	gprs.r8 = args[4];
	gprs.r9 = args[5];
	para_call_gprs(site, &gprs, outcome);
}

void para_trace_call(const struct gprs *in, bool returned, uint64_t result)
{
	if (tracing && speaks())
		tap_diag("call 64 %#lx %#lx %#lx %#lx %#lx %#lx %#lx = %s%#lx", in->rax, in->rdi,
			 in->rsi, in->rdx, in->rcx, in->r8, in->r9, returned ? "" : "exception ",
			 result);
}

void para_call_gprs(const struct site *site, const struct gprs *gprs, struct outcome *outcome)
{
	perform(site->entry, gprs, outcome);
	if (outcome->faulted)
		para_trace_call(gprs, false, outcome->fault.vector);
	else
		para_trace_call(gprs, true, outcome->after.rax);
}

/* @value with its low half replaced. */
static uint64_t with_low(uint64_t value, uint32_t low)
{
	return (value & ~UINT64_C(0xffffffff)) | low;
}

static void trace32(const struct call32 *call)
{
	const struct gprs *in = &call->in;

	tap_diag("call 32 %#x %#x %#x %#x %#x %#x %#x = %s%#x", (unsigned)in->rbx,
		 (unsigned)in->rax, (unsigned)in->rcx, (unsigned)in->rdx, (unsigned)in->rsi,
		 (unsigned)in->rdi, (unsigned)in->rbp, call->faulted ? "exception " : "",
		 call->faulted ? call32_vector(call) : (unsigned)call->out.rax);
}

void para_prepare32(const struct site *site, enum mode32 mode, uint32_t index,
		    const uint32_t args[6], uint32_t eflags, struct call32 *call)
{
	struct gprs *gprs = &call->in;

	call->next = NULL;
	call->mode = mode;
	call->target = (uint32_t)(mode == MODE32_UNPAGED ? site->gpa : site->entry);
	*gprs = para_noise();
	gprs->rbx = with_low(gprs->rbx, index);
	gprs->rax = args[0];
	gprs->rcx = args[1];
	gprs->rdx = args[2];
	gprs->rsi = with_low(gprs->rsi, args[3]);
	gprs->rdi = with_low(gprs->rdi, args[4]);
	gprs->rbp = with_low(gprs->rbp, args[5]);
	gprs->rflags |= eflags;
}

void para_calls32(struct call32 *calls, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		calls[i - 1].next = &calls[i];
	flush();
	interact32(calls);
	for (unsigned i = 0; tracing && speaks() && i < n; i++)
		trace32(&calls[i]);
}

void para_call32(const struct site *site, enum mode32 mode, uint32_t index, const uint32_t args[6],
		 uint32_t eflags, struct call32 *call)
{
	para_prepare32(site, mode, index, args, eflags, call);
	para_calls32(call, 1);
}

void para_wrmsr32(uint32_t msr, uint64_t value, enum mode32 mode, struct call32 *call)
{
	call->next = NULL;
	call->mode = mode;
	call->target = (uint32_t)(uint64_t)op_wrmsr32;
	call->in = para_noise();
	call->in.rcx = msr;
	call->in.rax = (uint32_t)value;
	call->in.rdx = value >> 32;
	flush();
	interact32(call);
}

void para_enter(enum other_mode mode, uint64_t entry, const struct gprs *regs,
		struct trap_frame *fault)
{
	struct iret_call call = {.regs = *regs, .rip = entry, .cs = SEL_CODE32, .ss = SEL_DATA};

	if (mode == FROM_USER) {
		call.cs = SEL_USER_CODE64 | RPL_USER;
		call.ss = SEL_USER_DATA | RPL_USER;
	}
	flush();
	interact_by_iret(&call);
	*fault = this_cpu()->in_flight.fault;
}
