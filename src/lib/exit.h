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
#define EXIT_CODE(verdict) (0x10 + (verdict))

/*
 * Ends the machine by the first way that works: isa-debug-exit (QEMU); unless the
 * console is on the screen, which is to be read, the word "Shutdown" (Bochs) and ACPI
 * power-off; if @reset, the keyboard controller's reset; else it halts.
 */
_Noreturn void machine_exit(uint8_t code, bool reset);

#endif
