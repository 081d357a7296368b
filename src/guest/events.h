/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts by the local APIC that a check expects from the host, or from itself. */
#ifndef GUEST_EVENTS_H
#define GUEST_EVENTS_H

#include "guest/check.h"

/* What a check asks for; its neighbours have gates, too, so that a wrong vector is noticed. */
#define EVENT_VECTOR (APIC_VECTOR + 2)

/* Turns on the boot vCPU's APIC, and lets no other interrupt come.  NULL, or why there is none. */
const char *events_start(void);

/* The same for a check, which is a skip if there is none.  Says whether there is one. */
bool needs_events(struct run *run);

/* The ID of its APIC. */
uint32_t events_apic_id(void);

/* How many have come at EVENT_VECTOR that were not taken yet. */
unsigned events_come(void);

/* Lets interrupts in until one has come there, with a bound. */
void events_await(void);

/*
 * Lets interrupts in until @wanted have come at EVENT_VECTOR, with a bound, and then for a short
 * time.  Counts those that came since the last call of this.
 */
struct events {
	unsigned wanted;    /* at EVENT_VECTOR */
	unsigned elsewhere; /* at its neighbours */
};
struct events events_take(unsigned wanted);

/* The same, and expects just these; @what made them. */
void expect_events(struct run *run, const char *what, unsigned wanted);

#endif
