/* SPDX-License-Identifier: GPL-2.0-only */
/* A check, the run that it belongs to, and how it reports what it found. */
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
	CHECK_NAMED = 1 << 0,  /* runs only with strict, or if only= has its name */
	CHECK_ECHO = 1 << 1,   /* needs the echo service */
	CHECK_LEGACY = 1 << 2, /* calls from legacy mode, where a stray is not caught: abi.h */
	CHECK_VCPUS = 1 << 3,  /* needs more than one vCPU */
	CHECK_LAST = 1 << 4,   /* is in the last round: leaves long mode, or looks back */
};

#define RULE_MAX 6

/* gcc warns from version 15 on of a literal whose 0 is cut off. */
#if __has_attribute(nonstring)
#define UNTERMINATED __attribute__((nonstring))
#else
#define UNTERMINATED
#endif

/* There are hundreds: this is small, and without gaps. */
struct check {
	const char *name;                 /* area.what; never changes */
	char rule[RULE_MAX] UNTERMINATED; /* that it checks, as "KC32.1": rule_of() */
	uint8_t flags : 5;                /* enum check_flag */
	uint8_t todo : 3; /* why a failure is TODO unless strict: which of its ABI's todo_reasons */
	uint8_t arg;      /* for a body that several checks share */
	void (*body)(struct run *run);
};

/* Writes a check's rule to @text, with a 0 at its end, and returns @text. */
const char *rule_of(const struct check *check, char text[RULE_MAX + 1]);

/* Whether there is a host that speaks an ABI, which its discovery finds out. */
struct presence {
	bool present;
	bool registered; /* it accepted a registration; without that no run passes */
	char seen[80];   /* if it is not present: what it did, as "RDMSR of 0x1 faults" */
};

/* What checks use most comes first: instructions with a near offset are shorter. */
struct run {
	const struct guest_abi *abi;
	const struct check *check;
	bool failed;             /* this check */
	bool strayed;            /* any check so far: stray.h */
	unsigned vcpus;          /* how many run; 0: not started yet */
	const char *skip_reason; /* of this check; NULL: none */
	struct options options;
	struct tap tap;
	uint64_t seed;         /* of all random numbers */
	char fail_reason[160]; /* the first that failed this check, cut to fit; "": none */
};

/*
 * Fails the check unless @met.  The message, in printf's format, says what was wanted and what
 * came; the rule is added.  A macro, so that its arguments are evaluated only for a failure.
 */
#define expect(run, met, ...)                         \
	do {                                          \
		if (!(met))                           \
			fail_check(run, __VA_ARGS__); \
	} while (0)
void fail_check(struct run *run, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));
void expect_equal(struct run *run, const char *what, uint64_t got, uint64_t wanted);

/*
 * A diagnostic, which does not fail the check.  The boot vCPU prints it at once; while several
 * vCPUs run a function, each keeps up to DIAGS_MAX, which the boot vCPU prints at the end.
 */
void check_diag(const char *fmt, ...) __attribute__((cold, format(printf, 1, 2)));

/* Sets run->fail_reason, if it is still empty. */
void keep_reason(struct run *run, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));

/* Expects that an access or a call, named @what, returned.  Says whether it did. */
bool expect_returned(struct run *run, const char *what, const struct outcome *outcome);

/* Expects that an access, named @what, faulted with #GP(0). */
void expect_gp(struct run *run, const char *what, const struct outcome *outcome);

/* Reports the check as skipped, unless it fails. */
void skip(struct run *run, const char *reason);

#endif
