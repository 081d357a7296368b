/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a run. */
#ifndef LIB_EXIT_H
#define LIB_EXIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tap.h"

/* QEMU's isa-debug-exit. */
#define DEBUG_EXIT 0xf4

/* What goes to isa-debug-exit: 0x10 and the verdict.  QEMU then exits with 2 * code + 1. */
#define EXIT_CODE(verdict) ((uint8_t)(0x10 + (verdict)))

/* Whether a run that nothing else ends is ended by machine_reset().  It is not, unless this says so. */
void exit_may_reset(bool may);

/*
 * Prints the last line of @tap, and before it, where nothing is seen that will end the machine, that
 * the run ends by a halt; then ends the machine.
 */
_Noreturn void end_run(const struct tap *tap, enum verdict verdict);

/*
 * Ends the machine by the first way that works: isa-debug-exit (QEMU); unless the console is on
 * the screen, which is to be read, the word "Shutdown" (Bochs) and ACPI power-off; a reset, if
 * exit_may_reset() allows it; else it halts.
 */
_Noreturn void machine_exit(uint8_t code);

/* Resets the machine by the first way that works: keyboard controller, port 0xcf9, triple fault. */
_Noreturn void machine_reset(void);

#endif
