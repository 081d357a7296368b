/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP 13 with a verdict that can't be faked by a stream that stops early: the plan
 * comes first, one line a test, and a last line "# RESULT: ..." for grep.
 */
#ifndef LIB_TAP_H
#define LIB_TAP_H

#include <stdbool.h>

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_ERROR };

#define TAP_NO_PLAN (~0u) /* which no number of reports reaches */

struct tap {
	unsigned plan;                   /* tests announced, or TAP_NO_PLAN */
	unsigned pass, fail, skip, todo; /* tests reported */
	const char *running; /* the name that tap_run() announced; NULL outside a test */
};

/*
 * Sets @tap to nothing planned and nothing reported, and prints the version line, and which paraguest
 * it is that speaks.
 */
void tap_start(struct tap *tap);

/* Prints the plan.  For 0 tests @skip_reason says why; otherwise it is not used. */
void tap_plan(struct tap *tap, unsigned tests, const char *skip_reason);

/* Prints "# run NAME": the test that a log ends with is the one that never came back. */
void tap_run(struct tap *tap, const char *name);

/*
 * Print a test's result, which ends what tap_run() announced.  A failure whose
 * @todo_reason is not NULL is a known one: it counts as todo, not as a failure.
 */
void tap_ok(struct tap *tap, const char *name);
void tap_not_ok(struct tap *tap, const char *name, const char *todo_reason);
void tap_skip(struct tap *tap, const char *name, const char *reason);

/*
 * Prints why the last test was not ok, as the YAML block that TAP has for programs: the message,
 * the rule that it is about and the ABI that the rule is of (NULL: none).  Of a message
 * "WHAT: wanted W, got G" it also prints W and G by themselves.  " (rule ...)" at its end is left out.
 */
void tap_why(const char *message, const char *rule, const char *abi);

/* Prints "# ", the text and a newline, which the text itself must not contain. */
void tap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Likewise with "Bail out! ".  From then on, until tap_start(), every verdict is ERROR. */
void tap_bail_out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * What the counts amount to, worst first: ERROR where there is no plan, where fewer or
 * more tests were reported than planned, or one is still running; FAIL where one failed;
 * PASS where one passed and @may_pass; else SKIP, as for a plan of 0 tests.
 */
enum verdict tap_verdict(const struct tap *tap, bool may_pass);

/* Prints the last line. */
void tap_result(const struct tap *tap, enum verdict verdict);

#endif
