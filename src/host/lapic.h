/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's local APIC: the processor's own, but for INIT and start-up IPIs. */
#ifndef HOST_LAPIC_H
#define HOST_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vcpu.h"

#define LAPIC_PAGE UINT64_C(0xfee00000)

/*
 * Does what the guest's instruction does at vcpu->exit.gpa, if that is in the APIC's page and there is
 * more than one vCPU.  False if not, or if it is no MOV of 32 bits: vcpu->end_reason then says so.
 */
bool lapic_page_access(struct vcpu *vcpu);

/* IA32_APIC_BASE as the guest sees it; writing it can turn on x2APIC mode.  False: #GP. */
uint64_t lapic_base(const struct vcpu *vcpu);
bool lapic_set_base(struct vcpu *vcpu, uint64_t value);

/*
 * The registers as MSRs, in x2APIC mode (11.12), which the guest has where its processors do.  False: there
 * is no such register.
 */
bool lapic_rdmsr(const struct vcpu *vcpu, uint32_t msr, uint64_t *value);
bool lapic_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value);

#endif
