/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits that end: by time or by polls, for neither alone is right on every machine. */
#ifndef X86_DEADLINE_H
#define X86_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline {
	uint64_t start, cycles, polls;
};

/* @cycles of the time stamp counter from now, or @polls calls of before_deadline(). */
struct deadline deadline_in(uint64_t cycles, uint64_t polls);
bool before_deadline(struct deadline *d);

/*
 * A wait for what another processor does: it ends when both time is up, and polls are; for on a
 * machine that is busy with something else, no vCPU may do anything for a while.  A time stamp
 * counter may stand still: PATIENCE_MOST polls are enough in any case.
 */
#define PATIENCE_MOST 100000000
struct patience {
	struct deadline time, polls;
};

struct patience patience_of(uint64_t cycles, uint64_t polls);
struct patience be_patient(void);
bool is_patient(struct patience *p);

#endif
