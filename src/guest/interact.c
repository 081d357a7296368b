/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/interact.h"

#include <stddef.h>

#include "guest/stray.h"
#include "lib/console.h"
#include "x86/trap.h"

extern const uint8_t op_rdmsr[], op_wrmsr[], op_rdmsr32[], op_wrmsr32[];

#define FIRST_MSRS 0x2000 /* of the MSR permission map, APM2 15.11 */

static bool tracing;

/* Only the boot vCPU writes to the console. */
static bool is_boot_vcpu(void)
{
	return this_cpu()->id == 0;
}

void interact_set_trace(bool on)
{
	tracing = on;
}

bool interact_tracing(void)
{
	return tracing && is_boot_vcpu();
}

static void begin(void)
{
	if (is_boot_vcpu())
		console_flush();
	stray_check();
	this_vcpu()->interactions++;
	this_vcpu()->alarms = 0;
}

struct gprs noise_gprs(void)
{
	struct gprs gprs;

	random_fill(&gprs.rax, 16);
	gprs.rflags = RFLAGS_RESERVED1;
	return gprs;
}

void interact_call(uint64_t entry, const struct gprs *gprs, struct outcome *outcome)
{
	struct call call;

	call.target = entry;
	call.in = *gprs;
	begin();
	outcome->faulted = !attempt_call(&call);
	if (outcome->faulted)
		outcome->fault = this_cpu()->attempt.fault;
	outcome->target = entry;
	outcome->before = call.in;
	outcome->after = call.out;
}

void interact_msr(uint32_t msr, bool write, uint64_t value, uint64_t rflags,
		  struct outcome *outcome)
{
	struct gprs gprs = noise_gprs();

	/*
	 * The instructions ignore the upper halves.  QEMU 7.2 to 10.0, emulating SVM, looks up MSRs
	 * of the first range by all of RCX, and so does not intercept them.
	 */
	gprs.rcx = msr | (msr < FIRST_MSRS ? 0 : gprs.rcx << 32);
	if (write) {
		gprs.rax = (uint32_t)value | gprs.rax << 32;
		gprs.rdx = value >> 32 | gprs.rdx << 32;
	}
	gprs.rflags |= rflags;
	interact_call((uint64_t)(write ? op_wrmsr : op_rdmsr), &gprs, outcome);
}

void interact_rdmsr(uint32_t msr, struct outcome *outcome)
{
	interact_msr(msr, false, 0, 0, outcome);
}

void interact_wrmsr(uint32_t msr, uint64_t value, struct outcome *outcome)
{
	interact_msr(msr, true, value, 0, outcome);
}

bool wrmsr_returns(uint32_t msr, uint64_t value)
{
	struct outcome outcome;

	interact_wrmsr(msr, value, &outcome);
	return !outcome.faulted;
}

void interact_calls32(struct call32 *calls, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		calls[i].next = i + 1 < n ? &calls[i + 1] : NULL;
	begin();
	attempt_call32(calls);
}

void interact_rdmsr32(uint32_t msr, enum mode32 mode, uint32_t eflags, struct call32 *call)
{
	call->mode = mode;
	call->target = (uint32_t)(uint64_t)op_rdmsr32;
	call->in = noise_gprs();
	call->in.rflags |= eflags;
	call->in.rcx = msr;
	interact_calls32(call, 1);
}

void interact_wrmsr32(uint32_t msr, uint64_t value, enum mode32 mode, uint32_t eflags,
		      struct call32 *call)
{
	call->mode = mode;
	call->target = (uint32_t)(uint64_t)op_wrmsr32;
	call->in = noise_gprs();
	call->in.rflags |= eflags;
	call->in.rcx = msr;
	call->in.rax = (uint32_t)value;
	call->in.rdx = value >> 32;
	interact_calls32(call, 1);
}

bool interact_mode32_works(enum mode32 mode)
{
	struct call32 call = {
		.mode = mode,
		.target = (uint32_t)(uint64_t)op_wrmsr32 + 2, /* its RET */
		.in = noise_gprs(),
	};

	interact_calls32(&call, 1);
	return !call.faulted;
}

void interact_enter(enum other_mode mode, uint64_t entry, const struct gprs *regs,
		    struct trap_frame *fault)
{
	struct iret_call call = {.regs = *regs, .rip = entry, .cs = SEL_CODE32, .ss = SEL_DATA};

	if (mode == FROM_USER) {
		call.cs = SEL_USER_CODE64 | RPL_USER;
		call.ss = SEL_USER_DATA | RPL_USER;
	}
	begin();
	attempt_iret(&call);
	*fault = this_cpu()->attempt.fault;
}
