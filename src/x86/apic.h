/* SPDX-License-Identifier: GPL-2.0-only */
/* The local APIC. */
#ifndef X86_APIC_H
#define X86_APIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Virtual wire mode: the PICs' interrupts reach this CPU through its local APIC's LINT0,
 * which some firmware leaves masked.  Does nothing where there is no local APIC.
 */
void apic_virtual_wire(void);

/*
 * Finds this CPU's APIC, and turns it to x2APIC mode where CPUID offers that.  False if there is none,
 * whatever CPUID says.
 */
bool apic_init(void);

/* INIT, and a start-up IPI to the page at @low below 1 MiB, for all processors but this one. */
void apic_init_others(void);
void apic_start_others(uint32_t low);

#endif
