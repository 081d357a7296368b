/* SPDX-License-Identifier: GPL-2.0-only */
/* All vCPUs, each on its own processor, and the interrupts by which they start one another. */
#ifndef HOST_VCPUS_H
#define HOST_VCPUS_H

#include "host/loader.h"
#include "host/vcpu.h"

/* The number of vCPUs, and each by its number from 0 on. */
unsigned vcpus_count(void);
const struct vcpu *vcpus_get(unsigned id);

/* Called once, for the first vCPU that cannot go on; must not return. */
typedef void vcpu_finish(const struct vcpu *vcpu);

/*
 * Runs the guest: vCPU 0 on this processor, from its entry on, and one vCPU on each other
 * processor, from its start-up IPI on.
 */
_Noreturn void vcpus_run(const struct vcpu_vendor *vendor, const struct guest_memory *memory,
			 const struct loaded_guest *loaded, vcpu_finish *finish);

/* No processor but that of vCPU @id, which calls it, runs the guest any more, or says anything. */
void vcpus_stop_others(unsigned id);

/* An NMI has come to this processor, in the host. */
void vcpus_nmi(void);

/*
 * The guest on vCPU @from writes @command to its APIC's ICR (SDM volume 3, 325384-083, 11.6.1).
 * INIT and start-up IPIs go to vCPUs, and never to processors; the real APIC sends interrupts, to
 * the processors of vCPUs.  SMI, NMI and what else would reach the host are refused.
 */
void vcpus_write_icr(struct vcpu *from, uint32_t command);

#endif
