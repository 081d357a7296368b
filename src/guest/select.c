/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/select.h"

#include <stddef.h>

#include "guest/abi.h"
#include "lib/cmdline.h"
#include "lib/panic.h"
#include "lib/string.h"

#define GLOB_MAX 64

bool is_selected(const struct check *check, const struct options *o)
{
	return (!o->only || glob_list_match(o->only, check->name)) &&
	       !(o->skip && glob_list_match(o->skip, check->name));
}

unsigned count_selected(const struct options *options)
{
	const struct check *check;
	unsigned n = 0;

	EACH_CHECK (check)
		n += is_selected(check, options);
	return n;
}

/* Copies the first of the comma-separated @globs, and returns the rest; NULL: there was none. */
static const char *next_glob(const char *globs, char glob[GLOB_MAX])
{
	size_t length = 0, kept;

	if (!globs || !*globs)
		return NULL;
	while (globs[length] && globs[length] != ',')
		length++;
	kept = length < GLOB_MAX ? length : GLOB_MAX - 1;
	memcpy(glob, globs, kept);
	glob[kept] = 0;
	return globs + length + (globs[length] == ',');
}

static bool matches_any(const char *glob)
{
	const struct check *check;

	EACH_CHECK (check) {
		if (glob_match(glob, check->name))
			return true;
	}
	return false;
}

bool is_named(const struct check *check, const struct options *options)
{
	const char *rest = options->only;
	char glob[GLOB_MAX];

	while ((rest = next_glob(rest, glob))) {
		if (!strcmp(glob, check->name))
			return true;
	}
	return false;
}

static void require_match(const char *option, const char *globs)
{
	char glob[GLOB_MAX], shown[4 * GLOB_MAX];

	while ((globs = next_glob(globs, glob))) {
		cmdline_show(glob, shown, sizeof(shown));
		if (!matches_any(glob))
			panic("option '%s': no check is named '%s' (see 'list')", option, shown);
	}
}

void require_matches(const struct options *options)
{
	require_match("only", options->only);
	require_match("skip", options->skip);
	if (!count_selected(options))
		panic("no check is selected");
}
