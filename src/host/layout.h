/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the guest's memory is in the machine.  From 1 MiB on it is at its own addresses wherever
 * possible, so that a debugger of the machine, which knows nothing of nested paging (QEMU's gdb
 * stub), reads the guest's memory.  Where the host, the firmware or a hole is in the way, a whole
 * block of 2 MiB is elsewhere.  So are the first 640 KiB, which firmware and the start-up code of
 * the host's processors use.
 */
#ifndef HOST_LAYOUT_H
#define HOST_LAYOUT_H

#include "host/guest_memory.h"

/*
 * Finds @size bytes below 1 GiB for the guest, maps them as one range of the host's virtual
 * addresses, and logs what is not at its own address.  False: there is too little memory.
 */
bool layout_make(struct guest_memory *memory, uint64_t size);

#define LAYOUT_MODULE_MAX (UINT64_C(60) << 20)

/*
 * The module's bytes, wherever it is below 4 GiB.  They are copied if the guest's memory is to be
 * there (GRUB loads modules at 1 MiB).  NULL: there is no memory for that, or they are more than
 * LAYOUT_MODULE_MAX.
 */
const void *layout_module(const struct guest_memory *memory);

/*
 * Allocates @size bytes of the machine's memory below 1 GiB, aligned to @align, a power of two;
 * not where the guest's memory or the module is.  0: there are none.
 */
uint64_t layout_alloc(uint64_t size, uint64_t align);

/* The end of all that was allocated: nothing of the machine's memory after it is. */
uint64_t layout_end(void);

#endif
