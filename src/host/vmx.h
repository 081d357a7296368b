/* SPDX-License-Identifier: GPL-2.0-only */
/* What VMX adds to a vCPU. */
#ifndef HOST_VMX_H
#define HOST_VMX_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vcpu.h"
#include "host/vmcs.h"

struct vmx {
	uint8_t vmcs[4096];  /* the CPU's own: VMREAD and VMWRITE alone reach what is in it */
	uint8_t vmxon[4096]; /* likewise */
} __attribute__((aligned(4096)));

_Static_assert(sizeof(struct vmx) <= VCPU_PAGES * PAGE_SIZE, "vcpu.h");

_Static_assert(VMCS_HOST_RSP == 0x6c14 && VMCS_HOST_RIP == 0x6c16, "vmx_run.asm");

/* VMX operation demands these bits (A.7, A.8), of which the guest must not see anything. */
#define CR0_HOST_OWNED CR0_NE
#define CR4_HOST_OWNED CR4_VMXE

/* vmx_setup.c: as in struct vcpu_vendor; and what makes the VMCS current and the vCPU ready for vmx_run(). */
bool vmx_offered(void);
bool vmx_available(const char **why);
void vmx_init(void);
void vmx_prepare(struct vcpu *vcpu, const struct vcpu_start *start);

/*
 * vmx_run.asm: enters the guest of the current VMCS, and for each of its exits calls vmx_exit(),
 * until that returns false; or vmx_entry_failed() where the CPU does not accept the entry.
 */
void vmx_run(struct vcpu *vcpu);
bool vmx_exit(struct vcpu *vcpu);
void vmx_entry_failed(struct vcpu *vcpu);

#endif
