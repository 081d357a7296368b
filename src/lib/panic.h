/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a run that can't go on: an error of ours, or of our user's, never the host's failure. */
#ifndef LIB_PANIC_H
#define LIB_PANIC_H

#include "lib/tap.h"
#include "x86/regs.h"

/* Whose counts the last line shows. */
void panic_init(const struct tap *tap);

/* Prints "Bail out! " with the text, and "# RESULT: ERROR"; ends the machine. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints all of @frame as diagnostics. */
void print_frame(const struct trap_frame *frame);

/* For cpu_init(): an exception that nobody expected.  Prints it and ends the run. */
_Noreturn void panic_trap(struct trap_frame *frame);

#endif
