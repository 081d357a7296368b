/* SPDX-License-Identifier: GPL-2.0-only */
/* What the areas of checks share; table.c has their order. */
#ifndef CASES_CASES_H
#define CASES_CASES_H

#include "check.h"
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

/* The check that is about registrations, but needs what the calls from other modes need. */
void register_cpl3(struct run *run);

/* C2's flags. */
#define COMPARED_FLAGS                                                                       \
	(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF | RFLAGS_DF | \
	 RFLAGS_IF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID)

/* Remembers the machine as it is before the first interaction with the host; and puts it back so. */
void preserves_init(void);
void preserves_restore(void);

/* One call, and the machine around it. */
struct comparison {
	bool made;
	struct outcome call; /* of a 64-bit call */
	struct machine before, after;
};

/*
 * Around the call: noise in the machine's registers, and what became of it.  The machine is in order
 * before and after, whatever the host did to it then or earlier.
 */
void comparison_begin(struct comparison *c, uint64_t cr8);
void comparison_end(struct comparison *c);

/* What differs between comparison_begin() and comparison_end(); flags that differ. */
void expect_group(struct run *run, const struct comparison *c, enum machine_group group);
void expect_flags(struct run *run, uint64_t wanted, uint64_t got);

/* That a call from legacy mode came back. */
void expect_returned32(struct run *run, const struct call32 *call);

/*
 * Echo calls with random arguments: one; or several by the 32-bit convention, in the first @modes of
 * enum mode32.
 */
bool expect_random_echo(struct run *run, const struct site *site);
void expect_echoes32(struct run *run, const struct site *site, unsigned modes);

/* What a host does with calls that the ABI says nothing about: diagnostics, no verdict. */
void diagnostics(void);

#endif
