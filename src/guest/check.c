/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/check.h"

#include <stdarg.h>
#include <stddef.h>

#include "guest/abi.h"
#include "guest/vcpu.h"
#include "lib/console.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/defs.h"

const char *rule_of(const struct check *check, char text[RULE_MAX + 1])
{
	text[RULE_MAX] = '\0';
	return memcpy(text, check->rule, RULE_MAX);
}

void fail_check(struct run *run, const char *fmt, ...)
{
	char text[CONSOLE_LINE_MAX], rule[RULE_MAX + 1];
	va_list args;

	run->failed = true;
	va_start(args, fmt);
	vformat(text, sizeof(text), fmt, args);
	va_end(args);
	check_diag("%s (rule %s of %s)", text, rule_of(run->check, rule), run->abi->name);
	if (!this_vcpu()->keeps_diags) /* else print_diags() will, in vcpus.c */
		keep_reason(run, "%s", text);
}

void keep_reason(struct run *run, const char *fmt, ...)
{
	va_list args;

	if (run->fail_reason[0])
		return;
	va_start(args, fmt);
	vformat(run->fail_reason, sizeof(run->fail_reason), fmt, args);
	va_end(args);
}

void check_diag(const char *fmt, ...)
{
	struct diags *diags = &this_vcpu()->diags;
	char text[CONSOLE_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	if (!this_vcpu()->keeps_diags) {
		vformat(text, sizeof(text), fmt, args);
		tap_diag("%s", text);
	} else if (diags->count < DIAGS_MAX) {
		vformat(diags->lines[diags->count++], sizeof(diags->lines[0]), fmt, args);
	}
	va_end(args);
}

void expect_equal(struct run *run, const char *what, uint64_t got, uint64_t wanted)
{
	expect(run, got == wanted, "%s: wanted %#lx, got %#lx", what, wanted, got);
}

bool expect_returned(struct run *run, const char *what, const struct outcome *outcome)
{
	const struct trap_frame *f = &outcome->fault;

	if (outcome->faulted && never_returned(f))
		fail_check(run, "%s: wanted a return, got none: it never returned from rip %#lx",
			   what, f->rip);
	else
		expect(run, !outcome->faulted,
		       "%s: wanted a return, got exception %u error %#lx at rip %#lx", what,
		       (unsigned)f->vector, f->error, f->rip);
	return !outcome->faulted;
}

void expect_gp(struct run *run, const char *what, const struct outcome *outcome)
{
	const struct trap_frame *f = &outcome->fault;

	if (!outcome->faulted)
		fail_check(run, "%s: wanted #GP(0), got no fault", what);
	else
		expect(run, f->vector == VECTOR_GP && f->error == 0,
		       "%s: wanted #GP(0), got exception %u error %#lx", what, (unsigned)f->vector,
		       f->error);
}

void skip(struct run *run, const char *reason)
{
	run->skip_reason = reason;
}
