/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP 13 with a verdict.  The plan comes first and "# RESULT: ..." last, so a stream that stops
 * early can't look like a pass.
 */
#ifndef LIB_TAP_H
#define LIB_TAP_H

#include <stdbool.h>

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_ERROR };

#define TAP_NO_PLAN (~0u) /* more than can be reported */

struct tap {
	unsigned plan;                   /* tests announced, or TAP_NO_PLAN */
	unsigned pass, fail, skip, todo; /* tests reported */
	const char *running;             /* what tap_run() has begun; NULL outside a test */
	const char *announced;           /* a name in the area that was announced last, or NULL */
};

/* Starts with no plan and nothing reported; prints the versions of TAP and of paraguest. */
void tap_start(struct tap *tap);

/* Prints the plan.  @skip_reason is used only with 0 tests. */
void tap_plan(struct tap *tap, unsigned tests, const char *skip_reason);

/*
 * Begins the test @name.  All that was printed before is sent.  If an area begins, prints "# run "
 * and what is before the first dot of the name, or all of it.  So a log that ends early says what
 * was running: in that area, the test after the last result.  The name must stay where it is.
 */
void tap_run(struct tap *tap, const char *name);

/*
 * Print a test's result; it is no longer running.  With @todo_reason not NULL the failure is
 * expected: it counts as todo and not as a failure.
 */
void tap_ok(struct tap *tap, const char *name);
void tap_not_ok(struct tap *tap, const char *name, const char *todo_reason);
void tap_skip(struct tap *tap, const char *name, const char *reason);

/*
 * Prints why the last test was not ok, as a YAML block for programs: @message without " (rule ...)"
 * at its end, the rule that was broken, and the ABI that has it (either may be NULL).  From a
 * message "WHAT: wanted W, got G" also W and G.
 */
void tap_why(const char *message, const char *rule, const char *abi);

/* Prints "# ", the text, which must not contain a newline, and a newline. */
void tap_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Likewise with "Bail out! ".  Until the next tap_start() every verdict is ERROR. */
void tap_bail_out(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The first that holds: ERROR if the tests reported are not as many as planned, or if one is still
 * running; FAIL if one failed; PASS if one passed and @may_pass; else SKIP.
 */
enum verdict tap_verdict(const struct tap *tap, bool may_pass);

/* Prints the last line, "# RESULT: ..." */
void tap_result(const struct tap *tap, enum verdict verdict);

#endif
