/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's local APIC: that of the processor, except for INIT and start-up IPIs. */
#ifndef HOST_LAPIC_H
#define HOST_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vcpu.h"

#define LAPIC_PAGE UINT64_C(0xfee00000)

/*
 * Executes the guest's access to vcpu->exit.gpa, if that is in the APIC's page; with one vCPU
 * there is no APIC.  False: it is elsewhere, or the instruction is not a 32-bit MOV, which
 * vcpu->end_reason says.
 */
bool lapic_page_access(struct vcpu *vcpu);

/*
 * IA32_APIC_BASE (SDM volume 3, 325384-083, 11.4.4); writing it can turn on x2APIC mode.  False:
 * #GP.
 */
uint64_t lapic_base(const struct vcpu *vcpu);
bool lapic_set_base(struct vcpu *vcpu, uint64_t value);

/*
 * The registers as MSRs, in x2APIC mode (11.12), which the guest has if its processors have it.
 * False: there is no such register.
 */
bool lapic_rdmsr(const struct vcpu *vcpu, uint32_t msr, uint64_t *value);
bool lapic_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value);

#endif
