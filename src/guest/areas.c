/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/areas.h"

#include <stddef.h>

/* Old hosts on Intel die of a guest that leaves long mode: this must not cost the other checks. */
static bool is_last(const struct check *check)
{
	return check->flags & (CHECK_LEGACY | CHECK_LAST);
}

/* The check at @place, or else the next one; NULL after the last one of the last round. */
static const struct check *find_from(const struct area *const *areas, struct place *p)
{
	for (;; p->row++) {
		while (areas[p->area] && p->row == areas[p->area]->count) {
			p->area++;
			p->row = 0;
		}
		if (!areas[p->area] && p->last_round)
			return NULL;
		if (!areas[p->area])
			*p = (struct place){.n = p->n, .last_round = true};
		if (is_last(&areas[p->area]->checks[p->row]) == p->last_round)
			return &areas[p->area]->checks[p->row];
	}
}

const struct check *areas_check(const struct area *const *areas, struct place *place, unsigned n)
{
	const struct check *found;

	if (n < place->n)
		*place = (struct place){.n = 0};
	while ((found = find_from(areas, place)) && place->n < n) {
		place->n++;
		place->row++;
	}
	return found;
}
