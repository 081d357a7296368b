/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI of 2007, with its areas of checks in the order in which they run.  Names of checks never
 * change: logs, options and other people's scripts hold them.
 */
#include "guest/kvm2007/checks.h"

static const struct area *const areas[] = {
	&probe_area,         &state_area,       &register_area,
	&first_call_area,    &patch_area,       &hypercall64_area,
	&preserves_area,     &hypercall32_area, &echo_area,
	&every_call_area,    &later_area,       &nothing_else_area,
	&memory_all_area,    &memory_area,      &any_registration_area,
	&rare_state_area,    &anywhere_area,    &vcpu_area,
	&vcpu_register_area, &vcpu_call_area,   &end_area,
};

#define AREAS (sizeof(areas) / sizeof(areas[0]))

/* Old hosts on Intel die of a guest that leaves long mode: this must not cost the other checks. */
static bool is_last(const struct check *check)
{
	return check->flags & (CHECK_LEGACY | CHECK_LAST);
}

/* A check's place in the run: those of the last round come after all others. */
struct place {
	unsigned n; /* how many checks are before it */
	unsigned area, row;
	bool last_round;
};

/* The check at @place, or else the next one; NULL after the last one of the last round. */
static const struct check *find_from(struct place *p)
{
	for (;; p->row++) {
		while (p->area < AREAS && p->row == areas[p->area]->count) {
			p->area++;
			p->row = 0;
		}
		if (p->area == AREAS && p->last_round)
			return NULL;
		if (p->area == AREAS)
			*p = (struct place){.n = p->n, .last_round = true};
		if (is_last(&areas[p->area]->checks[p->row]) == p->last_round)
			return &areas[p->area]->checks[p->row];
	}
}

/* Goes on from the place of the last call, since most callers ask for one after the other. */
static const struct check *check(unsigned n)
{
	static struct place place;
	const struct check *found;

	if (n < place.n)
		place = (struct place){.n = 0};
	while ((found = find_from(&place)) && place.n < n) {
		place.n++;
		place.row++;
	}
	return found;
}

static void map_pages(void)
{
	pages_map(kvm2007_pages);
}

static const struct check discovery = {"discovery", "D2", .body = discover};
static const struct check call_check = {"sane-call", "C5", .body = sane_call};
static const struct check diagnostics = {"diagnostics", "C6", .body = report_other_modes};

const struct guest_abi kvm2007_abi = {
	.name = "kvm2007",
	.host = &kvm2007_host,
	.check = check,
	.map_pages = map_pages,
	.discovery = &discovery,
	.diagnostics = &diagnostics,
	.sane_call = &call_check,
};
