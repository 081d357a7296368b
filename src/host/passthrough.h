/* SPDX-License-Identifier: GPL-2.0-only */
/* What is the guest's own, and does not exit: ports and MSRs. */
#ifndef HOST_PASSTHROUGH_H
#define HOST_PASSTHROUGH_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the port is the guest's. */
bool passthrough_port(uint16_t port);

/* MSRs that are switched together with the guest, or that the host has no use for itself. */
extern const uint32_t passthrough_msrs[];
extern const unsigned passthrough_msr_count;

/*
 * A bit a port, set where it exits, in one piece for both vendors: SVM's IOPM (APM2 15.10.1)
 * has a page more than VMX's bitmaps A and B (SDM 25.6.4).
 */
#define IO_BITMAP_SIZE (3 * 4096)
const uint8_t *io_bitmap_init(void);

#endif
