/* SPDX-License-Identifier: GPL-2.0-only */
/* Which checks the user wants: options only= and skip=. */
#ifndef GUEST_SELECT_H
#define GUEST_SELECT_H

#include "guest/check.h"

/* Ends the run with an error if a glob of either matches no check, or if no check is left. */
void require_matches(const struct options *options);

bool is_selected(const struct check *check, const struct options *options);
unsigned count_selected(const struct options *options);

/* Whether only= has the check by its name, not by a glob. */
bool is_named(const struct check *check, const struct options *options);

#endif
