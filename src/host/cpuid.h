/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPU that the guest sees. */
#ifndef HOST_CPUID_H
#define HOST_CPUID_H

#include "host/vcpu.h"

/* Executes CPUID for the guest. */
void handle_cpuid(struct vcpu *vcpu);

#endif
