/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm2007/call.h"

#include "lib/tap.h"

void trace_call(const struct gprs *in, bool returned, uint64_t result)
{
	if (interact_tracing())
		tap_diag("call 64 %#lx %#lx %#lx %#lx %#lx %#lx %#lx = %s%#lx", in->rax, in->rdi,
			 in->rsi, in->rdx, in->rcx, in->r8, in->r9, returned ? "" : "exception ",
			 result);
}

static bool came_back;

bool call_came_back(void)
{
	return came_back;
}

void hypercall64_gprs(const struct site *site, const struct gprs *gprs, struct outcome *outcome)
{
	interact_call(site->entry, gprs, outcome);
	if (!outcome->faulted)
		came_back = true;
	if (outcome->faulted)
		trace_call(gprs, false, outcome->fault.vector);
	else
		trace_call(gprs, true, outcome->after.rax);
}

const uint64_t no_args[6];

void hypercall64(const struct site *site, uint64_t index, const uint64_t args[6],
		 struct outcome *outcome)
{
	struct gprs gprs = noise_gprs();

	gprs.rax = index;
	gprs.rdi = args[0];
	gprs.rsi = args[1];
	gprs.rdx = args[2];
	gprs.rcx = args[3];
	gprs.r8 = args[4];
	gprs.r9 = args[5];
	hypercall64_gprs(site, &gprs, outcome);
}

/* @value with its low 32 bits replaced by @low. */
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

void hypercall32_prepare(const struct site *site, enum mode32 mode, uint32_t index,
			 const uint64_t args[6], uint32_t eflags, struct call32 *call)
{
	struct gprs *gprs = &call->in;

	call->mode = mode;
	call->target = (uint32_t)(mode == MODE32_UNPAGED ? site->gpa : site->entry);
	*gprs = noise_gprs();
	gprs->rbx = with_low(gprs->rbx, index);
	gprs->rax = args[0];
	gprs->rcx = args[1];
	gprs->rdx = args[2];
	gprs->rsi = with_low(gprs->rsi, args[3]);
	gprs->rdi = with_low(gprs->rdi, args[4]);
	gprs->rbp = with_low(gprs->rbp, args[5]);
	gprs->rflags |= eflags;
}

void hypercalls32(struct call32 *calls, unsigned n)
{
	interact_calls32(calls, n);
	for (unsigned i = 0; interact_tracing() && i < n; i++)
		trace32(&calls[i]);
}

void hypercall32(const struct site *site, enum mode32 mode, uint32_t index, const uint64_t args[6],
		 uint32_t eflags, struct call32 *call)
{
	hypercall32_prepare(site, mode, index, args, eflags, call);
	hypercalls32(call, 1);
}
