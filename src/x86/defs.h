/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of the architecture, under the names of the manual: AMD64 Architecture Programmer's
 * Manual volume 2, publication 24593 revision 3.41 ("APM2").  NASM gets them by boot/asm-offsets.c.
 */
#ifndef X86_DEFS_H
#define X86_DEFS_H

#include <stdint.h>

#define BIT(n) (UINT64_C(1) << (n))

#define PAGE_SIZE       4096u
#define LARGE_PAGE_SIZE (2u << 20)

/* Page table entries, APM2 5.4 */
#define PTE_P   BIT(0)
#define PTE_W   BIT(1)
#define PTE_U   BIT(2)
#define PTE_PCD BIT(4)
#define PTE_PS  BIT(7)
#define PTE_NX  BIT(63)

/* Control registers, APM2 3.1 */
#define CR0_PE         BIT(0)
#define CR0_MP         BIT(1)
#define CR0_ET         BIT(4)
#define CR0_NE         BIT(5)
#define CR0_WP         BIT(16)
#define CR0_PG         BIT(31)
#define CR4_PSE        BIT(4)
#define CR4_PAE        BIT(5)
#define CR4_OSFXSR     BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_VMXE       BIT(13)
#define CR4_PCIDE      BIT(17)
#define CR4_OSXSAVE    BIT(18)

/* RFLAGS, APM2 3.1.6 */
#define RFLAGS_CF        BIT(0)
#define RFLAGS_RESERVED1 BIT(1) /* always 1 */
#define RFLAGS_PF        BIT(2)
#define RFLAGS_AF        BIT(4)
#define RFLAGS_ZF        BIT(6)
#define RFLAGS_SF        BIT(7)
#define RFLAGS_IF        BIT(9)
#define RFLAGS_DF        BIT(10)
#define RFLAGS_OF        BIT(11)
#define RFLAGS_IOPL      (BIT(12) | BIT(13))
#define RFLAGS_NT        BIT(14)
#define RFLAGS_AC        BIT(18)
#define RFLAGS_ID        BIT(21)

/* MSRs, APM2 appendix A */
#define MSR_TSC            0x10u
#define MSR_APIC_BASE      0x1bu
#define MSR_SYSENTER_CS    0x174u
#define MSR_SYSENTER_ESP   0x175u
#define MSR_SYSENTER_EIP   0x176u
#define MSR_PAT            0x277u
#define MSR_EFER           0xc0000080u
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_CSTAR          0xc0000083u
#define MSR_SFMASK         0xc0000084u
#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_VM_CR          0xc0010114u
#define MSR_VM_HSAVE_PA    0xc0010117u

#define EFER_SCE  BIT(0)
#define EFER_LME  BIT(8)
#define EFER_LMA  BIT(10)
#define EFER_NXE  BIT(11)
#define EFER_SVME BIT(12)

/* The vectors with a gate.  Any other one becomes a #GP whose error code names it (APM2 8.4.1). */
#define VECTORS      52
#define IRQ_VECTOR   32 /* of IRQ 0; lower ones are exceptions */
#define APIC_VECTOR  48 /* the first of those that only a local APIC sends */
#define APIC_VECTORS 4

/* Exception vectors, APM2 8.1 */
#define VECTOR_DB  1
#define VECTOR_NMI 2
#define VECTOR_UD  6
#define VECTOR_DF  8
#define VECTOR_GP  13
#define VECTOR_PF  14

/* Selectors of boot/entry.asm's GDT.  DATA_B to DATA_D equal DATA: so DS, ES, ... can differ. */
#define SEL_CODE64      0x08
#define SEL_DATA        0x10
#define SEL_DATA_B      0x18
#define SEL_DATA_C      0x20
#define SEL_DATA_D      0x28
#define SEL_CODE32      0x30
#define SEL_USER_CODE64 0x38
#define SEL_USER_DATA   0x40
#define SEL_LDT         0x48 /* 16 bytes */
#define SEL_TSS         0x58 /* 16 bytes */
#define RPL_USER        3

/* Entries of the interrupt stack table, which count from 1 */
#define IST_TRAP         1
#define IST_DOUBLE_FAULT 2

/* Offset of boot/traps.asm's stubs in the image (linker.ld), so that the IDT is a constant */
#define TRAP_STUBS 0x180

/*
 * A stack fills a naturally aligned block: a guard page at the bottom, and in the topmost eight
 * bytes a pointer to the processor's struct cpu.  So any RSP inside leads to it (this_cpu()),
 * whatever other registers a host has changed.
 */
#define STACK_SIZE 0x4000u

#endif
