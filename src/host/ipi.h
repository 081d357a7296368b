/* SPDX-License-Identifier: GPL-2.0-only */
/* The interrupts that vCPUs send one another: for whom each is, and what becomes of it. */
#ifndef HOST_IPI_H
#define HOST_IPI_H

#include "host/vcpu.h"

/*
 * The guest on vCPU @from writes @command to its APIC's ICR (SDM volume 3, 325384-083, 11.6.1).
 * INIT and start-up IPIs go to vCPUs, and never to processors; the real APIC sends interrupts, to
 * the processors of vCPUs.  SMI, NMI and what else would reach the host are refused.
 */
void ipi_send(struct vcpu *from, uint32_t command);

/* The real APIC sends an interrupt at @vector to @to. */
void ipi_send_to(const struct vcpu *to, uint32_t vector);

/* It writes @vector to its SELF IPI register, which x2APIC mode has (11.12.11). */
void ipi_send_self(const struct vcpu *from, uint32_t vector);

#endif
