/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines: words of the form NAME or NAME=VALUE, described by a table. */
#ifndef LIB_CMDLINE_H
#define LIB_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_FLAG,   /* NAME: sets *flag */
	OPTION_NUMBER, /* NAME=N: decimal or 0x hexadecimal, within min..max; sets *number */
	OPTION_TEXT,   /* NAME=TEXT, not empty: sets *text, which points into the command line */
	OPTION_CHOICE, /* NAME=WORD: one of the words of choices; sets *choice to its place there */
};

struct option {
	const char *name;
	const char *wanted; /* what a right value is, for the error message: "a number",
			       "events|calls" */
	enum option_kind kind;
	bool *flag;
	uint64_t *number;
	uint64_t min, max; /* OPTION_NUMBER only; both inclusive */
	const char **text;
	const char *const *choices; /* ends with NULL */
	unsigned *choice;
};

#define CMDLINE_ERROR_MAX 160

/*
 * Parses @line, which it cuts into words in place (spaces and tabs separate, a
 * later word of the same name wins), into the variables that @options point to.
 *
 * A first word that has no '=' and is no option's name is an image's path, which some
 * loaders put there: *@image points to it, and is NULL otherwise.  @image may
 * be NULL: such a word is then an unknown option like any other.
 *
 * Returns true, or false with a message in @error that names the word and what was
 * wanted instead; @error is always terminated.
 */
bool cmdline_parse(char *line, const struct option *options, size_t count, const char **image,
		   char error[CMDLINE_ERROR_MAX]);

/*
 * Reads @text, decimal or hexadecimal with 0x, into *@value.  False if it is
 * empty, has any other character or does not fit; *@value is then unchanged.
 */
bool parse_u64(const char *text, uint64_t *value);

#endif
