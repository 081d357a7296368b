/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of all vCPUs at once: those of hypercall.h are for the boot vCPU. */
#ifndef GUEST_KVM_SMP_H
#define GUEST_KVM_SMP_H

#include "guest/kvm/hypercall.h"
#include "guest/vcpus.h"
#include "x86/deadline.h"

/*
 * A wait for what another vCPU does: it ends when both time is up, and polls are; for on a machine
 * that is busy with something else, no vCPU may do anything for a while.
 */
struct patience {
	struct deadline time, polls;
};

static inline struct patience be_patient(void)
{
	return (struct patience){deadline_in(1000000000, UINT64_MAX),
				 deadline_in(UINT64_MAX, 5000)};
}

static inline bool is_patient(struct patience *p)
{
	return before_deadline(&p->time) || before_deadline(&p->polls);
}

/*
 * For the boot vCPU, before any of these calls: writes the code that makes them.  False: the check
 * has failed, or is a skip, since calls don't come back, or there is no APIC.
 */
bool smp_ready(struct run *run);

/*
 * A call of the running vCPU, as hypercall_bare(): with @rflags, and noise in all registers that
 * are no arguments.
 */
bool smp_call(struct run *run, uint64_t rflags, uint64_t index, const uint64_t args[4],
	      uint64_t *result);

/* The same, with more noise in flags, of which every other register is compared, too. */
bool smp_call_compared(struct run *run, uint64_t index, const uint64_t args[4], uint64_t *result);

/* A HLT of the running vCPU, with @rflags and noise in all registers. */
void smp_halt(uint64_t rflags, struct outcome *outcome);

#endif
