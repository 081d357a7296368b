/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports and MSRs that the guest accesses without an exit. */
#ifndef HOST_PASSTHROUGH_H
#define HOST_PASSTHROUGH_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the guest has the port. */
bool passthrough_port(uint16_t port);

/* MSRs that the world switch saves and loads, or that the host does not use. */
extern const uint32_t passthrough_msrs[];
extern const unsigned passthrough_msr_count;

/*
 * A bit for each port, set if an access exits: both SVM's IOPM (APM2, 24593 rev. 3.41, 15.10.1)
 * and, in its first two pages, VMX's bitmaps A and B (SDM volume 3, 325384-083, 25.6.4).
 */
#define IO_BITMAP_SIZE (3 * 4096)
extern uint8_t io_bitmap[IO_BITMAP_SIZE];

/* Fills it, by config and hooks, and returns it. */
const uint8_t *io_bitmap_init(void);

#endif
