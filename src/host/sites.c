/* SPDX-License-Identifier: GPL-2.0-only */
/* All vCPUs share it without a lock: each access is atomic. */
#include "host/sites.h"

static uint64_t sites[SITES_MAX]; /* each plus 1, so that 0 is none */
static unsigned added;

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
		if (__atomic_load_n(&sites[i], __ATOMIC_ACQUIRE) == gpa + 1)
			return true;
	}
	return false;
}

void sites_clear(void)
{
	for (unsigned i = 0; i < SITES_MAX; i++)
		__atomic_store_n(&sites[i], 0, __ATOMIC_RELEASE);
}
