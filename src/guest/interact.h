/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interactions with the host: accesses to MSRs, and calls, from each mode.  Every register is known
 * before and after one, and what a trap or other code of the guest finds in flight was its end.
 */
#ifndef GUEST_INTERACT_H
#define GUEST_INTERACT_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/call32.h"
#include "x86/regs.h"

/* What an access to an MSR, or a call, came to. */
struct outcome {
	bool faulted;
	struct trap_frame fault;   /* if it did */
	struct gprs before, after; /* registers; after only if it did not */
	uint64_t target;           /* the code that ran */
};

/* Noise in all registers, no flag set. */
struct gprs noise_gprs(void);

/* Access an MSR with noise in every register that has no say. */
void interact_rdmsr(uint32_t msr, struct outcome *outcome);
void interact_wrmsr(uint32_t msr, uint64_t value, struct outcome *outcome);

/*
 * Calls @entry, virtual, with @gprs: rsp is ignored, rflags may hold any flag but TF.  The code ends
 * with RET.
 */
void interact_call(uint64_t entry, const struct gprs *gprs, struct outcome *outcome);

/*
 * The same from legacy mode: @n calls, prepared but for their links, which share one way there and
 * back; and a WRMSR with noise in all other registers.
 */
void interact_calls32(struct call32 *calls, unsigned n);
void interact_wrmsr32(uint32_t msr, uint64_t value, enum mode32 mode, struct call32 *call);

/*
 * Runs the code at the virtual address @entry out of 64-bit mode by IRET, with @regs: at CPL 3, or in
 * compatibility mode.  @fault is the trap that ended it.
 */
enum other_mode { FROM_USER, FROM_COMPATIBILITY };
void interact_enter(enum other_mode mode, uint64_t entry, const struct gprs *regs,
		    struct trap_frame *fault);

/* Whether each call is to leave a "# call" line; and whether this vCPU is one that leaves them. */
void interact_set_trace(bool on);
bool interact_tracing(void);

#endif
