/* SPDX-License-Identifier: GPL-2.0-only */
/* The registers of the machine before and after an interaction. */
#ifndef GUEST_COMPARE_H
#define GUEST_COMPARE_H

#include <stddef.h>

#include "guest/check.h"
#include "x86/machine.h"

#define ARITHMETIC_FLAGS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

/* The flags that a call must not change, as far as they are compared: not TF, RF, VM, VIF, VIP. */
#define COMPARED_FLAGS \
	(ARITHMETIC_FLAGS | RFLAGS_DF | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID)

/*
 * Noise in all of them.  IOPL and AC are all set or all clear, for an emulator translates code for
 * each of their values.
 */
uint64_t random_flags(void);

/* Saves the registers of this vCPU; to be called before its first interaction with the host. */
void compare_init(void);

/* Restores them. */
void compare_restore(void);

struct comparison {
	bool made; /* comparison_end() was called */
	struct machine before, after;
};

/* Restores this vCPU's registers, fills them with noise, CR8 with @cr8, and saves them. */
void comparison_begin(struct comparison *c, uint64_t cr8);

/* Saves them as the interaction left them, and restores them. */
void comparison_end(struct comparison *c);

/*
 * Whether the next comparison is followed by another one in a series.  EFER and PAT, whose reads
 * exit on many hosts, are only read before the first of a series and after the last, for what
 * changes them remains.  A series is best of an odd number of interactions: a host may flip a bit.
 * It ends with the check at the latest.
 */
void comparison_more(bool follow);

/* Sets of groups of registers. */
#define GROUP_BIT(group) (1u << GROUP_##group)
#define ALL_GROUPS       ((1u << GROUPS) - 1)

/* The way to legacy mode and back changes the others. */
#define LEGACY_GROUPS (ALL_GROUPS & ~(GROUP_BIT(SEGMENTS) | GROUP_BIT(BASES) | GROUP_BIT(CONTROL)))

/* Expects that no register of the set @groups changed; that no flag of COMPARED_FLAGS did. */
void expect_groups(struct run *run, const struct comparison *c, unsigned groups);
void expect_flags(struct run *run, uint64_t wanted, uint64_t got);

/* Expects that no general purpose register changed, except those in @except, a set of GPR_BITs. */
#define GPR_BIT(reg) (1u << (offsetof(struct gprs, reg) / 8))
void expect_gprs(struct run *run, const struct gprs *before, const struct gprs *after,
		 unsigned except);

/* The registers at a trap. */
struct gprs trap_gprs(const struct trap_frame *f);

/*
 * Expects that an interaction changed no flag and no general purpose register, except @written, a
 * set of GPR_BITs, if it did not fault.
 */
void expect_registers_kept(struct run *run, const struct outcome *o, unsigned written);

/* Expects that nobody wrote between @from and @to of @page, or anywhere in it: page_untouched(). */
void expect_kept(struct run *run, unsigned page, unsigned from, unsigned to);
void expect_page_kept(struct run *run, unsigned page);

#endif
