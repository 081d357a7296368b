/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of a vCPU's local APIC is virtual, while its interrupts exit: which are in service, and
 * which wait for these to end.  All else is the real APIC's: timer, IPIs, task priority, and the
 * order of what waits.  There each interrupt ends when the host has taken it; one that has to wait
 * is sent again when it can go on.
 *
 * The host needs this where it has to see the end of each interrupt, or when there is none.
 */
#ifndef HOST_VAPIC_H
#define HOST_VAPIC_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

#define VAPIC_WORDS 8 /* a bit for each vector, as in the registers: SDM volume 3 11.8.4 */

struct vapic {
	bool on;     /* interrupts exit */
	bool ending; /* until none is in service */
	uint32_t isr[VAPIC_WORDS];
	uint32_t held[VAPIC_WORDS]; /* taken from the real APIC, but not higher than the ISR */

	/* Called before the guest can see or change the ISR. */
	void (*look)(struct vcpu *vcpu);
};

/* From now on, if the guest has an APIC.  What is in service stays so. */
void vapic_start(struct vcpu *vcpu, void (*look)(struct vcpu *vcpu));

/* Interrupts go straight to the guest again, as soon as none is in service. */
void vapic_end(struct vcpu *vcpu);

/* Handles EXIT_INTERRUPT. */
void vapic_interrupt(struct vcpu *vcpu);

/* The guest writes its EOI register, or reads PPR, ISR, TMR or IRR at @offset. */
void vapic_write_eoi(struct vcpu *vcpu);
uint32_t vapic_read(struct vcpu *vcpu, unsigned offset);

/* Ends the highest interrupt in service, if there is one. */
void vapic_eoi(struct vcpu *vcpu);

/* How many are in service; and whether any waits, in the real APIC or in this one. */
unsigned vapic_in_service(const struct vcpu *vcpu);
bool vapic_is_waiting(const struct vcpu *vcpu);

#endif
