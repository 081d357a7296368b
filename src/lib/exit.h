/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a run and of the machine, which is the whole PC. */
#ifndef LIB_EXIT_H
#define LIB_EXIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tap.h"

/* The port of QEMU's isa-debug-exit.  After a write of @code QEMU exits with 2 * @code + 1. */
#define DEBUG_EXIT 0xf4

#define EXIT_CODE(verdict) ((uint8_t)(0x10 + (verdict)))

/*
 * Whether machine_exit() may reset the machine whatever booted the image.  If that was PVH or
 * Linux's 64-bit entry, it may anyway, unless the screen is on, so that it can be read.
 */
void exit_may_reset(bool may);

/* Whether machine_exit() resets the machine if no device ends it. */
bool exit_resets(void);

/*
 * Prints the last line of @tap and ends the machine.  If no device is found that can end it, and
 * it may not be reset, a line before says that the run ends by a halt.
 */
_Noreturn void end_run(const struct tap *tap, enum verdict verdict);

/*
 * Ends the machine by the first way that works: isa-debug-exit (QEMU); the word "Shutdown" (Bochs)
 * and ACPI power-off, but not if the screen is on, so that it can be read; a reset, if
 * it may be; a halt.
 */
_Noreturn void machine_exit(uint8_t code);

/* Resets the machine by the first way that works: keyboard controller, port 0xcf9, triple fault. */
_Noreturn void machine_reset(void);

#endif
