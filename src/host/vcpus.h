/* SPDX-License-Identifier: GPL-2.0-only */
/* All vCPUs: each on a processor of its own, and the interrupts by which they start each other. */
#ifndef HOST_VCPUS_H
#define HOST_VCPUS_H

#include "host/loader.h"
#include "host/vcpu.h"

/* How many there are, and each by its number. */
unsigned vcpus_count(void);
const struct vcpu *vcpus_get(unsigned id);

/* Called by the first vCPU that can't go on; it does not return. */
typedef void vcpu_finish(const struct vcpu *vcpu);

/*
 * Runs the guest, and does not return: vCPU 0, on this processor, from where the loader left it; one on each
 * of the others, from a start-up IPI on.
 */
_Noreturn void vcpus_run(const struct vcpu_vendor *vendor, const struct guest_memory *memory,
			 const struct loaded_guest *loaded, vcpu_finish *finish);

/*
 * What the guest writes to its APIC's ICR (SDM volume 3, 325384-083, 11.6.1): INIT and start-up IPIs reach
 * vCPUs, and never a processor; all others are the real APIC's.
 */
void vcpus_write_icr(struct vcpu *from, uint32_t command);

#endif
