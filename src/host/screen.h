/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's screen is the machine's. */
#ifndef HOST_SCREEN_H
#define HOST_SCREEN_H

#include "host/guest_memory.h"

/* Where the guest has the framebuffer: above its memory, below the APIC. */
#define SCREEN_GPA UINT64_C(0x80000000)

/*
 * If the loader's framebuffer can be used, maps it to the guest, and tells it so.  After
 * load_guest() and nested_init().
 */
void screen_share(const struct guest_memory *memory);

#endif
