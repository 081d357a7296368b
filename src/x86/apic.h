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
 * Finds this CPU's APIC, turns it on if it is off, and if @x2apic to x2APIC mode where CPUID offers that;
 * the firmware may have left it in that mode anyhow.  NULL, or why there is none to use.
 */
const char *apic_init(bool x2apic);

/* On another processor: the mode that apic_init() chose. */
void apic_load(void);

/*
 * A register by its offset in the page, and as it is there, in either mode.  One that there is not in x2APIC
 * mode reads as 0.
 */
#define APIC_ID 0x020
uint32_t apic_read(unsigned offset);
void apic_write(unsigned offset, uint32_t value);

/* Sends an interprocessor interrupt: the low half of the ICR, and the APIC that is to have it; 0xff: all. */
#define APIC_ICR             0x300
#define APIC_ICR_DESTINATION 0x310
void apic_send(uint32_t command, uint32_t destination);

/* An NMI for all processors but this one. */
void apic_nmi_others(void);

/* INIT, and a start-up IPI to the page at @low below 1 MiB, for all processors but this one. */
void apic_init_others(void);
void apic_start_others(uint32_t low);

#endif
