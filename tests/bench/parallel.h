/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For images that measure all processors at once.  Their options:
 *
 *   cpus=N      how many processors there must be
 *   calls=N     how many calls each makes
 *   echo=INDEX  of the echo service
 */
#ifndef BENCH_PARALLEL_H
#define BENCH_PARALLEL_H

#include <stdint.h>

struct parallel_options {
	uint64_t cpus, calls, echo;
};

extern struct parallel_options parallel_options;

/* Reads the options, and starts the processors. */
void parallel_start(void);

/*
 * Runs @make_calls(@arg) on all processors, twice: the first time warms up.  Prints "# go" before
 * the second, and after it "# smp PROCESSORS CALLS TICKS": the number of calls of all processors,
 * and the time in units of the time stamp counter; under QEMU's -icount shift=0 these are
 * instructions, of all processors, and of the host if there is one.
 */
void parallel_measure(void (*make_calls)(void *arg), void *arg);

#endif
