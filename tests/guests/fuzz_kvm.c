/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps by today's KVM ABI: addresses in its MSRs, and its calls. */
#include "fuzz.h"

#include "abi/kvm.h"

/* All that has an address, and the bits below it that enable something. */
static void kvm_msr_step(struct fuzz *f)
{
	static const struct snippet read = SNIPPET("\x0f\x32"), write = SNIPPET("\x0f\x30");
	static const uint32_t old[] = {KVM_MSR_WALL_CLOCK_OLD, KVM_MSR_SYSTEM_TIME_OLD};
	struct gprs in = any_gprs(f);
	uint64_t value = any_gpa(f);

	in.rcx = once_in(f, 5) ? old[below(f, LENGTH(old))]
			       : KVM_MSR_WALL_CLOCK + below(f, once_in(f, 16) ? 256 : 10);
	if (in.rcx == KVM_MSR_ASYNC_PF_INT)
		value = any_vector(f);
	else if (once_in(f, 2))
		value = (value & ~UINT64_C(63)) | KVM_MSR_ENABLED |
			(once_in(f, 2) ? below(f, 64) : 0);
	in.rax = value & UINT32_MAX;
	in.rdx = value >> 32;
	run_snippet(f, once_in(f, 4) ? &read : &write, in);
}

/* What an argument may be: a number, a vCPU's or a bitmap of them, or an address. */
static uint64_t any_argument(struct fuzz *f)
{
	switch (below(f, 3)) {
	case 0:
		return below(f, 8);
	case 1:
		return any_gpa(f);
	default:
		return any_value(f);
	}
}

static void kvm_call_step(struct fuzz *f)
{
	struct snippet call = the_call();
	struct gprs in = any_gprs(f);

	in.rax = once_in(f, 8) ? any_value(f) : below(f, 14);
	in.rbx = any_argument(f);
	if (in.rax == KVM_HC_CLOCK_PAIRING) /* not to page 0, which has real mode's vectors */
		in.rbx = any_gpa(f);
	in.rcx = any_argument(f);
	in.rdx = any_argument(f);
	in.rsi = any_vector(f) | (once_in(f, 2) ? 0 : any_argument(f) & ~UINT64_C(0xff));
	run_snippet(f, &call, in);
}

const struct fuzz_step fuzz_kvm_steps[] = {
	{"kvm-msr", kvm_msr_step, 20},
	{"kvm-call", kvm_call_step, 10},
	{NULL, NULL, 0},
};
