/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a run that can't go on: the error is in the image or in its options. */
#ifndef LIB_PANIC_H
#define LIB_PANIC_H

#include "lib/tap.h"
#include "x86/regs.h"

/* Panics print the counts of @tap in their last line, and name the test that it runs. */
void panic_init(const struct tap *tap);

/* Prints "Bail out! " with the text, and "# RESULT: ERROR"; ends the machine (exit.h). */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints @frame, the control registers, and what may be return addresses, as diagnostics. */
void print_frame(const struct trap_frame *frame);

/*
 * For cpu_init(): prints an unexpected exception and ends the run.  On a silent processor
 * (x86/cpu.h) it ends only that processor.
 */
_Noreturn void panic_trap(struct trap_frame *frame);

#endif
