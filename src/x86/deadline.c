/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/deadline.h"

#include "x86/insn.h"

struct deadline deadline_in(uint64_t cycles, uint64_t polls)
{
	return (struct deadline){rdtsc(), cycles, polls};
}

bool before_deadline(struct deadline *d)
{
	cpu_relax();
	if (!d->polls)
		return false;
	d->polls--;
	return rdtsc() - d->start < d->cycles;
}

struct patience patience_of(uint64_t cycles, uint64_t polls)
{
	return (struct patience){deadline_in(cycles, PATIENCE_MOST),
				 deadline_in(UINT64_MAX, polls)};
}

struct patience be_patient(void)
{
	return patience_of(1000000000, 5000);
}

bool is_patient(struct patience *p)
{
	return before_deadline(&p->time) || before_deadline(&p->polls);
}
