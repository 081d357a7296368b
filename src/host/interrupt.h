/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's interrupts, where the host takes them. */
#ifndef HOST_INTERRUPT_H
#define HOST_INTERRUPT_H

/* Once, before any vCPU runs. */
void interrupt_init(void);

/* On each vCPU's processor, before that runs: from now on it can get NMIs. */
void interrupt_load(void);

/*
 * interrupt_take.asm: lets the processor take one interrupt, if one is pending.  Returns its
 * vector, or -1.
 */
int interrupt_take(void);

#endif
