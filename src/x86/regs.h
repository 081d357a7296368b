/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers as boot/ saves and loads them; NASM gets the offsets by boot/asm-offsets.c. */
#ifndef X86_REGS_H
#define X86_REGS_H

#include <stdint.h>

/* The general purpose registers in the order of their encoding, and the flags. */
struct gprs {
	uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rflags;
};

/* What boot/traps.asm pushes; from error on it is the processor (APM2 8.9). */
struct trap_frame {
	uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t vector;
	uint64_t error; /* 0 for a vector without error code */
	uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct trap_frame) == 22 * 8, "boot/traps.asm");

/* Where guard_run() returns to when guard_resume() ends the function that it runs. */
struct guard {
	uint64_t rbx, rbp, r12, r13, r14, r15;
	uint64_t rsp, rip;
};

/* One call of call_with_regs(). */
struct call {
	uint64_t target; /* virtual address of code that ends with RET */
	struct gprs in;  /* rsp is filled in: its value after the RET */
	struct gprs out;
	uint64_t stack; /* RSP of the caller */
};

#endif
