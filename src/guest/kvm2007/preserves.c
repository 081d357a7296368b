/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C2: a call changes no register but RAX.  There is a check for each group of registers, and a
 * diagnostic for each register that changed.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/stray.h"
#include "guest/ticks.h"
#include "x86/insn.h"
#include "x86/machine.h"
#include "x86/timer.h"

#define SOME_CR8     5               /* a task priority that no clobber leaves by chance */
#define TIMER_HZ     4000            /* a tick for each 250 instructions of Bochs */
#define TIMER_WAIT   (TIMER_HZ / 20) /* in periods of the timer */
#define TIMER_CALLS  20000
#define TICKS_WANTED 1

void compare_call64(struct comparison64 *c, const struct site *site, uint64_t index,
		    uint64_t rflags, uint64_t cr8)
{
	struct gprs gprs = noise_gprs();

	gprs.rax = index;
	gprs.rflags |= rflags;
	comparison_begin(&c->machine, cr8);
	hypercall64_gprs(site, &gprs, &c->call);
	comparison_end(&c->machine);
}

void expect_compared64(struct run *run, const struct comparison64 *c, uint64_t result)
{
	const struct outcome *call = &c->call;

	if (!expect_returned(run, "call", call))
		return;
	expect_equal(run, "rax", call->after.rax, result);
	expect_registers_kept(run, call, GPR_BIT(rax));
	expect_groups(run, &c->machine, ALL_GROUPS);
}

/*
 * All checks of registers look at the same call, with all flags set but IF.  The first of them
 * makes it.  NULL: it can't be made or did not return, and the check has failed.
 */
static const struct comparison64 *compared_call(struct run *run)
{
	static struct comparison64 c;
	struct site site;

	if (!c.machine.made) {
		if (!register_default(run, &site))
			return NULL;
		compare_call64(&c, &site, 0, COMPARED_FLAGS & ~RFLAGS_IF, SOME_CR8);
	}
	return expect_returned(run, "call", &c.call) ? &c : NULL;
}

static void preserves_group(struct run *run)
{
	const struct comparison64 *c = compared_call(run);

	if (c)
		expect_groups(run, &c->machine, 1u << run->check->arg);
}

static void preserves_gprs(struct run *run)
{
	const struct comparison64 *c = compared_call(run);

	if (c)
		expect_gprs(run, &c->call.before, &c->call.after, GPR_BIT(rax) | GPR_BIT(rsp));
}

static void preserves_rsp(struct run *run)
{
	const struct comparison64 *c = compared_call(run);

	if (c)
		expect_equal(run, "rsp", c->call.after.rsp, c->call.before.rsp);
}

static void expect_flags_preserved(struct run *run, const struct site *site, uint64_t rflags)
{
	struct gprs gprs = noise_gprs();
	struct outcome call;

	gprs.rflags |= rflags;
	hypercall64_gprs(site, &gprs, &call);
	if (expect_returned(run, "call", &call))
		expect_flags(run, call.before.rflags, call.after.rflags);
}

/* With all flags set but IF; with all clear; with only IF set, while all IRQs are masked. */
static void preserves_flags(struct run *run)
{
	const struct comparison64 *c = compared_call(run);
	struct site site;

	if (!c || !register_default(run, &site))
		return;
	expect_flags(run, c->call.before.rflags, c->call.after.rflags);
	expect_flags_preserved(run, &site, 0);
	expect_flags_preserved(run, &site, RFLAGS_IF);
}

/* C2 for all groups at once, until an interrupt came in the middle of a call. */
static void timer(struct run *run)
{
	static struct comparison64 c;
	const struct guest_vcpu *vcpu = this_vcpu();
	uint64_t first = vcpu->ticks_in_flight;
	struct site site;

	if (!register_default(run, &site))
		return;
	if (!timer_start(TIMER_HZ) || !timer_ticks(TIMER_WAIT)) {
		timer_stop();
		skip(run, "no timer");
		return;
	}
	for (unsigned i = 0; i < TIMER_CALLS && !run->failed; i++) {
		if (vcpu->ticks_in_flight - first >= TICKS_WANTED)
			break;
		compare_call64(&c, &site, 0, RFLAGS_IF | (random64() & ARITHMETIC_FLAGS), 0);
		expect_compared64(run, &c, (uint64_t)-KVM2007_EINVAL);
	}
	timer_stop();
	if (!run->failed && vcpu->ticks_in_flight - first < TICKS_WANTED)
		skip(run, "no timer interrupt fell into a call");
}

static const struct check checks[] = {
	{"hypercall64.keeps-gprs", "C2", .body = preserves_gprs},
	{"hypercall64.keeps-rsp", "C2", .body = preserves_rsp},
	{"hypercall64.keeps-flags", "C2", .body = preserves_flags},
	{"hypercall64.keeps-segments", "C2", .body = preserves_group, .arg = GROUP_SEGMENTS},
	{"hypercall64.keeps-bases", "C2", .body = preserves_group, .arg = GROUP_BASES},
	{"hypercall64.keeps-tables", "C2", .body = preserves_group, .arg = GROUP_TABLES},
	{"hypercall64.keeps-syscall", "C2", .body = preserves_group, .arg = GROUP_SYSCALL},
	{"hypercall64.keeps-control", "C2", .body = preserves_group, .arg = GROUP_CONTROL},
	{"hypercall64.keeps-cr2", "C2", .body = preserves_group, .arg = GROUP_CR2},
	{"hypercall64.keeps-debug", "C2", .body = preserves_group, .arg = GROUP_DEBUG},
	{"hypercall64.keeps-x87", "C2", .body = preserves_group, .arg = GROUP_X87},
	{"hypercall64.keeps-mxcsr", "C2", .body = preserves_group, .arg = GROUP_MXCSR},
	{"hypercall64.keeps-xmm", "C2", .body = preserves_group, .arg = GROUP_XMM},
	{"hypercall64.timer", "C2", .body = timer},
};

const struct area preserves_area = AREA(checks);
