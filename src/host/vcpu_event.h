/* SPDX-License-Identifier: GPL-2.0-only */
/* Exceptions and interrupts that the host injects, or takes from an exit. */
#ifndef HOST_VCPU_EVENT_H
#define HOST_VCPU_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/defs.h"

/* An exception or an interrupt: one to inject at the next entry, or one that exited. */
struct vcpu_event {
	bool pending, has_error, interrupt;
	uint8_t vector;
	uint32_t error;
};

/* Both vendors write events in the same format: APM2 (24593 rev. 3.41) 15.20, SDM 25.8.3. */
#define EVENT_TYPE(event) ((event) >> 8 & 7)
#define EVENT_NMI         2
#define EVENT_EXCEPTION   (3u << 8) /* type 0 is an interrupt */
#define EVENT_INT         (4u << 8) /* INT n */
#define EVENT_ERROR       BIT(11)   /* it has an error code */
#define EVENT_VALID       BIT(31)

/*
 * The event whose delivery an exit interrupted, from the vendors' format with the error code in the
 * upper half.  An instruction that raises one (INT, INT3, INTO) is not done yet, and will raise it
 * again; but not if the host has @injected an interrupt as an INT n (svm.c).
 */
static inline struct vcpu_event vcpu_interrupted(uint64_t event, bool injected)
{
	const uint8_t vector = (uint8_t)event;
	const bool as_int = injected && EVENT_TYPE(event) == EVENT_TYPE(EVENT_INT);
	const bool by_instruction =
		EVENT_TYPE(event) > EVENT_TYPE(EVENT_EXCEPTION) || vector == 3 || vector == 4;

	return (struct vcpu_event){.pending = event & EVENT_VALID && (as_int || !by_instruction),
				   .has_error = event & EVENT_ERROR,
				   /* QEMU (7.2) calls interrupts exceptions, too. */
				   .interrupt = as_int || vector >= 32 || !EVENT_TYPE(event),
				   .vector = vector,
				   .error = (uint32_t)(event >> 32)};
}

#endif
