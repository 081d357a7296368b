/* SPDX-License-Identifier: GPL-2.0-only */
/* What the options abi=, only=, skip= and require= select. */
#ifndef GUEST_SELECT_H
#define GUEST_SELECT_H

#include "guest/abi.h"

/*
 * Ends the run with an error if a name in abi= or require= is no ABI, if one in require= is not in
 * abi=, if a glob in only= or skip= matches no check, or if no check is selected.
 */
void require_matches(const struct options *options);

/* Whether the run is to find out if @abi is there; whether it fails if it is not. */
bool is_tried(const struct guest_abi *abi, const struct options *options);
bool is_required(const struct guest_abi *abi, const struct options *options);

/* Whether abi= chooses @abi. */
bool is_chosen(const struct guest_abi *abi, const struct options *options);

/* Whether only= and skip= select @check; how many checks of @abi they select. */
bool is_selected(const struct check *check, const struct options *options);
unsigned count_selected(const struct guest_abi *abi, const struct options *options);

/* Whether only= has the exact name of @check. */
bool is_named(const struct check *check, const struct options *options);

#endif
