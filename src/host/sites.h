/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the host has written call instructions into the guest.  Two ABIs call by the same
 * instruction; one has the host write it, with the other it is the guest's own.  So its place says
 * which of them a call belongs to.
 */
#ifndef HOST_SITES_H
#define HOST_SITES_H

#include <stdbool.h>
#include <stdint.h>

/* The host has written an instruction at @gpa.  Of more than SITES_MAX the oldest are forgotten. */
#define SITES_MAX 256
void sites_add(uint64_t gpa);

bool sites_has(uint64_t gpa);
bool sites_none(void);

/* The guest uses its memory anew. */
void sites_clear(void);

#endif
