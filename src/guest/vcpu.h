/* SPDX-License-Identifier: GPL-2.0-only */
/* What the guest keeps for each vCPU. */
#ifndef GUEST_VCPU_H
#define GUEST_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/cpu.h"
#include "x86/machine.h"

/* Diagnostics for the boot vCPU to print: no other may write to the console. */
#define DIAGS_MAX 6
struct diags {
	unsigned count;
	char lines[DIAGS_MAX][128];
};

struct guest_vcpu {
	struct diags diags;
	bool keeps_diags;             /* instead of printing them */
	unsigned starts;              /* of its processor, when @usual was saved */
	uint64_t random;              /* state of its random numbers */
	uint64_t interactions;        /* so far */
	struct machine usual;         /* its registers before its first interaction: compare.h */
	uint64_t restored_at;         /* interactions so far when they were restored last */
	uint64_t last_efer, last_pat; /* that the last comparison saw, and did not restore */
	bool more_follow, in_series;  /* comparisons: comparison_more() */
	struct guard stray_guard;     /* where a stray leads: stray.h */
	bool guarded;                 /* run_stray_safe() is running */
	bool stray_faulted;
	struct trap_frame stray_fault;
	volatile uint64_t ticks;                   /* timer interrupts so far */
	volatile uint64_t ticks_in_flight;         /* those that came during an interaction */
	volatile uint64_t from_apic[APIC_VECTORS]; /* interrupts at APIC_VECTOR and after it */
	void (*on_interrupt)(unsigned vector);     /* handles each, if there is one */
	volatile bool watched;                     /* by the watchdog (watchdog.h): */
	unsigned alarms;                           /* while the last interaction was in flight */
};

/* The running vCPU's, at the start of its processor's own pages. */
static inline struct guest_vcpu *this_vcpu(void)
{
	return this_cpu()->own;
}

/* Gives the boot vCPU its own pages.  smp_start() gives the others theirs. */
void vcpu_init(void);

/* This vCPU's next pseudo-random number; all follow from the seed. */
uint64_t random64(void);

/*
 * Fills @numbers with @n of them, a multiple of 4, that follow from one such number.  That is
 * cheaper, and good enough where the numbers need only differ.  As many are taken of those that
 * random64() would return.
 */
void random_fill(uint64_t *numbers, unsigned n);

#endif
