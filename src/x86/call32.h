/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls from other modes than 64-bit mode at CPL 0. */
#ifndef X86_CALL32_H
#define X86_CALL32_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/cpu.h"

/* How legacy mode translates addresses.  With paging the window has the addresses of long mode. */
enum mode32 { MODE32_UNPAGED, MODE32_PAGED, MODE32_PAE };

/* One call of call_with_regs32(). */
struct call32 {
	struct call32 *next; /* to be made in the same stay in legacy mode, or NULL */
	enum mode32 mode;    /* for the call */
	uint32_t target;     /* address of code that ends with RET */
	struct gprs in;  /* rsp is filled in; only the first call's R8-R15 and upper halves count */
	struct gprs out; /* only the low halves, and rflags */
	uint16_t segments[6];   /* afterwards: cs ss ds es fs gs */
	uint32_t cr0, cr3, cr4; /* for the call */
	uint32_t efer;          /* likewise: without LME and LMA */
	uint32_t out_cr0, out_cr3, out_cr4;
	uint32_t long_cr0, long_cr3, long_cr4; /* for the way back */
	uint32_t faulted; /* whether there was a trap: from which stub, error code, EIP */
	uint32_t fault_stub, fault_error, fault_eip;
	uint64_t stack;
};

/* What the selectors are during the call, in the order of call32.segments. */
extern const uint16_t call32_segments[6];

/*
 * Sets up what all vCPUs share.  The first call does that too, but it must be done before several
 * vCPUs call.  Then all may use MODE32_UNPAGED at once; only the boot vCPU may use the other modes.
 */
void call32_init(void);

/*
 * Goes to legacy mode, makes @call and those linked to it, each in its own mode, and returns to
 * long mode.
 */
void attempt_call32(struct call32 *call);

/* The vector of the trap, if the call faulted. */
unsigned call32_vector(const struct call32 *call);

/* Where enter_by_iret() goes. */
struct iret_call {
	struct gprs regs;
	uint64_t rip, cs, ss;
};

/* Enters @call.  It ends by a trap, which is in attempt.fault afterwards. */
void attempt_iret(struct iret_call *call);

/* boot/call32.asm */
void call_with_regs32(struct call32 *call);
_Noreturn void enter_by_iret(const struct iret_call *call);

#endif
