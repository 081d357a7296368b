/* SPDX-License-Identifier: GPL-2.0-only */
/* MSRs that may not be there, or not take a value. */
#ifndef X86_MSR_H
#define X86_MSR_H

#include <stdbool.h>
#include <stdint.h>

/* RDMSR and WRMSR.  False on a fault, and then *@value is as it was. */
bool msr_read(uint32_t msr, uint64_t *value);
bool msr_write(uint32_t msr, uint64_t value);

#endif
