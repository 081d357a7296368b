/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/interrupt.h"

#include "host/vmx_insn.h"

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

/* NMIs are not the guest's: they keep the gate that they have. */
void interrupt_init(void)
{
	for (unsigned i = 0; i < VECTORS_ALL; i++) {
		const uint64_t at = (uint64_t)interrupt_stubs[i];

		idt[i] = (struct gate){.offset_low = (uint16_t)at,
				       .selector = SEL_CODE64,
				       .type = GATE_INTERRUPT,
				       .offset_middle = (uint16_t)(at >> 16)};
	}
	idt[VECTOR_NMI] = ((const struct gate *)read_idtr().base)[VECTOR_NMI];
}
