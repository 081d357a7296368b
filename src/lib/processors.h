/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for all processors. */
#ifndef LIB_PROCESSORS_H
#define LIB_PROCESSORS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Starts all processors, or so many that there are @wanted, if that is not 0 (smp_start()).  Takes memory
 * from @from on.  @host: all of it is mapped at its own address, and the APICs stay in the mode that they
 * are in; else what is needed gets mapped, without the stacks' guard pages.  Returns how many there are.
 */
unsigned processors_start(uint64_t from, unsigned wanted, bool host);

/* Why it did not try to start as many as were wanted; NULL: it did, however many came. */
const char *processors_why(void);

#endif
