/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine control structure: Intel SDM volume 3 (325384-083), chapters 25, 28 and
 * appendices A, B, C.
 */
#ifndef HOST_VMCS_H
#define HOST_VMCS_H

#include <stdint.h>

#include "x86/defs.h"

/* MSRs: A and 2.1 of volume 4 */
#define MSR_FEATURE_CONTROL         0x3au
#define MSR_VMX_BASIC               0x480u
#define MSR_VMX_PROC_CONTROLS2      0x48bu
#define MSR_VMX_EPT_VPID            0x48cu
#define MSR_VMX_TRUE_PIN_CONTROLS   0x48du
#define MSR_VMX_TRUE_PROC_CONTROLS  0x48eu
#define MSR_VMX_TRUE_EXIT_CONTROLS  0x48fu
#define MSR_VMX_TRUE_ENTRY_CONTROLS 0x490u

#define FEATURE_CONTROL_LOCKED BIT(0)
#define FEATURE_CONTROL_VMX    BIT(2) /* VMX outside SMX operation */
#define VMX_BASIC_TRUE         BIT(55)
#define EPT_FOUR_LEVELS        BIT(6)
#define EPT_WRITE_BACK         BIT(14)
#define EPT_LARGE_PAGES        BIT(16)
#define EPT_FLUSH_ALL          BIT(26)

/* Pin-based controls: 25.6.1 */
#define PIN_INTERRUPT BIT(0)
#define PIN_NMI       BIT(3)
#define PIN_TIMER     BIT(6)

/* Primary processor-based controls: 25.6.2, table 25-6 */
#define PROC_WINDOW       BIT(2) /* interrupt-window exiting */
#define PROC_HLT          BIT(7)
#define PROC_MWAIT        BIT(10)
#define PROC_IO_BITMAPS   BIT(25)
#define PROC_MSR_BITMAPS  BIT(28)
#define PROC_MONITOR      BIT(29)
#define PROC_MONITOR_TRAP BIT(27)
#define PROC_SECONDARY    BIT(31)

/* Secondary processor-based controls: table 25-7 */
#define PROC2_EPT          BIT(1)
#define PROC2_UNRESTRICTED BIT(7)

/* VM exit and VM entry: 25.7.1, 25.8.1 */
#define VM_EXIT_SAVE_DEBUG  BIT(2)
#define VM_EXIT_HOST_64     BIT(9)
#define VM_EXIT_LOAD_PAT    BIT(19)
#define VM_EXIT_SAVE_EFER   BIT(20)
#define VM_EXIT_LOAD_EFER   BIT(21)
#define VM_ENTRY_LOAD_DEBUG BIT(2)
#define VM_ENTRY_LOAD_PAT   BIT(14)
#define VM_ENTRY_LOAD_EFER  BIT(15)

/* EPT pointer: 25.6.11.  Write-back tables of four levels. */
#define EPTP_WRITE_BACK  6u
#define EPTP_FOUR_LEVELS (3u << 3)

/* A leaf's memory type: 29.3.2 */
#define EPT_LEAF_WRITE_BACK (UINT64_C(6) << 3)

/* Interruptibility state: 25.4.2 */
#define BLOCKED_BY_STI_MOV_SS UINT64_C(3)

/* Exit qualification of I/O: table 28-5 */
#define IO_SIZE_MASK  7u
#define IO_IN         BIT(3)
#define IO_STRING     BIT(4)
#define IO_REPEATED   BIT(5)
#define IO_PORT_SHIFT 16

/* Exit qualification of a move to or from a control register: table 28-3 */
#define CR_NUMBER_MASK 0xfu

/*
 * All fields that the host uses: appendix B.  X(name, encoding, width, type); the encoding's bits
 * must agree with width and type (25.11.2, table 25-19).
 */
