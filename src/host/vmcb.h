/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual machine control block: APM2 (24593 rev. 3.41) appendix B. */
#ifndef HOST_VMCB_H
#define HOST_VMCB_H

#include <stddef.h>
#include <stdint.h>

#include "x86/defs.h"

/* Intercepts, offset 0x00c */
#define INTERCEPT_INTR        BIT(0)
#define INTERCEPT_NMI         BIT(1)
#define INTERCEPT_INIT        BIT(3)
#define INTERCEPT_INVD        BIT(22)
#define INTERCEPT_HLT         BIT(24)
#define INTERCEPT_INVLPGA     BIT(26)
#define INTERCEPT_IO          BIT(27)
#define INTERCEPT_MSR         BIT(28)
#define INTERCEPT_TASK_SWITCH BIT(29)
#define INTERCEPT_SHUTDOWN    BIT(31)
#define INTERCEPT_CPUID       BIT(18)

/* Intercepts, offset 0x010 */
#define INTERCEPT_VMRUN       BIT(0)
#define INTERCEPT_VMMCALL     BIT(1)
#define INTERCEPT_VMLOAD      BIT(2)
#define INTERCEPT_VMSAVE      BIT(3)
#define INTERCEPT_STGI        BIT(4)
#define INTERCEPT_CLGI        BIT(5)
#define INTERCEPT_SKINIT      BIT(6)
#define INTERCEPT_RDTSCP      BIT(7)
#define INTERCEPT_MONITOR     BIT(10)
#define INTERCEPT_MWAIT       BIT(11)
#define INTERCEPT_MWAIT_ARMED BIT(12)
#define INTERCEPT_XSETBV      BIT(13)

/*
 * Exit codes: appendix C.  X(code, symbol, enum exit_kind).  Only a code's lower half counts:
 * emulators differ in the upper half of INVALID.
 */
#define SVM_EXITS(X)                      \
	X(0x46, UD, EXCEPTION)            \
	X(0x4d, GP, EXCEPTION)            \
	X(0x4e, PF, EXCEPTION)            \
	X(0x60, INTR, INTERRUPT)          \
	X(0x61, NMI, NMI)                 \
	X(0x63, INIT, INIT)               \
	X(0x72, CPUID, CPUID)             \
	X(0x76, INVD, INVD)               \
	X(0x78, HLT, HLT)                 \
	X(0x7a, INVLPGA, INSTRUCTION)     \
	X(0x7b, IOIO, IO)                 \
	X(0x7c, MSR, RDMSR)               \
	X(0x7d, TASK_SWITCH, UNKNOWN)     \
	X(0x7f, SHUTDOWN, TRIPLE_FAULT)   \
	X(0x80, VMRUN, INSTRUCTION)       \
	X(0x81, VMMCALL, UNKNOWN)         \
	X(0x82, VMLOAD, INSTRUCTION)      \
	X(0x83, VMSAVE, INSTRUCTION)      \
	X(0x84, STGI, INSTRUCTION)        \
	X(0x85, CLGI, INSTRUCTION)        \
	X(0x86, SKINIT, INSTRUCTION)      \
	X(0x87, RDTSCP, INSTRUCTION)      \
	X(0x8a, MONITOR, INSTRUCTION)     \
	X(0x8b, MWAIT, INSTRUCTION)       \
	X(0x8c, MWAIT_ARMED, INSTRUCTION) \
	X(0x8d, XSETBV, INSTRUCTION)      \
	X(0x400, NPF, NESTED_FAULT)       \
	X(0xffffffff, INVALID, ENTRY_FAILED)

enum svm_exit_code {
#define X(code, symbol, kind) VMEXIT_##symbol = code,
	SVM_EXITS(X)
#undef X
};

#define VMEXIT_EXCEPTION 0x40 /* of vector 0 */

/* Exit information of IOIO: 15.10.2 */
#define IOIO_IN         BIT(0)
#define IOIO_STRING     BIT(2)
#define IOIO_REPEATED   BIT(3)
#define IOIO_SIZE_SHIFT 4 /* one bit for each size: 1, 2, 4 bytes */
#define IOIO_PORT_SHIFT 16

#define TLB_FLUSH_ALL 1
#define NESTED_PAGING BIT(0)

