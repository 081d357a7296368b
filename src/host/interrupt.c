/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/interrupt.h"

#include "host/vmx_insn.h"
#include "x86/trap.h"

#define VECTORS_ALL    256
#define STUB_SIZE      8    /* interrupt_take.asm */
#define GATE_INTERRUPT 0x8e /* present, DPL 0: APM2 (24593 rev. 3.41) 4.8.4 */

extern const uint8_t interrupt_stubs[VECTORS_ALL][STUB_SIZE];

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

_Static_assert(sizeof(struct gate) == 16, "APM2 4.8.4");

/* Shared by all vCPUs, and only read after interrupt_init(). */
static struct gate idt[VECTORS_ALL];
const struct table_register interrupt_idtr = {sizeof(idt) - 1, (uint64_t)idt};

/* The host's, while it takes none of the guest's interrupts. */
static struct gate host_idt[VECTORS];
static const struct table_register host_idtr = {sizeof(host_idt) - 1, (uint64_t)host_idt};

/*
 * An NMI may interrupt the handler of another trap, that of an attempt: it must not use the same
 * stack from the top again (IST_TRAP), but goes on below what is in use.
 */
static void init_host_idt(void)
{
	const struct gate *gates = (const struct gate *)read_idtr().base;

	for (unsigned i = 0; i < VECTORS; i++)
		host_idt[i] = gates[i];
	host_idt[VECTOR_NMI].ist = 0;
	trap_nmis_expected = true;
}

void interrupt_load(void)
{
	__asm__ volatile("lidt %0" : : "m"(host_idtr));
}

/* NMIs are not the guest's: they keep the gate that they have. */
void interrupt_init(void)
{
	init_host_idt();
	for (unsigned i = 0; i < VECTORS_ALL; i++) {
		const uint64_t at = (uint64_t)interrupt_stubs[i];

		idt[i] = (struct gate){.offset_low = (uint16_t)at,
				       .selector = SEL_CODE64,
				       .type = GATE_INTERRUPT,
				       .offset_middle = (uint16_t)(at >> 16)};
	}
	idt[VECTOR_NMI] = host_idt[VECTOR_NMI];
}
