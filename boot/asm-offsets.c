/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Constants of the C headers, for NASM.  Compiled with -S only: the Makefile turns each
 * "->NAME value" into "NAME equ value".
 */
#include <stddef.h>

#include "lib/boot.h"
#include "lib/linux_boot.h"
#include "lib/pvh.h"
#include "x86/call32.h"
#include "x86/cpu.h"
#include "x86/defs.h"
#include "x86/regs.h"
#include "x86/smp.h"

#define EMIT(name, n)              __asm__ volatile(".ascii \"->" name " %c0\"" : : "i"((int)(n)))
#define SYMBOL(name, value)        EMIT(#name, value)
#define CONSTANT(name)             EMIT(#name, name)
#define MEMBER(name, type, member) EMIT(#name, offsetof(struct type, member))

void asm_offsets(void);

void asm_offsets(void)
{
	CONSTANT(PAGE_SIZE);
	CONSTANT(PTE_P);
	CONSTANT(PTE_W);
	CONSTANT(PTE_U);
	CONSTANT(CR0_PE);
	CONSTANT(CR0_MP);
	CONSTANT(CR0_ET);
	CONSTANT(CR0_NE);
	CONSTANT(CR0_WP);
	CONSTANT(CR0_PG);
	CONSTANT(CR4_PAE);
	CONSTANT(CR4_OSFXSR);
	CONSTANT(CR4_OSXMMEXCPT);
	CONSTANT(CR4_PCIDE);
	CONSTANT(MSR_EFER);
	CONSTANT(MSR_FS_BASE);
	CONSTANT(MSR_GS_BASE);
	CONSTANT(EFER_LME);
	CONSTANT(EFER_NXE);
	CONSTANT(RFLAGS_RESERVED1);
	CONSTANT(SEL_CODE64);
	CONSTANT(SEL_DATA);
	CONSTANT(SEL_DATA_B);
	CONSTANT(SEL_DATA_C);
	CONSTANT(SEL_DATA_D);
	CONSTANT(SEL_CODE32);
	CONSTANT(VECTORS);
	CONSTANT(VECTOR_DF);
	CONSTANT(IST_TRAP);
	CONSTANT(IST_DOUBLE_FAULT);
	CONSTANT(TRAP_STUBS);

	CONSTANT(LINUX_MAGIC);
	CONSTANT(PVH_MAGIC);
	SYMBOL(BOOT_INFO_SIZE, sizeof(struct boot_info));
	MEMBER(BOOT_PROTOCOL, boot_info, protocol);
	MEMBER(BOOT_AT, boot_info, at);

	CONSTANT(STACK_SIZE);
	CONSTANT(SMP_BLOCK);
	CONSTANT(SEL_TSS);
	CONSTANT(STACK_COUNT);
	SYMBOL(CPU_SIZE, sizeof(struct cpu));
	MEMBER(CPU_CALL, cpu, call);
	MEMBER(FRAME_VECTOR, trap_frame, vector);
	MEMBER(GUARD_RBX, guard, rbx);
	MEMBER(GUARD_RBP, guard, rbp);
	MEMBER(GUARD_R12, guard, r12);
	MEMBER(GUARD_R13, guard, r13);
	MEMBER(GUARD_R14, guard, r14);
	MEMBER(GUARD_R15, guard, r15);
	MEMBER(GUARD_RSP, guard, rsp);
	MEMBER(GUARD_RIP, guard, rip);

	MEMBER(CPU_CALL32, cpu, call32);
	MEMBER(CALL32_NEXT, call32, next);
	MEMBER(CALL32_TARGET, call32, target);
	MEMBER(CALL32_IN, call32, in);
	MEMBER(CALL32_OUT, call32, out);
	MEMBER(CALL32_SEGMENTS, call32, segments);
	MEMBER(CALL32_THROUGH, call32, through);
	MEMBER(CALL32_CR0, call32, cr0);
	MEMBER(CALL32_CR3, call32, cr3);
	MEMBER(CALL32_CR4, call32, cr4);
	MEMBER(CALL32_EFER, call32, efer);
	MEMBER(CALL32_OUT_CR0, call32, out_cr0);
	MEMBER(CALL32_OUT_CR3, call32, out_cr3);
	MEMBER(CALL32_OUT_CR4, call32, out_cr4);
	MEMBER(CALL32_OUT_EFER, call32, out_efer);
	MEMBER(CALL32_OUT_FS_BASE, call32, out_fs_base);
	MEMBER(CALL32_OUT_GS_BASE, call32, out_gs_base);
	MEMBER(CALL32_OUT_IDTR, call32, out_idtr);
	MEMBER(CALL32_LONG_CR0, call32, long_cr0);
	MEMBER(CALL32_LONG_CR3, call32, long_cr3);
	MEMBER(CALL32_LONG_CR4, call32, long_cr4);
	MEMBER(CALL32_FAULTED, call32, faulted);
	MEMBER(CALL32_FAULT_STUB, call32, fault_stub);
	MEMBER(CALL32_FAULT_ERROR, call32, fault_error);
	MEMBER(CALL32_FAULT_EIP, call32, fault_eip);
	MEMBER(CALL32_STACK, call32, stack);
	MEMBER(IRET_REGS, iret_call, regs);
	MEMBER(IRET_RIP, iret_call, rip);
	MEMBER(IRET_CS, iret_call, cs);
	MEMBER(IRET_SS, iret_call, ss);

	MEMBER(CALL_TARGET, call, target);
	MEMBER(CALL_IN, call, in);
	MEMBER(CALL_OUT, call, out);
	MEMBER(CALL_STACK, call, stack);
	MEMBER(GPR_RAX, gprs, rax);
	MEMBER(GPR_RCX, gprs, rcx);
	MEMBER(GPR_RDX, gprs, rdx);
	MEMBER(GPR_RBX, gprs, rbx);
	MEMBER(GPR_RSP, gprs, rsp);
	MEMBER(GPR_RBP, gprs, rbp);
	MEMBER(GPR_RSI, gprs, rsi);
	MEMBER(GPR_RDI, gprs, rdi);
	MEMBER(GPR_R8, gprs, r8);
	MEMBER(GPR_R9, gprs, r9);
	MEMBER(GPR_R10, gprs, r10);
	MEMBER(GPR_R11, gprs, r11);
	MEMBER(GPR_R12, gprs, r12);
	MEMBER(GPR_R13, gprs, r13);
	MEMBER(GPR_R14, gprs, r14);
	MEMBER(GPR_R15, gprs, r15);
	MEMBER(GPR_RFLAGS, gprs, rflags);
}
