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
 * The guest's IA32_APIC_BASE (SDM volume 3, 325384-083, 11.4.4), and in x2APIC mode, which the
 * guest has if its processors have it, the APIC's registers (11.12).  False: there is no such MSR,
 * or it does not take the value.
 */
bool lapic_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
bool lapic_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value);

/*
 * What an INIT makes of it (11.4.7.3): all of it as at power-up, except for its ID and its mode.
 * Called on the vCPU's processor when a start-up IPI ends the wait that began with the INIT: until
 * then it takes no interrupts.  The vendor's run() must have been called before.
 */
void lapic_reset(struct vcpu *vcpu);

/*
 * The event that a nested fault broke off, as SVM has it (APM2, 24593 rev. 3.41, 15.7.2), with its
 * vector.  Bochs (2.7) says 0 of an interrupt of the processor's own APIC, which has it in service
 * by then.  With one vCPU the guest has no APIC.
 */
uint64_t lapic_interrupted(uint64_t event);

/* Whether the guest has an APIC, and its software has turned this vCPU's on (11.4.7.2). */
bool lapic_is_on(void);

#endif
