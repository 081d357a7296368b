/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults that show only beside today's ABI: what a vCPU registers by one disturbs the other. */
#include "abi/kvm.h"
#include "host/guest_memory.h"
#include "host/kvm2007/faults.h"
#include "x86/smp.h"

static bool is_beside(const struct request *q)
{
	return q->write && q->msr >> 8 == KVM_MSR_SYSTEM_TIME >> 8;
}

static void answer_beside(struct request *q)
{
	const uint64_t gpa = q->vcpu->para_state_gpa;
	const uint32_t ret = 0;

	kvm2007_honest.claim(q);
	if (gpa && is_beside(q))
		guest_write(q->vcpu->memory, gpa + offsetof(struct kvm_vcpu_para_state, ret), &ret,
			    sizeof(ret));
}

static bool ended[SMP_MAX]; /* by vCPU, which alone uses it */

static void end_beside(struct request *q)
{
	kvm2007_honest.claim(q);
	if (is_beside(q))
		ended[q->vcpu->id] = true;
	else if (q->claimed && q->write)
		ended[q->vcpu->id] = false;
}

static void give_zero_when_ended(struct request *q)
{
	if (ended[q->vcpu->id])
		q->result = 0;
	kvm2007_honest.give_result(q);
}

static void end_what_is_beside(struct request *q)
{
	kvm2007_honest.record(q);
	abi_wrmsr(q->vcpu, KVM_MSR_SYSTEM_TIME + kvm2007_on->arg, 0);
}

const struct row kvm2007_beside_faults[] = {
	{ROW("beside-ret", "S10", claim, answer_beside,
	     "a WRMSR of today's ABI is answered in the page, too")},
	{ROW("beside-calls", "C3", claim, end_beside,
	     "after a WRMSR of today's ABI the vCPU's calls give 0, till it registers"),
	 AND_AT(give_result, give_zero_when_ended)},
	{ROW("beside-time", "S10", record, end_what_is_beside,
	     "a registration ends today's system time of the vCPU"),
	 .arg = 0},
	{ROW("beside-steal", "S10", record, end_what_is_beside,
	     "a registration ends today's steal time of the vCPU"),
	 .arg = KVM_MSR_STEAL_TIME - KVM_MSR_SYSTEM_TIME},
	{.fault.name = NULL},
};
