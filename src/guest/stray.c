/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/stray.h"

#include "guest/watchdog.h"
#include "lib/panic.h"
#include "x86/apic.h"
#include "x86/timer.h"
#include "x86/trap.h"

static bool is_in_flight(const struct guest_vcpu *vcpu)
{
	return this_cpu()->attempt.active && vcpu->guarded;
}

static void return_to_check(struct trap_frame *frame, const struct guest_vcpu *vcpu)
{
	this_cpu()->attempt.active = false;
	trap_return_to(frame, &vcpu->stray_guard);
}

static void acknowledge(unsigned vector, bool in_flight, struct guest_vcpu *vcpu)
{
	if (vcpu->on_interrupt) {
		vcpu->on_interrupt(vector);
	} else if (vector >= APIC_VECTOR) {
		vcpu->from_apic[vector - APIC_VECTOR]++;
		apic_end_of_interrupt();
	} else if (timer_acknowledge(vector - IRQ_VECTOR)) {
		vcpu->ticks++;
		vcpu->ticks_in_flight += in_flight;
	}
}

/* Short, since Bochs has only 250 instructions from a tick of hypercall64.timer to the next. */
static bool handle_irq(struct trap_frame *frame, struct guest_vcpu *vcpu)
{
	bool in_flight = this_cpu()->attempt.active;

	if (frame->vector < IRQ_VECTOR)
		return false;
	acknowledge((unsigned)frame->vector, in_flight, vcpu);
	/* An interrupt from other code than the interaction's, while that is in flight. */
	if (in_flight && vcpu->guarded && !attempt_code(frame->rip))
		return_to_check(frame, vcpu);
	else if (vcpu->watched && watchdog_alarm((unsigned)frame->vector))
		attempt_end(frame);
	return true;
}

void stray_trap(struct trap_frame *frame)
{
	struct guest_vcpu *vcpu = this_vcpu();

	if (handle_irq(frame, vcpu))
		return;
	if (!is_in_flight(vcpu))
		panic_trap(frame);
	vcpu->stray_faulted = true;
	vcpu->stray_fault = *frame;
	return_to_check(frame, vcpu);
}

bool run_stray_safe(void (*fn)(void *arg), void *arg)
{
	struct guest_vcpu *vcpu = this_vcpu();
	bool returned;

	vcpu->stray_faulted = false;
	vcpu->on_interrupt = NULL; /* of a check that a stray has ended */
	vcpu->more_follow = vcpu->in_series = false;
	vcpu->guarded = true;
	returned = guard_run(&vcpu->stray_guard, fn, arg);
	vcpu->guarded = false;
	return returned;
}

void stray_check(void)
{
	struct guest_vcpu *vcpu = this_vcpu();

	if (!is_in_flight(vcpu))
		return;
	this_cpu()->attempt.active = false;
	guard_resume(&vcpu->stray_guard);
}