struct vmcb_segment {
	uint16_t selector, attributes;
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	uint32_t intercept_cr;         /* +0x000 */
	uint32_t intercept_dr;         /* +0x004 */
	uint32_t intercept_exceptions; /* +0x008 */
	uint32_t intercept1;           /* +0x00c */
	uint32_t intercept2;           /* +0x010 */
	uint8_t reserved1[0x040 - 0x014];
	uint64_t iopm_pa;           /* +0x040 */
	uint64_t msrpm_pa;          /* +0x048 */
	uint64_t tsc_offset;        /* +0x050 */
	uint32_t asid;              /* +0x058 */
	uint32_t tlb_control;       /* +0x05c */
	uint64_t virtual_interrupt; /* +0x060 */
	uint64_t interrupt_shadow;  /* +0x068 */
	uint64_t exit_code;         /* +0x070 */
	uint64_t exit_info1;        /* +0x078 */
	uint64_t exit_info2;        /* +0x080 */
	uint64_t exit_int_info;     /* +0x088 */
	uint64_t nested_control;    /* +0x090 */
	uint8_t reserved2[0x0a8 - 0x098];
	uint64_t event;      /* +0x0a8 */
	uint64_t nested_cr3; /* +0x0b0 */
	uint8_t reserved3[0x0c8 - 0x0b8];
	uint64_t next_rip; /* +0x0c8 */
	uint8_t reserved4[0x400 - 0x0d0];
	struct vmcb_segment es;   /* +0x400 */
	struct vmcb_segment cs;   /* +0x410 */
	struct vmcb_segment ss;   /* +0x420 */
	struct vmcb_segment ds;   /* +0x430 */
	struct vmcb_segment fs;   /* +0x440 */
	struct vmcb_segment gs;   /* +0x450 */
	struct vmcb_segment gdtr; /* +0x460 */
	struct vmcb_segment ldtr; /* +0x470 */
	struct vmcb_segment idtr; /* +0x480 */
	struct vmcb_segment tr;   /* +0x490 */
	uint8_t reserved5[0x4cb - 0x4a0];
	uint8_t cpl; /* +0x4cb */
	uint32_t reserved6;
	uint64_t efer; /* +0x4d0 */
	uint8_t reserved7[0x548 - 0x4d8];
	uint64_t cr4;    /* +0x548 */
	uint64_t cr3;    /* +0x550 */
	uint64_t cr0;    /* +0x558 */
	uint64_t dr7;    /* +0x560 */
	uint64_t dr6;    /* +0x568 */
	uint64_t rflags; /* +0x570 */
	uint64_t rip;    /* +0x578 */
	uint8_t reserved8[0x5d8 - 0x580];
	uint64_t rsp; /* +0x5d8 */
	uint8_t reserved9[0x5f8 - 0x5e0];
	uint64_t rax;            /* +0x5f8 */
	uint64_t star, lstar;    /* +0x600 */
	uint64_t cstar, sfmask;  /* +0x610 */
	uint64_t kernel_gs_base; /* +0x620 */
	uint64_t sysenter_cs;    /* +0x628 */
	uint64_t sysenter_esp;   /* +0x630 */
	uint64_t sysenter_eip;   /* +0x638 */
	uint64_t cr2;            /* +0x640 */
	uint8_t reserved10[0x668 - 0x648];
	uint64_t pat; /* +0x668 */
	uint8_t reserved11[0x1000 - 0x670];
};

_Static_assert(offsetof(struct vmcb, iopm_pa) == 0x040, "APM2 B");
_Static_assert(offsetof(struct vmcb, asid) == 0x058, "APM2 B");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x070, "APM2 B");
_Static_assert(offsetof(struct vmcb, nested_control) == 0x090, "APM2 B");
_Static_assert(offsetof(struct vmcb, event) == 0x0a8, "APM2 B");
_Static_assert(offsetof(struct vmcb, nested_cr3) == 0x0b0, "APM2 B");
_Static_assert(offsetof(struct vmcb, next_rip) == 0x0c8, "APM2 B");
_Static_assert(offsetof(struct vmcb, es) == 0x400, "APM2 B");
_Static_assert(offsetof(struct vmcb, tr) == 0x490, "APM2 B");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "APM2 B");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "APM2 B");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "APM2 B");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "APM2 B");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "APM2 B");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "APM2 B");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640, "APM2 B");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "APM2 B");
_Static_assert(sizeof(struct vmcb) == 0x1000, "APM2 B");

#endif
