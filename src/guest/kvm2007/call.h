/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls of the host through a site, by the 64-bit (C1) and the 32-bit convention (C32.1). */
#ifndef GUEST_KVM2007_CALL_H
#define GUEST_KVM2007_CALL_H

#include "guest/interact.h"
#include "guest/kvm2007/site.h"

/* Arguments that are all 0. */
extern const uint64_t no_args[6];

/* A 64-bit call, with noise in all registers that the convention does not use. */
void hypercall64(const struct site *site, uint64_t index, const uint64_t args[6],
		 struct outcome *outcome);

/* A 64-bit call with the registers @gprs (interact_call()). */
void hypercall64_gprs(const struct site *site, const struct gprs *gprs, struct outcome *outcome);

/* Whether any 64-bit call has come back so far. */
bool call_came_back(void);

/*
 * A 32-bit call from legacy mode in @mode.  Uses the low halves of @args, and noise in all other
 * registers and in the upper halves of RBX, RSI, RDI and RBP.  @call says how it ended.
 */
void hypercall32(const struct site *site, enum mode32 mode, uint32_t index, const uint64_t args[6],
		 uint32_t eflags, struct call32 *call);

/*
 * The same in two steps: prepares one call; makes @n prepared calls in one stay in legacy mode,
 * where only the first has noise in the upper halves.
 */
void hypercall32_prepare(const struct site *site, enum mode32 mode, uint32_t index,
			 const uint64_t args[6], uint32_t eflags, struct call32 *call);
void hypercalls32(struct call32 *calls, unsigned n);

/*
 * Prints the "# call" line of a 64-bit call with the registers @in, if this vCPU prints its calls.
 * @result: RAX, or the vector if it did not return.
 */
void trace_call(const struct gprs *in, bool returned, uint64_t result);

#endif
