/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interactions with the host: accesses to MSRs and calls, from any mode.  All general purpose
 * registers are set before and saved after one.  While one is in flight, a trap is its result, and
 * other code of the guest that runs is a stray (stray.h).  Before one the boot vCPU flushes the
 * console, because it may be the last that the guest does.
 */
#ifndef GUEST_INTERACT_H
#define GUEST_INTERACT_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/call32.h"
#include "x86/regs.h"

/* How an access to an MSR, or a call, ended. */
struct outcome {
	bool faulted;
	struct trap_frame fault; /* if it faulted */
	struct gprs before;
	struct gprs after; /* if it did not */
	uint64_t target;   /* virtual address of the code that ran */
};

/* Whether the "fault" is one: the watchdog (watchdog.h) ended a call that never returned. */
static inline bool never_returned(const struct trap_frame *fault)
{
	return fault->vector >= IRQ_VECTOR;
}

/* Random values for all registers; no flag is set. */
struct gprs noise_gprs(void);

/* RDMSR and WRMSR, with noise in all registers and halves of them that the instruction ignores. */
void interact_rdmsr(uint32_t msr, struct outcome *outcome);
void interact_wrmsr(uint32_t msr, uint64_t value, struct outcome *outcome);

/* WRMSR of which nothing else is looked at. */
bool wrmsr_returns(uint32_t msr, uint64_t value);

/* The same with the flags @rflags, any but TF: WRMSR of @value if @write, else RDMSR. */
void interact_msr(uint32_t msr, bool write, uint64_t value, uint64_t rflags,
		  struct outcome *outcome);

/*
 * Calls the code at the virtual address @entry, which ends with RET.  Of @gprs rsp is ignored;
 * rflags may have any flag but TF.
 */
void interact_call(uint64_t entry, const struct gprs *gprs, struct outcome *outcome);

/* Makes @n calls in one stay in legacy mode; sets their next. */
void interact_calls32(struct call32 *calls, unsigned n);

/* RDMSR and WRMSR in legacy mode, with noise in all other registers, and the flags @eflags. */
void interact_rdmsr32(uint32_t msr, enum mode32 mode, uint32_t eflags, struct call32 *call);
void interact_wrmsr32(uint32_t msr, uint64_t value, enum mode32 mode, uint32_t eflags,
		      struct call32 *call);

/* Whether the machine gets to @mode and back: some emulators of CPUs have no paging there. */
bool interact_mode32_works(enum mode32 mode);

/*
 * Enters the code at the virtual address @entry by IRET, with @regs: in 64-bit mode at CPL 3, or in
 * compatibility mode at CPL 0.  The code must end by a trap, which goes to @fault.
 */
enum other_mode { FROM_USER, FROM_COMPATIBILITY };
void interact_enter(enum other_mode mode, uint64_t entry, const struct gprs *regs,
		    struct trap_frame *fault);

/* Sets whether each call is printed, as a "# call" line. */
void interact_set_trace(bool on);

/* Whether this vCPU prints its calls: only the boot vCPU does. */
bool interact_tracing(void);

#endif
