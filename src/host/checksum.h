/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether the guest has changed what the host relies on (option checksum): its code and constants,
 * nested and own page tables but for accessed and dirty bits, the bitmaps of ports and MSRs.
 */
#ifndef HOST_CHECKSUM_H
#define HOST_CHECKSUM_H

#include "host/vcpu.h"

/* Takes the sums, before the first vCPU runs. */
void checksum_init(const struct vcpu_vendor *vendor);

/* What has changed since then; NULL: nothing, or the option is not given. */
const char *checksum_changed(void);

#endif
