/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU's structures for VMX. */
#ifndef HOST_VMX_H
#define HOST_VMX_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vcpu.h"
#include "host/vmcs.h"

struct vmx {
	uint8_t vmcs[4096];  /* only VMREAD and VMWRITE access it */
	uint8_t vmxon[4096]; /* only the CPU accesses it */
} __attribute__((aligned(4096)));

_Static_assert(sizeof(struct vmx) <= VCPU_PAGES * PAGE_SIZE, "vcpu.h");

_Static_assert(VMCS_HOST_RSP == 0x6c14 && VMCS_HOST_RIP == 0x6c16, "vmx_run.asm");

/* Bits that VMX needs set (A.7, A.8).  The guest reads their shadows instead: 25.6.6. */
#define CR0_HOST_OWNED CR0_NE
#define CR4_HOST_OWNED CR4_VMXE

/* vmx_setup.c: shared by all vCPUs, and only read after vmx_init(). */
extern uint8_t vmx_msr_bitmap[PAGE_SIZE];

/*
 * vmx_setup.c: as in struct vcpu_vendor.  vmx_prepare() makes the vCPU's VMCS current and fills
 * it.
 */
bool vmx_offered(void);
bool vmx_available(const char **why);
void vmx_init(void);
void vmx_prepare(struct vcpu *vcpu, const struct vcpu_start *start);

/*
 * Whether the guest exits at once, before its next instruction or after it; when an interrupt is
 * pending (25.6.1), and when the guest could take one (25.6.2).  If an NMI's vmx_set_trap() comes
 * amidst another of these, it is lost: so they are called before the last look for an INIT.
 */
void vmx_set_trap(bool on);
void vmx_set_interrupt_exits(bool on);
void vmx_set_window_exits(bool on);

/* Forgets all that the processor knows of nested paging. */
void vmx_flush(void);

/*
 * vmx_run.asm: runs the guest of the current VMCS, and calls vmx_exit() for each exit.  That
 * returns @vcpu; NULL: it leaves the guest.  If the CPU refuses to enter the guest, vmx_run() calls
 * vmx_entry_failed() and returns.
 */
void vmx_run(struct vcpu *vcpu);
struct vcpu *vmx_exit(struct vcpu *vcpu);
void vmx_entry_failed(struct vcpu *vcpu);

/* An NMI that made the guest exit blocks others until an IRET: 28.2. */
void vmx_unblock_nmis(void);

#endif
