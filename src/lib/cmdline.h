/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines: an image's name, then options NAME or NAME=VALUE, described by a table. */
#ifndef LIB_CMDLINE_H
#define LIB_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_FLAG,      /* NAME: sets *flag */
	OPTION_NUMBER,    /* NAME=N: decimal or 0x hexadecimal, within min..max; sets *number */
	OPTION_TEXT,      /* NAME=TEXT, not empty: sets *text, which points into the command line */
	OPTION_FLAG_TEXT, /* NAME or NAME=TEXT: likewise; without TEXT to "" */
	OPTION_CHOICE, /* NAME=WORD: one of the words of choices; sets *choice to its place there */
};

struct option {
	const char *name;
	const char *wanted; /* for the error message: "a number", "events|calls" */
	enum option_kind kind;
	uint32_t min; /* OPTION_NUMBER; inclusive, as max is */
	union {       /* what it sets, by its kind */
		bool *flag;
		uint64_t *number;
		const char **text;
		unsigned *choice;
	};
	union {
		uint64_t max;               /* OPTION_NUMBER */
		const char *const *choices; /* OPTION_CHOICE; ends with NULL */
	};
};

#define CMDLINE_ERROR_MAX 160

/*
 * Parses @line, which it cuts into words in place (spaces and tabs separate, a later word of the
 * same name wins), into the variables that @options point to.
 *
 * An image's name may stand before the options: QEMU writes the kernel's path there, iPXE a URL,
 * with blanks, quotes and '=' as they are; GRUB writes nothing.  No option's value has a '/', so:
 *
 *   - a word is an option if it has no '/' and is an option's name, or begins with one and a '=';
 *   - the image's name ends with the last word that ends in ".elf" (or has it before a '?' or '#')
 *     and stands before the first option that follows such a word; after options it must have a
 *     '/', too, and after another such word no '=' before that '/';
 *   - if there is no such word, the name ends with the last word before the first option that has a
 *     '/', and no '=' before that '/' (which the first word may have);
 *   - if there is none either, the name is the first word, unless it is an option or has a '='.
 *
 * Sets *@image to the name, or to NULL if there is none.  If @image is NULL, there must be only
 * options.  A name may have any bytes but control characters: print it with cmdline_show().
 *
 * GRUB puts a word with blanks into double quotes, and a backslash before each \ ' and ".  So in
 * the options, not in the name, a backslash stands for the character after it, and blanks between
 * two double quotes do not end a word.
 *
 * Returns true; or false, with a message in @error that has the word and what was wanted instead,
 * or the control character and its offset.  @error always is a terminated string of printable
 * ASCII.
 */
bool cmdline_parse(char *line, const struct option *options, size_t count, const char **image,
		   char error[CMDLINE_ERROR_MAX]);

/*
 * Copies @text to @shown, with \xNN for each byte that is not printable ASCII: as much of it as
 * fits into @size bytes, with the terminating 0.
 */
void cmdline_show(const char *text, char *shown, size_t size);

#endif
