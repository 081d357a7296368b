/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas of checks, and the order in which those of an ABI run: area by area, and then once more for
 * the checks of the last round.
 */
#ifndef GUEST_AREAS_H
#define GUEST_AREAS_H

#include "guest/check.h"

/* The checks of one area, in the order in which they run. */
struct area {
	const struct check *checks;
	unsigned count;
};
#define AREA(checks)                                       \
	{                                                  \
		checks, sizeof(checks) / sizeof(checks[0]) \
	}

/* A check's place in the run. */
struct place {
	unsigned n; /* how many checks are before it */
	unsigned area, row;
	bool last_round;
};

/*
 * The @n-th check of all @areas, which NULL ends; NULL after the last one.  *@place, at first all
 * zeros, is where the last call ended: since most callers ask for one after the other, this one
 * goes on from there.
 */
const struct check *areas_check(const struct area *const *areas, struct place *place, unsigned n);

#endif
