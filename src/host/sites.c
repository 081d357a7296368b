/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All vCPUs share it without a lock: each access is atomic.  A site that is added while another
 * vCPU clears them may be forgotten, as if it had come before.
 */
#include "host/sites.h"

static uint64_t sites[SITES_MAX]; /* each plus 1; the first 0 ends them */
static unsigned added;            /* since they were cleared */

static uint64_t load(unsigned i)
{
	return __atomic_load_n(&sites[i], __ATOMIC_ACQUIRE);
}

bool sites_none(void)
{
	return !load(0);
}

void sites_add(uint64_t gpa)
{
	unsigned n;

	if (sites_has(gpa))
		return;
	n = __atomic_fetch_add(&added, 1, __ATOMIC_RELAXED) % SITES_MAX;
	__atomic_store_n(&sites[n], gpa + 1, __ATOMIC_RELEASE);
}

bool sites_has(uint64_t gpa)
{
	for (unsigned i = 0; i < SITES_MAX; i++) {
		const uint64_t site = load(i);

		if (!site)
			return false;
		if (site == gpa + 1)
			return true;
	}
	return false;
}

void sites_clear(void)
{
	__atomic_store_n(&added, 0, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < SITES_MAX; i++)
		__atomic_store_n(&sites[i], 0, __ATOMIC_RELEASE);
}
