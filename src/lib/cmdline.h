/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines: an image's name, then words NAME or NAME=VALUE, described by a table. */
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
	union { /* what it sets, by its kind */
		bool *flag;
		uint64_t *number;
		const char **text;
		unsigned *choice;
	};
	union {
		struct {
			uint64_t min, max; /* OPTION_NUMBER; both inclusive */
		};
		const char *const *choices; /* OPTION_CHOICE; ends with NULL */
	};
};

#define CMDLINE_ERROR_MAX 160

/*
 * Parses @line, which it cuts into words in place (spaces and tabs separate, a
 * later word of the same name wins), into the variables that @options point to.
 *
 * An image's name may stand before the options: QEMU puts the kernel's path there and iPXE a URL, as they
 * are, with blanks, quotes, '=' and all; GRUB puts nothing there.  No option's value ever holds a '/', so:
 *
 *   - a word is an option if it is an option's name, or begins with one and a '=', and has no '/';
 *   - the name ends with the last word that ends in ".elf" (or has it before a '?' or '#') and stands
 *     before the first option that follows such a word; after options it must have a '/', too, and
 *     after another such word no '=' before that;
 *   - if there is no such word, then with the last word before the first option that has a '/', and it
 *     before any '=' (but for the first word);
 *   - if there is none either, it is the first word, if that is no option and has no '='.
 *
 * *@image points to the name, and is NULL if there is none.  @image may be NULL: then nothing but options
 * is right.  A name may hold any byte but a control character: print it by cmdline_show().
 *
 * GRUB puts a word with blanks into double quotes, and a backslash before each \ ' and ": in the options,
 * not in the name, a backslash stands for the character after it, and blanks between two double quotes
 * don't end a word.
 *
 * Returns true, or false with a message in @error that names the word and what was
 * wanted instead, or the control character and its place; @error is always terminated, and printable.
 */
bool cmdline_parse(char *line, const struct option *options, size_t count, const char **image,
		   char error[CMDLINE_ERROR_MAX]);

/*
 * Copies @text to @shown, with \xNN for each byte that is not printable ASCII; as much of it as fits into
 * @size bytes with a terminating 0.
 */
void cmdline_show(const char *text, char *shown, size_t size);

#endif
