/* SPDX-License-Identifier: GPL-2.0-only */
/* The checks that the options only= and skip= select. */
#ifndef GUEST_SELECT_H
#define GUEST_SELECT_H

#include "guest/check.h"

/* Ends the run with an error if a glob matches no check, or if no check is selected. */
void require_matches(const struct options *options);

bool is_selected(const struct check *check, const struct options *options);
unsigned count_selected(const struct options *options);

/* Whether only= has the exact name of @check. */
bool is_named(const struct check *check, const struct options *options);

#endif
