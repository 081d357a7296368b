/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where in the machine the guest's memory lies.  From 1 MiB on it lies at its own addresses wherever it can, so
 * that a debugger of the machine, which knows nothing of nested paging (QEMU's gdb stub), reads the guest's
 * memory and not ours.  What the host, the firmware or a hole has there lies elsewhere, in whole blocks of
 * 2 MiB.  So do the first 640 KiB: a PC's firmware and our own start-up code have theirs.
 */
#ifndef HOST_LAYOUT_H
#define HOST_LAYOUT_H

#include "host/guest_memory.h"

/*
 * Finds @size bytes for the guest, all below 1 GiB, makes them one range of the host's addresses, and says in
 * the log what does not lie at its own address.  False if there is too little memory.
 */
bool layout_make(struct guest_memory *memory, uint64_t size);

#define LAYOUT_MODULE_MAX (UINT64_C(60) << 20)

/*
 * The bytes of the module, which may lie anywhere below 4 GiB: copied away if they are where the guest's
 * memory is to be, as GRUB's are, at 1 MiB.  NULL if there is no memory for that, or if they are more than
 * LAYOUT_MODULE_MAX.
 */
const void *layout_module(const struct guest_memory *memory);

/*
 * @size bytes of the machine's memory below 1 GiB, aligned to @align (a power of two), that are neither the
 * guest's nor its module's; 0 if there are none.
 */
uint64_t layout_alloc(uint64_t size, uint64_t align);

/* From here on nothing is taken. */
uint64_t layout_end(void);

#endif
