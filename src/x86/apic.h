/* SPDX-License-Identifier: GPL-2.0-only */
/* The local APIC. */
#ifndef X86_APIC_H
#define X86_APIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Virtual wire mode: the PICs' interrupts reach this processor through LINT0 of its local APIC,
 * which some firmware leaves masked.  Does nothing if there is no local APIC or it is off.
 */
void apic_virtual_wire(void);

/*
 * Finds this processor's APIC and turns it on if it is off; if @want_x2apic, in x2APIC mode where
 * CPUID has that.  An APIC that is in x2APIC mode already stays in it.  Returns NULL, or why there
 * is no APIC to use.
 */
const char *apic_init(bool want_x2apic);

/* On another processor: turns its APIC on, in the mode that apic_init() chose. */
void apic_load(void);

/*
 * Reads and writes a register.  In both modes @offset and the layout of the value are those of
 * xAPIC mode.  A register that x2APIC mode does not have reads as 0; a write that it refuses is
 * dropped.
 */
#define APIC_ID  0x020
#define APIC_IRR 0x200 /* the first of eight */
uint32_t apic_read(unsigned offset);
void apic_write(unsigned offset, uint32_t value);

/* The timer: one interrupt at @vector after @count of its cycles, whose rate nobody promises. */
void apic_timer_start(unsigned vector, uint32_t count);
void apic_timer_stop(void);

/* For the timer's handler: one more, after @count of its cycles. */
void apic_timer_again(uint32_t count);

/* For handlers: ends the interrupt that is in service. */
void apic_end_of_interrupt(void);

/* Sends an IPI: @command is the low half of the ICR, @destination an APIC's ID, or 0xff for all. */
#define APIC_ICR             0x300
#define APIC_ICR_DESTINATION 0x310
#define ICR_LOGICAL          0x00800u
#define ICR_ASSERT           0x04000u
#define ICR_SELF             0x40000u /* a shorthand: APM2 (24593 rev. 3.41) 16.5 */
#define ICR_ALL              0x80000u /* likewise; with ICR_SELF: all but itself */
#define ICR_WRITABLE         0xccfffu
void apic_send(uint32_t command, uint32_t destination);

/* An NMI to one processor. */
void apic_nmi(uint32_t destination);

/* To one processor: INIT; a start-up IPI for the page at @low below 1 MiB. */
void apic_init_one(uint32_t destination);
void apic_start_one(uint32_t destination, uint32_t low);

/* To all processors but this one: an NMI; and the same. */
void apic_nmi_others(void);
void apic_init_others(void);
void apic_start_others(uint32_t low);

#endif
