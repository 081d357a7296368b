/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the host through a site, by both conventions (C1, C32.1). */
#ifndef GUEST_KVM2007_CALL_H
#define GUEST_KVM2007_CALL_H

#include "guest/interact.h"
#include "guest/kvm2007/site.h"

/* With noise in every register that the convention does not name; or with all registers chosen. */
void hypercall64(const struct site *site, uint64_t index, const uint64_t args[6],
		 struct outcome *outcome);
void hypercall64_gprs(const struct site *site, const struct gprs *gprs, struct outcome *outcome);

/*
 * From legacy mode, with noise also in the upper halves of the registers that it names.  Whether it
 * came back is in @call.
 */
void hypercall32(const struct site *site, enum mode32 mode, uint32_t index, const uint64_t args[6],
		 uint32_t eflags, struct call32 *call);

/*
 * hypercall32() in two steps, for @n calls that share one way to legacy mode and back.  Only the
 * first has noise above 32 bits.
 */
void hypercall32_prepare(const struct site *site, enum mode32 mode, uint32_t index,
			 const uint64_t args[6], uint32_t eflags, struct call32 *call);
void hypercalls32(struct call32 *calls, unsigned n);

/* The "# call" line of a call that interact_enter() made, if such lines are wanted. */
void trace_call(const struct gprs *in, bool returned, uint64_t result);

#endif
