/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of the ABI: plain C over guest memory, so that it is tested on the build
 * machine too.
 */
#ifndef HOST_PARA_HOST_H
#define HOST_PARA_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu.h"

/* The call instruction that registrations patch in: three bytes, by the CPU's vendor. */
void para_init(const uint8_t instruction[3]);

/* vcpu.h's para_hypercall() is here too. */

/* Whether @msr is the ABI's. */
bool para_msr(uint32_t msr);

/* RDMSR of it: true with *@value, or false with #GP(0) injected. */
bool para_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);

/* WRMSR of it registers the page at @gpa: true, or false with #GP(0) injected. */
bool para_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t gpa);

#endif
