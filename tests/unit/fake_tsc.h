/* SPDX-License-Identifier: GPL-2.0-only */
/* Included before a source that reads the TSC: it reads the test's. */
#ifndef UNIT_FAKE_TSC_H
#define UNIT_FAKE_TSC_H

#define rdtsc real_rdtsc
#include "x86/insn.h"
#undef rdtsc

uint64_t rdtsc(void);

#endif
