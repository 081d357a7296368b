/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/trap.h"

#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/timer.h"

/* Of boot/. */
extern const uint8_t boot_idt[VECTORS * 16];
extern const uint8_t call_end[];

void trap_init(void)
{
	struct table_register idtr = {sizeof(boot_idt) - 1, (uint64_t)boot_idt};

	__asm__ volatile("lidt %0" : : "m"(idtr));
}

/* Makes the trap return into guard_resume(@guard) and not to where it came from. */
static void return_to_guard(struct trap_frame *frame, const struct guard *guard)
{
	frame->rip = (uint64_t)guard_resume;
	frame->rdi = (uint64_t)guard;
	frame->rsp = guard->rsp;
	frame->cs = SEL_CODE64;
	frame->ss = SEL_DATA;
	frame->rflags = RFLAGS_RESERVED1;
}

/* Whether the code of an interaction is at @rip: call_with_regs(), or a hypercall site. */
static bool interaction_code(uint64_t rip)
{
	return (rip >= (uint64_t)call_with_regs && rip < (uint64_t)call_end) ||
	       (rip >= PAGING_WINDOW && rip < PAGING_WINDOW_END);
}

static bool handle_irq(struct cpu *cpu, struct trap_frame *frame)
{
	if (frame->vector < IRQ_VECTOR || frame->vector >= IRQ_VECTOR + IRQ_COUNT)
		return false;
	if (timer_acknowledge((unsigned)frame->vector - IRQ_VECTOR)) {
		cpu->ticks++;
		cpu->ticks_in_flight += cpu->in_flight.active;
	}
	/* Other code runs with interrupts on while an interaction is in flight: it went astray. */
	if (cpu->in_flight.active && cpu->check_active && !interaction_code(frame->rip)) {
		cpu->in_flight.active = false;
		return_to_guard(frame, &cpu->check);
	}
	return true;
}

void trap_handle(struct trap_frame *frame)
{
	struct cpu *cpu = this_cpu();

	if (handle_irq(cpu, frame))
		return;
	if (cpu->in_flight.active && interaction_code(frame->rip)) {
		cpu->in_flight.active = false;
		cpu->in_flight.fault = *frame;
		return_to_guard(frame, &cpu->in_flight.guard);
		return;
	}
	if (cpu->in_flight.active && cpu->check_active) {
		cpu->in_flight.active = false;
		cpu->stray_faulted = true;
		cpu->stray_fault = *frame;
		return_to_guard(frame, &cpu->check);
		return;
	}
	trap_unexpected(frame);
}

static void run_call(void *call)
{
	call_with_regs(call);
}

void interaction_begin(struct cpu *cpu)
{
	stray_check();
	cpu->in_flight.count++;
	cpu->in_flight.active = true;
}

void interaction_end(struct cpu *cpu)
{
	cpu->in_flight.active = false;
}

bool interact(struct call *call)
{
	struct cpu *cpu = this_cpu();
	bool returned;

	cpu->call = call;
	interaction_begin(cpu);
	returned = guard_run(&cpu->in_flight.guard, run_call, call);
	interaction_end(cpu);
	return returned;
}

bool run_stray_safe(void (*fn)(void *arg), void *arg)
{
	struct cpu *cpu = this_cpu();
	bool returned;

	cpu->stray_faulted = false;
	cpu->check_active = true;
	returned = guard_run(&cpu->check, fn, arg);
	cpu->check_active = false;
	return returned;
}

void stray(void)
{
	struct cpu *cpu = this_cpu();

	if (!cpu->check_active)
		return;
	cpu->in_flight.active = false;
	guard_resume(&cpu->check);
}
