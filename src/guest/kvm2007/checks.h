/* SPDX-License-Identifier: GPL-2.0-only */
/* What the areas of checks share; table.c has their order. */
#ifndef GUEST_KVM2007_CHECKS_H
#define GUEST_KVM2007_CHECKS_H

#include "guest/check.h"
#include "x86/machine.h"

/* The checks of one area, in the order in which they run. */
struct area {
	const struct check *checks;
	unsigned count;
};
#define AREA(checks)                                       \
	{                                                  \
		checks, sizeof(checks) / sizeof(checks[0]) \
	}

extern const struct area probe_area, state_area, register_area, patch_area, hypercall64_area,
	preserves_area, hypercall32_area, echo_area, vcpu_area;

/* A registration from CPL 3: the body of register.cpl3. */
void register_cpl3(struct run *run);

#define ARITHMETIC_FLAGS (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

/* The flags that C2 names. */
#define COMPARED_FLAGS \
	(ARITHMETIC_FLAGS | RFLAGS_DF | RFLAGS_IF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID)

/* Saves the machine before the first interaction with the host; restores it. */
void preserves_init(void);
void preserves_restore(void);

/* A call, and the machine before and after it. */
struct comparison {
	bool made;
	struct outcome call; /* if it is a 64-bit call */
	struct machine before, after;
};

/*
 * To be called before and after the call: the first fills the machine's registers with noise, the
 * second saves what became of it.  Both restore the machine from whatever the host did to it.
 */
void comparison_begin(struct comparison *c, uint64_t cr8);
void comparison_end(struct comparison *c);

/* That the registers of a group are the same before and after; that the compared flags are. */
void expect_group(struct run *run, const struct comparison *c, enum machine_group group);
void expect_flags(struct run *run, uint64_t wanted, uint64_t got);

/* That a call from legacy mode came back. */
void expect_returned32(struct run *run, const struct call32 *call);

/*
 * Echo calls with random arguments: one; or several by the 32-bit convention, which take turns
 * through the first @modes of enum mode32.
 */
bool expect_random_echo(struct run *run, const struct site *site);
void expect_echoes32(struct run *run, const struct site *site, unsigned modes);

/*
 * Reports what the host does with calls that the ABI says nothing about: no verdict depends on it.
 */
void diagnostics(void);

#endif
