/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which host-physical page each guest-physical one is: the guest's memory, and the
 * machine's text screen, which holds nothing but text; nothing else is mapped.
 */
#ifndef HOST_NESTED_PAGING_H
#define HOST_NESTED_PAGING_H

#include "host/guest_memory.h"

/*
 * Fills the tables.  @leaf is what an entry of a page needs beside its rights (vcpu.h).  The memory
 * is at most 1 GiB.
 */
void nested_init(const struct guest_memory *memory, uint64_t leaf);

/* The physical address of the root. */
uint64_t nested_root(void);

#endif