#define VMCS_FIELDS(X)                                           \
	X(GUEST_ES_SELECTOR, 0x0800, 16, GUEST)                  \
	X(GUEST_CS_SELECTOR, 0x0802, 16, GUEST)                  \
	X(GUEST_SS_SELECTOR, 0x0804, 16, GUEST)                  \
	X(GUEST_DS_SELECTOR, 0x0806, 16, GUEST)                  \
	X(GUEST_FS_SELECTOR, 0x0808, 16, GUEST)                  \
	X(GUEST_GS_SELECTOR, 0x080a, 16, GUEST)                  \
	X(GUEST_LDTR_SELECTOR, 0x080c, 16, GUEST)                \
	X(GUEST_TR_SELECTOR, 0x080e, 16, GUEST)                  \
	X(HOST_ES_SELECTOR, 0x0c00, 16, HOST)                    \
	X(HOST_CS_SELECTOR, 0x0c02, 16, HOST)                    \
	X(HOST_SS_SELECTOR, 0x0c04, 16, HOST)                    \
	X(HOST_DS_SELECTOR, 0x0c06, 16, HOST)                    \
	X(HOST_FS_SELECTOR, 0x0c08, 16, HOST)                    \
	X(HOST_GS_SELECTOR, 0x0c0a, 16, HOST)                    \
	X(HOST_TR_SELECTOR, 0x0c0c, 16, HOST)                    \
	X(IO_BITMAP_A, 0x2000, 64, CONTROL)                      \
	X(IO_BITMAP_B, 0x2002, 64, CONTROL)                      \
	X(MSR_BITMAP, 0x2004, 64, CONTROL)                       \
	X(TSC_OFFSET, 0x2010, 64, CONTROL)                       \
	X(EPT_POINTER, 0x201a, 64, CONTROL)                      \
	X(GUEST_PHYSICAL_ADDRESS, 0x2400, 64, EXIT_INFORMATION)  \
	X(LINK_POINTER, 0x2800, 64, GUEST)                       \
	X(GUEST_DEBUGCTL, 0x2802, 64, GUEST)                     \
	X(GUEST_PAT, 0x2804, 64, GUEST)                          \
	X(GUEST_EFER, 0x2806, 64, GUEST)                         \
	X(HOST_PAT, 0x2c00, 64, HOST)                            \
	X(HOST_EFER, 0x2c02, 64, HOST)                           \
	X(PIN_CONTROLS, 0x4000, 32, CONTROL)                     \
	X(PROC_CONTROLS, 0x4002, 32, CONTROL)                    \
	X(EXCEPTION_BITMAP, 0x4004, 32, CONTROL)                 \
	X(PAGE_FAULT_MASK, 0x4006, 32, CONTROL)                  \
	X(PAGE_FAULT_MATCH, 0x4008, 32, CONTROL)                 \
	X(CR3_TARGETS, 0x400a, 32, CONTROL)                      \
	X(EXIT_CONTROLS, 0x400c, 32, CONTROL)                    \
	X(EXIT_MSR_STORES, 0x400e, 32, CONTROL)                  \
	X(EXIT_MSR_LOADS, 0x4010, 32, CONTROL)                   \
	X(ENTRY_CONTROLS, 0x4012, 32, CONTROL)                   \
	X(ENTRY_MSR_LOADS, 0x4014, 32, CONTROL)                  \
	X(ENTRY_EVENT, 0x4016, 32, CONTROL)                      \
	X(ENTRY_EVENT_ERROR, 0x4018, 32, CONTROL)                \
	X(PROC_CONTROLS2, 0x401e, 32, CONTROL)                   \
	X(INSTRUCTION_ERROR, 0x4400, 32, EXIT_INFORMATION)       \
	X(EXIT_REASON, 0x4402, 32, EXIT_INFORMATION)             \
	X(EXIT_EVENT, 0x4404, 32, EXIT_INFORMATION)              \
	X(EXIT_EVENT_ERROR, 0x4406, 32, EXIT_INFORMATION)        \
	X(INTERRUPTED_EVENT, 0x4408, 32, EXIT_INFORMATION)       \
	X(INTERRUPTED_ERROR, 0x440a, 32, EXIT_INFORMATION)       \
	X(EXIT_INSTRUCTION_LENGTH, 0x440c, 32, EXIT_INFORMATION) \
	X(GUEST_ES_LIMIT, 0x4800, 32, GUEST)                     \
	X(GUEST_GS_LIMIT, 0x480a, 32, GUEST)                     \
	X(GUEST_TR_LIMIT, 0x480e, 32, GUEST)                     \
	X(GUEST_GDTR_LIMIT, 0x4810, 32, GUEST)                   \
	X(GUEST_IDTR_LIMIT, 0x4812, 32, GUEST)                   \
	X(GUEST_ES_RIGHTS, 0x4814, 32, GUEST)                    \
	X(GUEST_CS_RIGHTS, 0x4816, 32, GUEST)                    \
	X(GUEST_SS_RIGHTS, 0x4818, 32, GUEST)                    \
	X(GUEST_LDTR_RIGHTS, 0x4820, 32, GUEST)                  \
	X(GUEST_TR_RIGHTS, 0x4822, 32, GUEST)                    \
	X(GUEST_INTERRUPTIBILITY, 0x4824, 32, GUEST)             \
	X(GUEST_ACTIVITY, 0x4826, 32, GUEST)                     \
	X(GUEST_SYSENTER_CS, 0x482a, 32, GUEST)                  \
	X(HOST_SYSENTER_CS, 0x4c00, 32, HOST)                    \
	X(CR0_MASK, 0x6000, NATURAL, CONTROL)                    \
	X(CR4_MASK, 0x6002, NATURAL, CONTROL)                    \
	X(CR0_SHADOW, 0x6004, NATURAL, CONTROL)                  \
	X(CR4_SHADOW, 0x6006, NATURAL, CONTROL)                  \
	X(EXIT_QUALIFICATION, 0x6400, NATURAL, EXIT_INFORMATION) \
	X(GUEST_CR0, 0x6800, NATURAL, GUEST)                     \
	X(GUEST_CR3, 0x6802, NATURAL, GUEST)                     \
	X(GUEST_CR4, 0x6804, NATURAL, GUEST)                     \
	X(GUEST_ES_BASE, 0x6806, NATURAL, GUEST)                 \
	X(GUEST_CS_BASE, 0x6808, NATURAL, GUEST)                 \
	X(GUEST_FS_BASE, 0x680e, NATURAL, GUEST)                 \
	X(GUEST_GS_BASE, 0x6810, NATURAL, GUEST)                 \
	X(GUEST_GDTR_BASE, 0x6816, NATURAL, GUEST)               \
	X(GUEST_IDTR_BASE, 0x6818, NATURAL, GUEST)               \
	X(GUEST_DR7, 0x681a, NATURAL, GUEST)                     \
	X(GUEST_RSP, 0x681c, NATURAL, GUEST)                     \
	X(GUEST_RIP, 0x681e, NATURAL, GUEST)                     \
	X(GUEST_RFLAGS, 0x6820, NATURAL, GUEST)                  \
	X(GUEST_PENDING_DEBUG, 0x6822, NATURAL, GUEST)           \
	X(GUEST_SYSENTER_ESP, 0x6824, NATURAL, GUEST)            \
	X(GUEST_SYSENTER_EIP, 0x6826, NATURAL, GUEST)            \
	X(HOST_CR0, 0x6c00, NATURAL, HOST)                       \
	X(HOST_CR3, 0x6c02, NATURAL, HOST)                       \
	X(HOST_CR4, 0x6c04, NATURAL, HOST)                       \
	X(HOST_FS_BASE, 0x6c06, NATURAL, HOST)                   \
	X(HOST_GS_BASE, 0x6c08, NATURAL, HOST)                   \
	X(HOST_TR_BASE, 0x6c0a, NATURAL, HOST)                   \
	X(HOST_GDTR_BASE, 0x6c0c, NATURAL, HOST)                 \
	X(HOST_IDTR_BASE, 0x6c0e, NATURAL, HOST)                 \
	X(HOST_SYSENTER_ESP, 0x6c10, NATURAL, HOST)              \
	X(HOST_SYSENTER_EIP, 0x6c12, NATURAL, HOST)              \
	X(HOST_RSP, 0x6c14, NATURAL, HOST)                       \
	X(HOST_RIP, 0x6c16, NATURAL, HOST)

