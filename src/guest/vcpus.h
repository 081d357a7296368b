/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting all vCPUs, and running a function on all of them at once. */
#ifndef GUEST_VCPUS_H
#define GUEST_VCPUS_H

#include "guest/check.h"
#include "guest/vcpu.h"
#include "x86/smp.h"

/*
 * A vCPU's own pages: SMP_OWN_PAGES pages, at virtual addresses that equal their gpas.  They begin
 * with its struct guest_vcpu; an ABI defines the rest.
 */
struct vcpu_pages;

/* The skip_reason of a check that needs several vCPUs. */
extern const char one_vcpu_reason[];

/* Starts the other vCPUs, if that was not done yet.  Returns how many there are now. */
unsigned vcpus_start(struct run *run);

/*
 * For the boot vCPU, while vCPU @id hangs in a function that on_each_vcpu() runs once: starts it
 * again, by INIT, without that function.  False: it has not come back.
 */
bool vcpu_restart(unsigned id);

/* The pages of vCPU @id, from 0 to run->vcpus - 1. */
struct vcpu_pages *vcpu_pages(unsigned id);

/*
 * Runs @fn on all vCPUs at once.  Prints the diagnostics of all vCPUs.  The check fails if a vCPU
 * does not come back.  Returns whether it has not failed so far.
 */
typedef void vcpu_fn(struct run *run, struct vcpu_pages *pages);
bool on_each_vcpu(struct run *run, vcpu_fn *fn);

/*
 * The same, at least @times times each; early finishers keep calling it until the slowest is done.
 * A vCPU stops once it has a diagnostic.
 */
bool race_vcpus(struct run *run, vcpu_fn *fn, unsigned times);

#endif
