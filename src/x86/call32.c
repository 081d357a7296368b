/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/call32.h"

#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap.h"

#define GATE_INTERRUPT UINT64_C(0x8e)
#define STUB_SIZE      8

#define PAGE_ALIGNED __attribute__((aligned(4096)))

/* boot/call32.asm, boot/entry.asm */
extern const uint8_t trap32_stubs[];
extern uint64_t boot_pd[512];
extern const uint64_t boot_pt[2 * 512];

const uint16_t call32_segments[6] = {SEL_CODE32, SEL_DATA,   SEL_DATA_B,
				     SEL_DATA_C, SEL_DATA_D, SEL_DATA_B};

/* Gates of legacy mode have eight bytes, APM2 4.7.2 */
static uint64_t idt32[VECTORS];
struct table_register idt32_register;

/* 32-bit paging, APM2 5.2.1: one table for the 4 MiB that boot_pt maps. */
uint32_t directory32[1024] PAGE_ALIGNED;
uint32_t table32[1024] PAGE_ALIGNED;

/* PAE paging, APM2 5.2.3: four entries; the tables below are long mode's. */
uint64_t pointers_pae[512] PAGE_ALIGNED;

static void fill_idt32(void)
{
	for (unsigned i = 0; i < VECTORS; i++) {
		uint64_t stub = (uint64_t)trap32_stubs + i * STUB_SIZE;

		idt32[i] = (stub & 0xffff) | SEL_CODE32 << 16 | GATE_INTERRUPT << 40 |
			   (stub >> 16 & 0xffff) << 48;
	}
	idt32_register = (struct table_register){sizeof(idt32) - 1, (uint64_t)idt32};
}

/*
 * Volatile, and only what changed: an old host may write-protect page tables and emulate each
 * write, and it may know only plain stores of integers.
 */
static void fill_table32(void)
{
	volatile uint32_t *table = table32;

	directory32[0] = (uint32_t)((uint64_t)table32 | PTE_P | PTE_W);
	for (unsigned i = 0; i < 1024; i++) {
		uint32_t entry = (uint32_t)boot_pt[i]; /* without NX; addresses are below 4 GiB */

		if (table[i] != entry)
			table[i] = entry;
	}
}

/* Read once, because RDMSR exits. */
static uint64_t efer(void)
{
	static uint64_t value;

	if (!value)
		value = rdmsr(MSR_EFER);
	return value;
}

static void set_mode(struct call32 *call)
{
	call->long_cr0 = (uint32_t)READ_REG(cr0);
	call->long_cr3 = (uint32_t)READ_REG(cr3);
	call->long_cr4 = (uint32_t)READ_REG(cr4);
	call->efer = (uint32_t)(efer() & ~(EFER_LME | EFER_LMA));
	call->cr0 = call->long_cr0;
	call->cr4 = call->long_cr4;
	call->cr3 = call->long_cr3;
	if (call->mode == MODE32_UNPAGED)
		call->cr0 &= (uint32_t)~CR0_PG;
	if (call->mode == MODE32_PAGED) {
		/* NE is clear as in old systems.  VMX needs it set, which the host has to hide. */
		call->cr0 &= (uint32_t)~CR0_NE;
		call->cr4 &= (uint32_t)~CR4_PAE;
		call->cr3 = (uint32_t)(uint64_t)directory32;
	}
	if (call->mode == MODE32_PAE) {
		pointers_pae[0] = (uint64_t)boot_pd | PTE_P;
		call->cr3 = (uint32_t)(uint64_t)pointers_pae;
	}
}

void call32_init(void)
{
	fill_idt32();
	efer();
}

void attempt_call32(struct call32 *call)
{
	struct cpu *cpu = this_cpu();
	bool paged = false;

	if (!idt32_register.base)
		call32_init();
	for (struct call32 *c = call; c; c = c->next) {
		set_mode(c);
		c->faulted = 0;
		paged |= c->mode == MODE32_PAGED;
	}
	if (paged)
		fill_table32();
	cpu->call32 = call;
	cpu->attempt.active = true;
	call_with_regs32(call);
	cpu->attempt.active = false;
}

unsigned call32_vector(const struct call32 *call)
{
	return (call->fault_stub - (uint32_t)(uint64_t)trap32_stubs) / STUB_SIZE;
}

static void run_iret(void *call)
{
	enter_by_iret(call);
}

void attempt_iret(struct iret_call *call)
{
	struct cpu *cpu = this_cpu();
	uint16_t ds = READ_SEL(ds), es = READ_SEL(es);

	cpu->attempt.active = true;
	guard_run(&cpu->attempt.guard, run_iret, call);
	cpu->attempt.active = false;
	/* IRET to CPL 3 clears selectors of CPL 0 (APM3, IRET), which legacy mode needs. */
	WRITE_SEL(ds, ds);
	WRITE_SEL(es, es);
}
