/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting all processors with memory that the loader's map has free.  In lib and not with
 * x86/smp.h, because x86 does not know the loader.
 */
#ifndef LIB_PROCESSORS_H
#define LIB_PROCESSORS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Starts processors until @wanted are running, or all if that is 0 (smp_start()), with memory
 * from the address @from on.  Returns how many are running.
 *
 * @host: that memory is mapped at its own addresses already, and the APICs stay in their mode.
 * Otherwise this maps it, without the guard pages, and the APICs use x2APIC mode if they can.
 */
unsigned processors_start(uint64_t from, unsigned wanted, bool host);

/* The memory that processors_start() took: from this address on, before *@end.  Both 0: none. */
uint64_t processors_memory(uint64_t *end);

/* Why processors_start() did not try to start as many as wanted; NULL if it tried. */
const char *processors_why(void);

#endif
