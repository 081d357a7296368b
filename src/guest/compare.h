/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine before and after an interaction. */
#ifndef GUEST_COMPARE_H
#define GUEST_COMPARE_H

#include "guest/check.h"
#include "x86/machine.h"

#define ARITHMETIC_FLAGS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

/* What a call may not change. */
#define COMPARED_FLAGS \
	(ARITHMETIC_FLAGS | RFLAGS_DF | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID)

/* Saves the machine before the first interaction with the host; restores it. */
void compare_init(void);
void compare_restore(void);

/* An interaction, and the machine before and after it. */
struct comparison {
	bool made;
	struct machine before, after;
};

/*
 * To be called before and after the interaction: the first fills the machine's registers with noise,
 * the second saves what became of it.  Both restore the machine from whatever the host did to it.
 */
void comparison_begin(struct comparison *c, uint64_t cr8);
void comparison_end(struct comparison *c);

/* That the registers of a group are the same before and after; that the compared flags are. */
void expect_group(struct run *run, const struct comparison *c, enum machine_group group);
void expect_flags(struct run *run, uint64_t wanted, uint64_t got);

/*
 * That the general purpose registers are after what they were before, save those in @except
 * (GPR_BITs).
 */
#define GPR_BIT(reg) (1u << (offsetof(struct gprs, reg) / 8))
void expect_gprs(struct run *run, const struct gprs *before, const struct gprs *after,
		 unsigned except);

#endif