enum vmcs_field {
#define X(name, encoding, width, type) VMCS_##name = encoding,
	VMCS_FIELDS(X)
#undef X
};

/* Of the preemption timer, which not every CPU has: so it is none of VMCS_FIELDS. */
#define VMCS_TIMER_VALUE ((enum vmcs_field)0x482e)

enum { VMCS_WIDTH_16, VMCS_WIDTH_64, VMCS_WIDTH_32, VMCS_WIDTH_NATURAL };
enum { VMCS_TYPE_CONTROL, VMCS_TYPE_EXIT_INFORMATION, VMCS_TYPE_GUEST, VMCS_TYPE_HOST };

#define X(name, encoding, width, type)                                                        \
	_Static_assert(((encoding) >> 13) == VMCS_WIDTH_##width &&                            \
			       ((encoding) >> 10 & 3) == VMCS_TYPE_##type && !((encoding)&1), \
		       "SDM 25.11.2");
VMCS_FIELDS(X)
#undef X

/* The fields of segment @i: of ES, CS, SS, DS, FS, GS, LDTR, TR.  @first is the field of ES. */
#define VMCS_SEGMENT(first, i) ((enum vmcs_field)((first) + 2 * (i)))

/*
 * Basic exit reasons under the host's controls: appendix C.  X(number, symbol, enum exit_kind,
 * name).
 */
