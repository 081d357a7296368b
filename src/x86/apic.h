/* SPDX-License-Identifier: GPL-2.0-only */
/* The local APIC. */
#ifndef X86_APIC_H
#define X86_APIC_H

/*
 * Virtual wire mode: the PICs' interrupts reach this CPU through its local APIC's LINT0,
 * which some firmware leaves masked.  Does nothing where there is no local APIC.
 */
void apic_virtual_wire(void);

#endif
