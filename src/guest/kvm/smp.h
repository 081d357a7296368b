/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of all vCPUs at once: those of hypercall.h are for the boot vCPU. */
#ifndef GUEST_KVM_SMP_H
#define GUEST_KVM_SMP_H

#include "guest/kvm/hypercall.h"
#include "guest/vcpus.h"

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