#define VMX_REASONS(X)                                                           \
	X(0, EXCEPTION, EXCEPTION, "exception or NMI")                           \
	X(1, EXTERNAL_INTERRUPT, INTERRUPT, "external interrupt")                \
	X(2, TRIPLE_FAULT, TRIPLE_FAULT, "triple fault")                         \
	X(3, INIT, INIT, "INIT signal")                                          \
	X(4, SIPI, UNKNOWN, "start-up IPI")                                      \
	X(7, INTERRUPT_WINDOW, INTERRUPT, "interrupt window")                    \
	X(9, TASK_SWITCH, UNKNOWN, "task switch")                                \
	X(10, CPUID, CPUID, "CPUID")                                             \
	X(11, GETSEC, INSTRUCTION, "GETSEC")                                     \
	X(12, HLT, HLT, "HLT")                                                   \
	X(13, INVD, INVD, "INVD")                                                \
	X(18, VMCALL, UNKNOWN, "VMCALL")                                         \
	X(19, VMCLEAR, INSTRUCTION, "VMCLEAR")                                   \
	X(20, VMLAUNCH, INSTRUCTION, "VMLAUNCH")                                 \
	X(21, VMPTRLD, INSTRUCTION, "VMPTRLD")                                   \
	X(22, VMPTRST, INSTRUCTION, "VMPTRST")                                   \
	X(23, VMREAD, INSTRUCTION, "VMREAD")                                     \
	X(24, VMRESUME, INSTRUCTION, "VMRESUME")                                 \
	X(25, VMWRITE, INSTRUCTION, "VMWRITE")                                   \
	X(26, VMXOFF, INSTRUCTION, "VMXOFF")                                     \
	X(27, VMXON, INSTRUCTION, "VMXON")                                       \
	X(28, CR, CR_WRITE, "control-register access")                           \
	X(30, IO, IO, "I/O instruction")                                         \
	X(31, RDMSR, RDMSR, "RDMSR")                                             \
	X(32, WRMSR, WRMSR, "WRMSR")                                             \
	X(33, INVALID_STATE, ENTRY_FAILED, "entry failure: invalid guest state") \
	X(34, MSR_LOADING, ENTRY_FAILED, "entry failure: MSR loading")           \
	X(36, MWAIT, INSTRUCTION, "MWAIT")                                       \
	X(37, MONITOR_TRAP, NMI, "monitor trap flag")                            \
	X(39, MONITOR, INSTRUCTION, "MONITOR")                                   \
	X(41, MACHINE_CHECK, ENTRY_FAILED, "entry failure: machine check")       \
	X(48, EPT_VIOLATION, NESTED_FAULT, "EPT violation")                      \
	X(49, EPT_MISCONFIGURATION, UNKNOWN, "EPT misconfiguration")             \
	X(50, INVEPT, INSTRUCTION, "INVEPT")                                     \
	X(52, TIMER, NMI, "preemption timer")                                    \
	X(53, INVVPID, INSTRUCTION, "INVVPID")                                   \
	X(55, XSETBV, INSTRUCTION, "XSETBV")

enum vmx_reason {
#define X(number, symbol, kind, name) VMX_##symbol = number,
	VMX_REASONS(X)
#undef X
};

#endif
