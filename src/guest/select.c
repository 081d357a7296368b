/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/select.h"

#include <stddef.h>

#include "lib/cmdline.h"
#include "lib/list.h"
#include "lib/panic.h"
#include "lib/string.h"

#define ITEM_MAX 64

bool is_selected(const struct check *check, const struct options *o)
{
	return (!o->only || glob_list_match(o->only, check->name)) &&
	       !(o->skip && glob_list_match(o->skip, check->name));
}

unsigned count_selected(const struct guest_abi *abi, const struct options *options)
{
	const struct check *check;
	unsigned n = 0;

	EACH_CHECK_OF (abi, check)
		n += is_selected(check, options);
	return n;
}

static bool any_selected(const struct guest_abi *abi, const struct options *options)
{
	const struct check *check;

	EACH_CHECK_OF (abi, check) {
		if (is_selected(check, options))
			return true;
	}
	return false;
}

bool is_named(const struct check *check, const struct options *options)
{
	return list_has(options->only, check->name);
}

bool is_chosen(const struct guest_abi *abi, const struct options *options)
{
	return !options->abi || list_has(options->abi, abi->name);
}

/* Whether require= names @abi, which then is required even if no check of it is selected. */
static bool require_names(const struct guest_abi *abi, const struct options *options)
{
	return list_has(options->require, abi->name);
}

bool is_tried(const struct guest_abi *abi, const struct options *options)
{
	return is_chosen(abi, options) &&
	       (any_selected(abi, options) || require_names(abi, options));
}

bool is_required(const struct guest_abi *abi, const struct options *options)
{
	return options->require && (!*options->require || require_names(abi, options));
}

static bool is_glob_of_check(const char *glob)
{
	const struct guest_abi *abi;
	const struct check *check;

	EACH_ABI (abi) {
		EACH_CHECK_OF (abi, check) {
			if (glob_match(glob, check->name))
				return true;
		}
	}
	return false;
}

static void require_checks(const char *option, const char *globs)
{
	char glob[ITEM_MAX], shown[4 * ITEM_MAX];

	while ((globs = list_next(globs, glob, sizeof(glob)))) {
		cmdline_show(glob, shown, sizeof(shown));
		if (!is_glob_of_check(glob))
			panic("option '%s': no check is named '%s' (see 'list')", option, shown);
	}
}

static const struct guest_abi *find_abi(const char *name)
{
	const struct guest_abi *abi;

	EACH_ABI (abi) {
		if (!strcmp(abi->name, name))
			return abi;
	}
	return NULL;
}

static void require_abis(const char *option, const char *names, const struct options *options)
{
	char name[ITEM_MAX], shown[4 * ITEM_MAX];
	const struct guest_abi *abi;

	while ((names = list_next(names, name, sizeof(name)))) {
		cmdline_show(name, shown, sizeof(shown));
		abi = find_abi(name);
		if (!abi)
			panic("option '%s': no ABI is named '%s' (see 'list')", option, shown);
		if (!is_chosen(abi, options))
			panic("option '%s': '%s' is not in abi=", option, shown);
	}
}

void require_matches(const struct options *options)
{
	const struct guest_abi *abi;
	bool selected = false;

	require_abis("abi", options->abi, options);
	require_abis("require", options->require, options);
	require_checks("only", options->only);
	require_checks("skip", options->skip);
	EACH_ABI (abi)
		selected |= is_chosen(abi, options) && any_selected(abi, options);
	if (!selected)
		panic("no check is selected");
}
