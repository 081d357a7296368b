/* SPDX-License-Identifier: GPL-2.0-only */
/* Expectations about a call from legacy mode, of what was saved there. */
#ifndef GUEST_COMPARE32_H
#define GUEST_COMPARE32_H

#include "guest/check.h"

/* How it ended, in the form that 64-bit calls have. */
struct outcome outcome32(const struct call32 *call);

/* That it returned.  Says whether it did. */
bool expect_returned32(struct run *run, const struct call32 *call);

/* That it changed no general purpose register but EAX; no segment; no control register. */
void expect_gprs32(struct run *run, const struct call32 *call);
void expect_segments32(struct run *run, const struct call32 *call);
void expect_control32(struct run *run, const struct call32 *call);

/* All of these, and that no flag of COMPARED_FLAGS changed. */
void expect_preserved32(struct run *run, const struct call32 *call);

#endif
