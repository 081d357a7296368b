/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/tap.h"

#include <stdarg.h>
#include <stddef.h>

#include "lib/console.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "lib/version.h"

static bool bailed_out;

void tap_start(struct tap *tap)
{
	*tap = (struct tap){.plan = TAP_NO_PLAN};
	bailed_out = false;
	print("TAP version 13\n# paraguest %s\n", paraguest_version);
}

void tap_plan(struct tap *tap, unsigned tests, const char *skip_reason)
{
	tap->plan = tests;
	tap->announced = NULL;
	print("1..%u", tests);
	if (!tests)
		print(" # SKIP %s", skip_reason);
	print("\n");
}

static void put(const char *text)
{
	console_write(text, strlen(text));
}

/* How many characters of @name are its area: all before the first dot. */
static size_t area_length(const char *name)
{
	size_t n = 0;

	while (name[n] && name[n] != '.')
		n++;
	return n;
}

static bool same_area(const char *a, const char *b)
{
	size_t n = area_length(a);

	return n == area_length(b) && !memcmp(a, b, n);
}

void tap_run(struct tap *tap, const char *name)
{
	if (!tap->announced || !same_area(tap->announced, name)) {
		put("# run ");
		console_write(name, area_length(name));
		put("\n");
	}
	tap->announced = tap->running = name;
	console_flush();
}

static unsigned reported(const struct tap *tap)
{
	return tap->pass + tap->fail + tap->skip + tap->todo;
}

/* Copies the @n characters of @text to before @end, and returns where they begin. */
static char *prepend(char *end, const char *text, size_t n)
{
	return memcpy(end - n, text, n);
}

static char *prepend_number(char *end, unsigned n)
{
	do {
		*--end = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return end;
}

/*
 * Counts the test in *@count and prints its line.  Not by print(), which might cut the texts, and
 * takes thousands of instructions: a run without a host is little else than these lines.
 */
static void report(struct tap *tap, unsigned *count, bool ok, const char *name,
		   const char *directive, const char *reason)
{
	char head[] = "not ok 4294967295 - ";
	char *end = head + sizeof(head) - 1, *at;

	++*count;
	tap->running = NULL;
	at = prepend(end, " - ", 3);
	at = prepend_number(at, reported(tap));
	at = ok ? prepend(at, "ok ", 3) : prepend(at, "not ok ", 7);
	console_write(at, (size_t)(end - at));
	put(name);
	if (directive) {
		put(directive);
		put(reason);
	}
	put("\n");
}

void tap_ok(struct tap *tap, const char *name)
{
	report(tap, &tap->pass, true, name, NULL, NULL);
}

void tap_not_ok(struct tap *tap, const char *name, const char *todo_reason)
{
	if (todo_reason)
		report(tap, &tap->todo, false, name, " # TODO ", todo_reason);
	else
		report(tap, &tap->fail, false, name, NULL, NULL);
}

void tap_skip(struct tap *tap, const char *name, const char *reason)
{
	report(tap, &tap->skip, true, name, " # SKIP ", reason);
}

/* Prints a key and its value: @n characters of @text in quotes, with quotes and \ escaped. */
static void put_value(const char *key, const char *text, size_t n)
{
	put("  ");
	put(key);
	put(": \"");
	for (; n--; text++) {
		if (*text == '"' || *text == '\\')
			put("\\");
		console_write(text, 1);
	}
	put("\"\n");
}

/* The offset of @part in the @n characters of @text; @n if it is not there. */
static size_t find(const char *text, size_t n, const char *part)
{
	size_t length = strlen(part);

	for (size_t at = 0; at + length <= n; at++) {
		if (!memcmp(text + at, part, length))
			return at;
	}
	return n;
}

void tap_why(const char *message, const char *rule, const char *abi)
{
	static const char wanted[] = "wanted ", got[] = ", got ";
	size_t n = find(message, strlen(message), " (rule ");
	size_t from = find(message, n, wanted), to = find(message, n, got);

	put("  ---\n");
	put_value("message", message, n);
	if (rule)
		put_value("rule", rule, strlen(rule));
	if (abi)
		put_value("abi", abi, strlen(abi));
	if (from < n) {
		from += sizeof(wanted) - 1;
		put_value("wanted", message + from, to > from ? to - from : 0);
	}
	if (to < n) {
		to += sizeof(got) - 1;
		put_value("got", message + to, n - to);
	}
	put("  ...\n");
}

static void __attribute__((format(printf, 2, 0)))
print_line(const char *prefix, const char *fmt, va_list args)
{
	char text[CONSOLE_LINE_MAX];

	vformat(text, sizeof(text), fmt, args);
	put(prefix);
	put(text);
	put("\n");
}

void tap_diag(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("# ", fmt, args);
	va_end(args);
}

void tap_bail_out(const char *fmt, ...)
{
	va_list args;

	bailed_out = true;
	va_start(args, fmt);
	print_line("Bail out! ", fmt, args);
	va_end(args);
}

enum verdict tap_verdict(const struct tap *tap, bool may_pass)
{
	if (bailed_out || tap->running || reported(tap) != tap->plan)
		return VERDICT_ERROR;
	if (tap->fail)
		return VERDICT_FAIL;
	if (tap->pass && may_pass)
		return VERDICT_PASS;
	return VERDICT_SKIP;
}

void tap_result(const struct tap *tap, enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_PASS] = "PASS",
		[VERDICT_FAIL] = "FAIL",
		[VERDICT_SKIP] = "SKIP",
		[VERDICT_ERROR] = "ERROR",
	};

	print("# RESULT: %s pass=%u fail=%u skip=%u todo=%u\n", names[verdict], tap->pass,
	      tap->fail, tap->skip, tap->todo);
}
