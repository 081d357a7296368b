/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of discovery: rules KD. */
#include "host/kvm/faults.h"
#include "x86/insn.h"

static void pad_by_spaces(struct kvm_request *q)
{
	kvm_honest.show_signature(q);
	q->answer->edx |= 0x20202000;
}

const struct kvm_row kvm_cpuid_faults[] = {
	{ROW("kvm-spaces", "KD1", show_signature, pad_by_spaces, "the signature ends with spaces")},
	{.fault.name = NULL},
};
