/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by the local APIC, on two vCPUs. */
#ifndef GUESTS_ATTACK_APIC_H
#define GUESTS_ATTACK_APIC_H

#include "attack.h"

#define VECTOR      40
#define MOMENT      3000 /* rounds in which an interrupt would arrive */
#define TPR         0x080
#define EOI         0x0b0
#define LDR         0x0d0
#define LVT_TIMER   0x320
#define LVT_LINT0   0x350
#define LVT_LINT1   0x360
#define COUNT       0x380
#define DIVIDE      0x3e0
#define MASKED      0x10000u
#define LOGICAL     0x800u
#define SELF        0x40000u
#define ALL         0x80000u
#define OTHERS      0xc0000u
#define NOBODY      0x7e
#define BROADCAST   0xff
#define BASE_X2APIC BIT(10)
#define MSR_ICR     0x830
#define MSR_SELF    0x83f

enum {
	FIXED = 0,
	LOWEST = 0x100,
	SMI = 0x200,
	REMOTE = 0x300,
	NMI = 0x400,
	INIT = 0x500,
	SIPI = 0x600,
	EXTINT = 0x700
};

/*
 * Whether just the vCPUs with a bit in @wanted get an interrupt by VECTOR, nobody gets an NMI, and
 * all live.
 */
bool arrived(unsigned wanted);

bool x2apic(void);

/* The APIC's number of a vCPU. */
uint32_t id_of(unsigned cpu);

/* Whether a vCPU counts on, and its counter. */
bool attack_lives(unsigned cpu);
const volatile unsigned *attack_alive(unsigned cpu);

/* While it is set, no interrupt gets an EOI. */
extern volatile bool attack_keep_in_service;

/* attack_pv.c: kicks, IPIs and pages taken away; and the same after vCPU 1 has had an INIT. */
extern const struct attacks pv_attacks[], dead_attacks[];

/* attack_lvt.c: the registers but for the ICR, and what only x2APIC mode has. */
extern const struct attacks lvt_attacks[];

#endif
