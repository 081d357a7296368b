/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one time that a run waits.  All structures are registered before, or turned off, or moved
 * away; and then all checks that want to know what the host did meanwhile look at that.
 */
#ifndef GUEST_KVM_WAIT_H
#define GUEST_KVM_WAIT_H

#include "abi/kvm.h"
#include "guest/check.h"

/* The first half: clock and steal time run, after each was moved from another place. */
/* The second half: both were turned off, and their structures filled with a pattern. */
struct waited {
	bool has_wall, has_time, has_steal; /* they were accepted */
	struct pvclock_wall_clock wall[2];  /* before and after all */
	bool wall_kept;                     /* the first of them is as it was */
	bool old_time_kept, old_steal_kept; /* in the first half */
	bool off_time_kept, off_steal_kept; /* in the second half */
	bool halts;                         /* a HLT ended each time, by a timer interrupt */
	uint64_t waited;                    /* ns that the first half took, or a bit more */
	uint64_t passed;                    /* and by the system time */
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
