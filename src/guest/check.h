/* SPDX-License-Identifier: GPL-2.0-only */
/* A check, the run that it is part of, and how it says what it found. */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/interact.h"
#include "guest/options.h"
#include "lib/tap.h"

struct guest_abi;
struct run;

enum check_flag {
	CHECK_NAMED = 1 << 0,  /* runs only under strict, or when named in only= */
	CHECK_ECHO = 1 << 1,   /* needs the echo service */
	CHECK_LEGACY = 1 << 2, /* calls from legacy mode, where a stray can't be caught */
	CHECK_VCPUS = 1 << 3,  /* needs more than one */
};

struct check {
	const char *name; /* area.what: stable */
	char rule[6];     /* of the ABI */
	uint16_t flags;   /* enum check_flag */
	void (*body)(struct run *run);
	uint64_t arg;     /* for a body that serves several checks */
	const char *todo; /* why it is only recommended: a failure is TODO unless strict */
};

/* Of a host that speaks an ABI. */
struct presence {
	bool present;
	bool registered; /* it accepted what a guest registers: without that no run passes */
};

struct run {
	struct options options;
	struct tap tap;
	const struct guest_abi *abi; /* the current one's */
	struct presence host;        /* host, */
	const struct check *check;   /* and check */
	bool failed, strayed;        /* this check; any so far */
	char fail_reason[160];       /* the first thing that failed it, cut */
	const char *skip_reason;     /* the reason */
	unsigned vcpus;              /* how many are there; 0: not started yet */
};

/*
 * Each expectation that is not met fails the check, with a diagnostic that names it and the rule.  A
 * macro: whose expectation is met need not set up what would be said of it.
 */
#define expect(run, met, ...)                         \
	do {                                          \
		if (!(met))                           \
			fail_check(run, __VA_ARGS__); \
	} while (0)
void fail_check(struct run *run, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));
void expect_equal(struct run *run, const char *what, uint64_t got, uint64_t wanted);

/*
 * What there is to say beside: a diagnostic; or a note, where a vCPU has notes, for the boot vCPU to
 * print.  The first few of them count.
 */
void check_diag(const char *fmt, ...) __attribute__((cold, format(printf, 1, 2)));

/* Keeps what failed the check for the report, if it is the first. */
void keep_reason(struct run *run, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));

/* That an access or a call came back; that an access faulted with #GP(0). */
bool expect_returned(struct run *run, const char *what, const struct outcome *outcome);
void expect_gp(struct run *run, const char *what, const struct outcome *outcome);

/* The check can't be made, for this reason. */
void skip(struct run *run, const char *reason);

#endif
