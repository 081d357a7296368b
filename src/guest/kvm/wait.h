/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one time that a run waits.  All structures are registered before, or turned off, or moved
 * away; and then all checks that want to know what the host did meanwhile look at that.
 */
#ifndef GUEST_KVM_WAIT_H
#define GUEST_KVM_WAIT_H

#include "abi/kvm.h"
#include "guest/check.h"

/*
 * A structure that the host renews: clock, or steal time.  In the first half it runs, after it was
 * moved from another place; for the second it was turned off, and filled with a pattern.
 */
struct waited_part {
	uint32_t msr;  /* 0: there is none */
	bool accepted; /* all that was written there */
	bool old_kept; /* the other place, in the first half */
	bool off_kept; /* the structure, in the second half */
};

struct waited {
	struct waited_part time, steal;
	bool has_wall;                     /* it was accepted */
	bool wall_kept;                    /* the first of them is as it was */
	struct pvclock_wall_clock wall[2]; /* before and after all */
	bool halts;                        /* a HLT ended each time, by a timer interrupt */
	uint64_t waited;                   /* ns that the first half took, or a bit more */
	uint64_t passed;                   /* and by the system time */
	uint64_t stolen;
};

/* What happened.  NULL: the check is a skip, for there is no timer, or has failed. */
const struct waited *wait_once(struct run *run);

/*
 * Starts the PIT.  False: there is none, so a skip.  Else *@halts says whether its interrupts end a
 * HLT.  timer_stop() ends it.
 */
bool wait_start(struct run *run, bool *halts);

/* Waits @ms milliseconds or a bit more, in HLT if @halts.  Returns the ns that passed at least. */
uint64_t wait_for(uint64_t ms, bool halts);

#endif
