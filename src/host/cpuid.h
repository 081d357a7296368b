/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPU the guest sees. */
#ifndef HOST_CPUID_H
#define HOST_CPUID_H

#include "host/vcpu.h"

/* Does what CPUID does. */
void handle_cpuid(struct vcpu *vcpu);

#endif
