/* SPDX-License-Identifier: GPL-2.0-only */
/* KC32.1-KC32.3: calls from compatibility mode, and from legacy mode with each kind of paging. */
#include <stddef.h>

#include "guest/kvm/checks.h"
#include "guest/kvm/hypercall.h"
#include "guest/vcpu.h"

#define ECHO_CALLS 5

void kvm_sane_call(struct run *run)
{
	const struct outcome *first = first_call(run, CALL_NATIVE);

	run->skip_reason = NULL; /* the check itself will find it */
	if (first)
		calls_return(run, CALL_NATIVE);
}

/* KC32.1: the upper half of RAX, which compatibility mode keeps, does not count. */
static void low_half(struct run *run)
{
	expect_call(run, CALL_COMPATIBILITY, BIT(32) | KVM_HC_VAPIC_POLL_IRQ, NULL, 0);
	if (!run->failed)
		expect_call(run, CALL_COMPATIBILITY, BIT(63) | KVM_HC_VAPIC_POLL_IRQ, NULL, 0);
}

/* KC32.2: an error, too, has no bits in the upper half. */
static void zero_extended(struct run *run)
{
	expect_call(run, CALL_COMPATIBILITY, UINT32_MAX, NULL, KVM_ERROR(KVM_ENOSYS));
}

/* KC32.3: a call that is there, and some that are not, in legacy mode. */
static void legacy(struct run *run)
{
	enum call_kind kind = (enum call_kind)run->check->arg;

	expect_call(run, kind, KVM_HC_VAPIC_POLL_IRQ, NULL, 0);
	for (unsigned bit = 4; bit < 32 && !run->failed && !run->skip_reason; bit += 3) {
		comparison_more(bit > 4 && bit + 3 < 32); /* a series of nine */
		expect_call(run, kind, BIT(bit) | (random64() & (BIT(bit) - 1)), NULL,
			    KVM_ERROR(KVM_ENOSYS));
	}
}

/* KC32.3: a digest of the low halves of the arguments. */
static void args(struct run *run)
{
	for (unsigned i = 0; i < ECHO_CALLS && !run->failed && !run->skip_reason; i++) {
		comparison_more(i + 1 < ECHO_CALLS);
		expect_echo(run, (enum call_kind)run->check->arg);
	}
}

static const struct check checks[] = {
	{"vmcall32.low-half", "KC32.1", .body = low_half},
	{"vmcall32.zero-extended", "KC32.2", .body = zero_extended},
	{"vmcall32.args-compatibility", "KC32.3", .body = args, .arg = CALL_COMPATIBILITY},
	{"vmcall32.unpaged", "KC32.3", CHECK_LEGACY, .body = legacy, .arg = CALL_UNPAGED},
	{"vmcall32.paged", "KC32.3", CHECK_LEGACY, .body = legacy, .arg = CALL_PAGED},
	{"vmcall32.pae", "KC32.3", CHECK_LEGACY, .body = legacy, .arg = CALL_PAE},
	{"vmcall32.args", "KC32.3", CHECK_LEGACY, .body = args, .arg = CALL_UNPAGED},
};

const struct area vmcall32_area = AREA(checks);
