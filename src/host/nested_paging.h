/* SPDX-License-Identifier: GPL-2.0-only */
/* Nested paging maps the guest's memory and the machine's screen; nothing else. */
#ifndef HOST_NESTED_PAGING_H
#define HOST_NESTED_PAGING_H

#include "host/guest_memory.h"

/* Fills the tables, for at most 1 GiB of memory.  @leaf: vcpu_vendor's nested_leaf. */
void nested_init(const struct guest_memory *memory, uint64_t leaf);

/*
 * Maps @size bytes of a device's memory, less than 1 GiB, from @pa on to @gpa; for one device only.
 * @pa is a multiple of 2 MiB, @gpa one of 1 GiB, above the guest's memory.
 */
void nested_map_device(uint64_t gpa, uint64_t pa, uint64_t size);

/*
 * Takes the page at @gpa away, or maps it again.  Any vCPU may do so while others run: it is one
 * atomic operation.  A vCPU that has the translation in its TLB keeps it until it flushes
 * (struct vcpu, flush).  False: this page is not one of memory that has an entry of its own, as
 * those of the first 2 MiB have.
 */
bool nested_set_present(const struct guest_memory *memory, uint64_t gpa, bool present);

/* The physical address of the root table. */
uint64_t nested_root(void);

#endif
