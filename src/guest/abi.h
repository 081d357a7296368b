/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ABI as the guest sees it: a folder with the checks of what a host promises by it.  Nothing else
 * of the guest knows an ABI's rules or numbers, and only abi.c knows which ABIs there are.
 */
#ifndef GUEST_ABI_H
#define GUEST_ABI_H

#include "guest/check.h"

struct guest_abi {
	const char *name;

	/* Its checks, in the order in which they run; NULL after the last one. */
	const struct check *(*check)(unsigned n);

	/* Maps the pages of its checks: before the first contact, and again after a stray. */
	void (*map_pages)(void);

	/*
	 * Outside the plan: the first contact, which sets run->host; and after the checks, what a
	 * registered host does where the ABI makes no promise, for people to read.
	 */
	const struct check *discovery, *diagnostics;
};

/* The ABIs, in the order in which their checks run; NULL after the last one. */
const struct guest_abi *abi_at(unsigned n);

/* The checks of all of them. */
const struct check *check_at(unsigned n);

#endif
