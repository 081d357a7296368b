/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses to MSRs that must work, and such as must be refused. */
#ifndef GUEST_KVM_ACCESS_H
#define GUEST_KVM_ACCESS_H

#include "guest/compare.h"

/* RDMSR and WRMSR.  The check fails unless they return.  Says whether they did. */
bool get_msr(struct run *run, uint32_t msr, uint64_t *value);
bool set_msr(struct run *run, uint32_t msr, uint64_t value);

/* Expects that RDMSR gives @wanted. */
void expect_msr(struct run *run, uint32_t msr, uint64_t wanted);

/* Expects that RDMSR of what is no MSR is #GP(0), or reads 0.  Says whether it read. */
bool expect_gp_or_0(struct run *run, uint32_t msr);

/* Expects that WRMSR of @value is #GP(0). */
void expect_refused(struct run *run, uint32_t msr, uint64_t value);

/* The same of @good with each one of the bits @reserved set; and then writes @good. */
void expect_bits_refused(struct run *run, uint32_t msr, uint64_t good, uint64_t reserved);

/*
 * Most checks use only this much of pages A and B, from their start on: on some hosts each of the
 * guest's instructions costs microseconds.  refill() fills it with noise.
 */
#define AROUND 0x200u
void refill(void);

/* Expects that the host wrote between @from and @to of @page. */
void expect_written(struct run *run, unsigned page, unsigned from, unsigned to);

/* A gpa that can't be memory, on a page. */
uint64_t outside_gpa(void);

#endif
