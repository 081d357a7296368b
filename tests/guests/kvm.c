/* SPDX-License-Identifier: GPL-2.0-only */
/* Says what a KVM shows and does, without a verdict: the tests of the VMM's options compare it. */
#include "attack.h"
#include "lib/tap.h"
#include "x86/insn.h"

#define CPUID_SIGNATURE  0x40000000
#define CPUID_FEATURES   0x40000001
#define MSR_POLL_CONTROL 0x4b564d05
#define VAPIC_POLL_IRQ   1 /* a hypercall that changes nothing */

static void say(const char *what, const struct attack_result *o)
{
	if (o->faulted)
		tap_diag("%s: exception %lu", what, o->vector);
	else
		tap_diag("%s: %#lx", what, o->rax);
}

static bool show_cpuid(unsigned i)
{
	begin("kvm.cpuid");
	(void)i;
	tap_diag("signature: %#x", cpuid(CPUID_SIGNATURE, 0).ebx);
	tap_diag("features: %#x", cpuid(CPUID_FEATURES, 0).eax);
	return true;
}

static bool show_msr(unsigned i)
{
	struct attack_result o;

	begin("kvm.msr");
	(void)i;
	o = read_msr(MSR_POLL_CONTROL);
	say("poll control", &o);
	return true;
}

/* The code is in a read-only page: where KVM wants to patch it, that is a page fault. */
static bool show_calls(unsigned i)
{
	struct attack_result o;

	begin("kvm.calls");
	(void)i;
	o = RUN("\x0f\x01\xd9", .rax = VAPIC_POLL_IRQ);
	say("vmmcall", &o);
	o = RUN("\x0f\x01\xc1", .rax = VAPIC_POLL_IRQ);
	say("vmcall", &o);
	return true;
}

const struct attacks kvm_registers[] = {
	{1, show_cpuid},
	{1, show_msr},
	{0, NULL},
};

const struct attacks kvm_calls[] = {
	{1, show_calls},
	{0, NULL},
};
