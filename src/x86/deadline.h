/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits that end: by time or by polls, for neither alone is right on every machine. */
#ifndef X86_DEADLINE_H
#define X86_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/insn.h"

struct deadline {
	uint64_t start, cycles, polls;
};

/* @cycles of the time stamp counter from now, or @polls calls of before_deadline(). */
static inline struct deadline deadline_in(uint64_t cycles, uint64_t polls)
{
	return (struct deadline){rdtsc(), cycles, polls};
}

static inline bool before_deadline(struct deadline *d)
{
	cpu_relax();
	return d->polls-- && rdtsc() - d->start < d->cycles;
}

#endif
