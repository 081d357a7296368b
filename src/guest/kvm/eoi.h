/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV EOI with interrupts that come: each is ended as the check wants it, and what the word held
 * meanwhile is kept.  They nest without nested handlers: one that is not ended stays in service
 * after its handler.
 *
 * The functions are for the vCPU whose word it is.  Only one has one at a time.
 */
#ifndef GUEST_KVM_EOI_H
#define GUEST_KVM_EOI_H

#include "guest/check.h"
#include "guest/events.h"

/* A vector of a lower priority class than EVENT_VECTOR, and one of its own class. */
#define EOI_LOW_VECTOR   (IRQ_VECTOR + 8)
#define EOI_OTHER_VECTOR (EVENT_VECTOR - 1)

/* Where each vCPU's word is in PAGE_A, with room around it. */
#define EOI_WORD_AT(id) ((id)*16 + 8)

/* How the handler ends an interrupt: by the bit if that is set, else by the APIC; or not. */
enum eoi_way { EOI_BY_BIT, EOI_BY_APIC, EOI_NOT };

struct eoi {
	volatile uint32_t *word;
	enum eoi_way way;
	unsigned came;          /* interrupts so far */
	uint32_t before, after; /* the word, before and after the last one was ended */
};
extern volatile struct eoi eoi;

/* Whether there are PV EOI and a local APIC; if not, the check is a skip. */
bool eoi_needs(struct run *run);

/*
 * Enables PV EOI with this vCPU's word, of which bytes 1 to 3 have a pattern.  False: the check has
 * failed.
 */
#define EOI_PATTERN 0x5ac3a500u
bool eoi_enable(struct run *run);

/* From now on interrupts of this vCPU are counted; until they are not, after all have ended. */
void eoi_begin(void);
void eoi_end(void);

/* Page PAGE_A is made new, and the two begin.  And both end. */
bool eoi_start(struct run *run);
void eoi_stop(struct run *run);

/* What the handler does. */
void eoi_end_one(enum eoi_way way);

/* This vCPU sends itself an interrupt. */
void eoi_send(unsigned vector);

/* Lets interrupts in until one more has come.  Fails the check if none comes. */
bool eoi_wait(struct run *run, const char *what);

/* Sends it, and waits until it has come. */
bool eoi_take(struct run *run, unsigned vector);

/* Lets interrupts in for some exits of which none should be one. */
void eoi_pause(void);

/* Fails the check unless bit 0 of the word is clear. */
void eoi_expect_clear(struct run *run, const char *when);

/* Fails the check unless these are in service: by vector; 0 for none. */
void eoi_expect_service(struct run *run, const char *when, unsigned low, unsigned high);

#endif
