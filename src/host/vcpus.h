/* SPDX-License-Identifier: GPL-2.0-only */
/* All vCPUs, each on its own processor, and how they are started and stopped. */
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
 * An INIT for vCPU @id; and a start-up IPI, which a vCPU that was not sent an INIT ignores: it then
 * starts at the page number @vector.
 */
void vcpus_send_init(unsigned id);
void vcpus_send_startup(unsigned id, unsigned vector);

/*
 * A kick for vCPU @id, which ends a HLT: the one in which it waits by vcpus_await_kick(), or else
 * its next one.  Kicks are not counted.
 */
void vcpus_kick(unsigned id);

/* Whether a kick had come.  It is spent then. */
bool vcpus_take_kick(struct vcpu *vcpu);

/* Waits for one.  False: an INIT came first, or the guest is at its end. */
bool vcpus_await_kick(struct vcpu *vcpu);

#endif
