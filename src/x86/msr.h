/* SPDX-License-Identifier: GPL-2.0-only */
/* MSRs that may be missing or may refuse a value. */
#ifndef X86_MSR_H
#define X86_MSR_H

#include <stdbool.h>
#include <stdint.h>

/* RDMSR and WRMSR.  False on a fault; then *@value is unchanged. */
bool msr_read(uint32_t msr, uint64_t *value);
bool msr_write(uint32_t msr, uint64_t value);

#endif
