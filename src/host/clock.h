/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's clocks: how fast the TSC counts, and what the guest sees of the RTC. */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vcpu.h"

/* The TSC's frequency by the PIT, which afterwards is stopped; 0: there is no PIT. */
uint64_t clock_tsc_hz(void);

/*
 * The guest may read the RTC, by ports 0x70 and 0x71, but change nothing: a write of port 0x70
 * would also mask the NMIs by which vCPUs are stopped.  False: vcpu->exit.io is another port.
 */
bool clock_rtc_io(struct vcpu *vcpu);

#endif
