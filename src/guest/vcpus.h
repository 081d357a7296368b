/* SPDX-License-Identifier: GPL-2.0-only */
/* Several vCPUs: starting them, and running a function on all of them at once. */
#ifndef GUEST_VCPUS_H
#define GUEST_VCPUS_H

#include "guest/check.h"
#include "guest/vcpu.h"
#include "x86/smp.h"

/*
 * What a vCPU has to itself: SMP_OWN_PAGES pages whose addresses are their gpas.  They begin with
 * its struct guest_vcpu; the rest belongs to the checks of an ABI, which says what it is.
 */
struct vcpu_pages;

/* Why a check that needs several vCPUs is skipped. */
extern const char one_vcpu_reason[];

/* Starts the vCPUs, once, and returns how many there are. */
unsigned vcpus_start(struct run *run);

/* The pages of vCPU @id, from 0 to run->vcpus - 1. */
struct vcpu_pages *vcpu_pages(unsigned id);

/*
 * Runs fn on every vCPU at once, at least @times times each; early finishers keep calling until the
 * slowest is done.  A vCPU stops early if it has noted something.  The check fails for each note
 * and for each vCPU that does not come back.  Returns whether the check has not failed so far.
 */
typedef void vcpu_fn(struct run *run, struct vcpu_pages *pages);
bool on_each_vcpu(struct run *run, vcpu_fn *fn, unsigned times);

#endif
