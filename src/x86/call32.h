/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls from other modes than the guest's own 64-bit one at CPL 0. */
#ifndef X86_CALL32_H
#define X86_CALL32_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/cpu.h"

/* How legacy mode translates addresses.  Where it does, the window is where it is in long mode. */
enum mode32 { MODE32_UNPAGED, MODE32_PAGED, MODE32_PAE };

/* One call of call_with_regs32(). */
struct call32 {
	struct call32 *next; /* to be made on the same way; NULL: none */
	enum mode32 mode;    /* to be made in */
	uint32_t target;     /* address of code that ends with RET */
	struct gprs in;  /* rsp is filled in; what legacy mode does not see is the first call's */
	struct gprs out; /* the low halves alone; rflags as well */
	uint16_t segments[6];   /* afterwards: cs ss ds es fs gs */
	uint32_t cr0, cr3, cr4; /* for the call */
	uint32_t efer;          /* the same: without LME and LMA */
	uint32_t out_cr0, out_cr3, out_cr4;
	uint32_t long_cr0, long_cr3, long_cr4; /* for the way back */
	uint32_t faulted;                      /* there was a trap: which stub, error code, EIP */
	uint32_t fault_stub, fault_error, fault_eip;
	uint64_t stack;
};

/* What the selectors are during the call, in the order of call32.segments. */
extern const uint16_t call32_segments[6];

/*
 * Sets up what all vCPUs share, which else the first call does: before several of them call.  Then
 * MODE32_UNPAGED is safe on all at once; the other modes are the boot vCPU's alone, whose memory they map.
 */
void call32_init(void);

/*
 * Goes to legacy mode, makes @call and all that follow it, each in its own mode, and comes back: an
 * interaction with the host.
 */
void interact32(struct call32 *call);

/* The vector of the trap that call32.faulted tells of. */
unsigned call32_vector(const struct call32 *call);

/* Where enter_by_iret() goes. */
struct iret_call {
	struct gprs regs;
	uint64_t rip, cs, ss;
};

/* Enters @call as an interaction, which the trap that ends it tells of: in_flight.fault. */
void interact_by_iret(struct iret_call *call);

/* boot/call32.asm */
void call_with_regs32(struct call32 *call);
_Noreturn void enter_by_iret(const struct iret_call *call);

#endif
