/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All vCPUs share it without a lock: each access is atomic.  While one adds a site its entry may be
 * empty, with others behind it; one that is added while another vCPU clears them may be forgotten,
 * as if it had come before.
 */
#include "host/sites.h"

static uint64_t sites[SITES_MAX]; /* each plus 1; 0: none */
static unsigned added;            /* since they were cleared */

static unsigned added_so_far(void)
{
	return __atomic_load_n(&added, __ATOMIC_ACQUIRE);
}

bool sites_none(void)
{
	return !added_so_far();
}

void sites_add(uint64_t gpa)
{
	unsigned n;

	if (sites_has(gpa))
		return;
	n = __atomic_fetch_add(&added, 1, __ATOMIC_ACQ_REL) % SITES_MAX;
	__atomic_store_n(&sites[n], gpa + 1, __ATOMIC_RELEASE);
}

bool sites_has(uint64_t gpa)
{
	const unsigned n = added_so_far();

	for (unsigned i = 0; i < n && i < SITES_MAX; i++) {
		const uint64_t site = __atomic_load_n(&sites[i], __ATOMIC_ACQUIRE);

		if (site && site == gpa + 1)
			return true;
	}
	return false;
}

void sites_clear(void)
{
	__atomic_store_n(&added, 0, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < SITES_MAX; i++)
		__atomic_store_n(&sites[i], 0, __ATOMIC_RELEASE);
}
