/* SPDX-License-Identifier: GPL-2.0-only */
/* The faults that break C2 and C5: what a call must leave alone. */
#ifndef HOST_CLOBBER_H
#define HOST_CLOBBER_H

#include "vcpu.h"

/* Breaks what config.fault says, if it is one of these, behind a call that was answered. */
void clobber(struct vcpu *vcpu);

/* Remembers where the guest's I/O instruction leads: FAULT_STALE_RIP goes there. */
void clobber_remember_io(struct vcpu *vcpu);

#endif
