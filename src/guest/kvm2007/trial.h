/* SPDX-License-Identifier: GPL-2.0-only */
/* Registrations of random pages, sites, versions, sizes and flags, and what must come of them. */
#ifndef GUEST_KVM2007_TRIAL_H
#define GUEST_KVM2007_TRIAL_H

#include "guest/kvm2007/endings.h"

/* One registration. */
struct trial {
	struct registration r;
	struct site site;
	uint32_t size;
	uint64_t flags;
	struct answer answer;
	struct page_sums expected; /* of the pages afterwards, where trials are */
};

/* A site that stays patched, in a page that no trial's site is in. */
extern struct site trial_home;

/*
 * Fills fresh pages with noise, and registers trial_home.  No timer interrupt comes any more, for
 * a trial's flags may have IF.  False: the check has failed.
 */
bool trial_start(struct run *run);

/*
 * The ending of the @n-th trial.  Each ending comes once in a round of ENDINGS trials, but each
 * round has another order.  False: this host has no such ending.
 */
bool trial_ending(unsigned n, enum ending *ending);

/* Chooses and prepares one that has to end so.  In 24 rounds each bit from 40 on has its turn. */
void trial_choose(struct trial *t, enum ending ending, unsigned round);

/*
 * Expects the pages where trials are as they have to be, and if the check has failed, says what was
 * registered.
 */
void trial_expect_foreseen(struct run *run, const struct trial *t);

/* After the last one: expects all other pages as trial_start() left them. */
void trials_end(struct run *run);

#endif
