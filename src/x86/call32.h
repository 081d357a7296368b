/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls from modes other than 64-bit mode at CPL 0. */
#ifndef X86_CALL32_H
#define X86_CALL32_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/cpu.h"

/* How legacy mode translates addresses.  With paging, virtual addresses are those of long mode. */
enum mode32 { MODE32_UNPAGED, MODE32_PAGED, MODE32_PAE };

/* One call of call_with_regs32(). */
struct call32 {
	struct call32 *next; /* the next call before the return to long mode, or NULL */
	enum mode32 mode;
	uint32_t target;      /* address of code that ends with RET */
	struct gprs in;       /* rsp is filled in; upper halves and R8-R15 only of the first call */
	struct gprs out;      /* only the low halves, and rflags */
	uint16_t segments[6]; /* after the call: cs ss ds es fs gs */
	uint32_t through[4];  /* target, as read after the call through ss es fs gs */
	uint32_t cr0, cr3, cr4, efer;          /* during the call; efer without LME and LMA */
	uint32_t out_cr0, out_cr3, out_cr4;    /* after the call */
	uint32_t out_fs_base, out_gs_base;     /* likewise; 0 before it */
	uint32_t out_efer;                     /* after the last of the calls */
	uint8_t out_idtr[6];                   /* likewise: limit and base */
	uint32_t long_cr0, long_cr3, long_cr4; /* of long mode */
	uint32_t faulted;                      /* traps, or interrupts, that ended it; then: */
	uint32_t fault_stub, fault_error, fault_eip;
	uint64_t stack; /* RSP of the caller */
};

/* The page tables of legacy mode, as far as they are not long mode's. */
extern uint32_t directory32[1024], table32[1024];
extern uint64_t pointers_pae[512];

/* The IDTR during the call. */
extern struct table_register idt32_register;

/* The selectors during the call, in the order of call32.segments. */
extern const uint16_t call32_segments[6];

/*
 * Sets up what all processors share.  The first attempt_call32() does it too, but several
 * processors may call only after this.  All may use MODE32_UNPAGED and MODE32_PAE at once;
 * MODE32_PAGED, which maps 4 MiB, is the boot processor's only.
 */
void call32_init(void);

/* Goes to legacy mode, makes @call and the calls linked to it, and returns to long mode. */
void attempt_call32(struct call32 *call);

/* The trap's vector, if the call faulted. */
unsigned call32_vector(const struct call32 *call);

/* What enter_by_iret() loads. */
struct iret_call {
	struct gprs regs;
	uint64_t rip, cs, ss;
};

/* Goes to @call->rip by IRET.  A trap ends that code; it is in attempt.fault afterwards. */
void attempt_iret(struct iret_call *call);

/* boot/call32.asm */
void call_with_regs32(struct call32 *call);
_Noreturn void enter_by_iret(const struct iret_call *call);
extern const uint8_t call32_jump[]; /* what jumps to a call, after IF has been set as it wants */

#endif
