/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/stray.h"

#include "lib/panic.h"
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

static bool handle_irq(struct trap_frame *frame, struct guest_vcpu *vcpu)
{
	if (frame->vector < IRQ_VECTOR || frame->vector >= IRQ_VECTOR + IRQ_COUNT)
		return false;
	if (timer_acknowledge((unsigned)frame->vector - IRQ_VECTOR)) {
		vcpu->ticks++;
		vcpu->ticks_in_flight += this_cpu()->attempt.active;
	}
	/* An interrupt from other code than the interaction's, while that is in flight. */
	if (is_in_flight(vcpu) && !attempt_code(frame->rip))
		return_to_check(frame, vcpu);
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
