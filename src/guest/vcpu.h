/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest keeps for each vCPU. */
#ifndef GUEST_VCPU_H
#define GUEST_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/cpu.h"

/* What a vCPU has to say; the boot vCPU prints it, for only it writes to the console. */
#define DIAGS_MAX 6
struct diags {
	unsigned count;
	char lines[DIAGS_MAX][128];
};

struct guest_vcpu {
	struct diags diags;
	bool keeps_diags; /* instead of printing */
	uint64_t random;  /* the state of its generator */
	uint64_t interactions;
	struct guard stray_guard; /* where a stray leads (stray.h) */
	bool guarded, stray_faulted;
	struct trap_frame stray_fault;
	volatile uint64_t ticks;           /* timer interrupts so far */
	volatile uint64_t ticks_in_flight; /* those of them inside an interaction */
};

/* At the beginning of the processor's own pages. */
static inline struct guest_vcpu *this_vcpu(void)
{
	return this_cpu()->own;
}

/* Gives the boot vCPU its own pages.  The others have theirs when they start. */
void vcpu_init(void);

/* This vCPU's next pseudo-random number. */
uint64_t random64(void);

#endif
