/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The areas of checks, in the order in which they run.  The names of checks are stable: logs,
 * options and other people's scripts contain them.
 */
#include "guest/kvm2007/checks.h"

static const struct area *const areas[] = {
	&probe_area,     &state_area,       &register_area, &patch_area, &hypercall64_area,
	&preserves_area, &hypercall32_area, &echo_area,     &vcpu_area,
};

const struct check *check_at(unsigned i)
{
	for (unsigned n = 0; n < sizeof(areas) / sizeof(areas[0]); n++) {
		if (i < areas[n]->count)
			return &areas[n]->checks[i];
		i -= areas[n]->count;
	}
	return NULL;
}
