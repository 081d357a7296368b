/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ABI on the guest's side: a folder with checks of what a host promises by it.  The rest of the
 * guest knows no ABI's rules or numbers, and only abi.c knows which ABIs there are.
 */
#ifndef GUEST_ABI_H
#define GUEST_ABI_H

#include "guest/vcpus.h"

/* What a check of another ABI does with this one, to see that the two don't disturb each other. */
struct beside {
	/* Prepares the pages of all vCPUs: of each one's own pages not the last one. */
	void (*prepare)(struct run *run);

	/* On each vCPU: registers it, and expects that this was kept. */
	vcpu_fn *begin, *expect_kept;
};

struct guest_abi {
	const char *name;

	/* What discovery found. */
	struct presence *host;

	/* The @n-th of its checks, in the order in which they run; NULL after the last one. */
	const struct check *(*check)(unsigned n);

	/* By a check's .todo; the first is NULL: a failure is none. */
	const char *const *todo_reasons;

	/* Maps the pages (pages.h) for its checks: before the first contact, and after each stray. */
	void (*map_pages)(void);

	/*
	 * Not in the plan; neither may be NULL.  discovery makes the first contact, and sets *host:
	 * it runs before the plan, since an ABI that is not there is one test.  diagnostics runs
	 * after the checks of a registered host, and prints what it does where the ABI promises
	 * nothing.
	 */
	const struct check *discovery, *diagnostics;

	/*
	 * Not in the plan.  Before each check with CHECK_LEGACY, as a part of it: fails unless a
	 * call from 64-bit mode has come back.  Makes one if none has.
	 */
	const struct check *sane_call;

	const struct beside *beside; /* NULL: no check of another ABI needs it */
};

/* The @n-th ABI, in the order in which their checks run; NULL after the last one. */
const struct guest_abi *abi_at(unsigned n);

/* Loops that set @abi to each ABI, and @at to each check of @abi. */
#define EACH_ABI(abi)          for (unsigned a_ = 0; ((abi) = abi_at(a_)); a_++)
#define EACH_CHECK_OF(abi, at) for (unsigned n_ = 0; ((at) = (abi)->check(n_)); n_++)

#endif
