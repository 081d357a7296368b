/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose CPU this is: an ABI may promise a call by the instruction of that vendor. */
#ifndef GUEST_VENDOR_H
#define GUEST_VENDOR_H

/* Who has AMD's instructions for virtualisation, and who has Intel's. */
enum cpu_vendor { VENDOR_AMD, VENDOR_INTEL, VENDOR_UNKNOWN };

/* By the name in CPUID leaf 0. */
enum cpu_vendor vendor_by_name(void);

#endif
