/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The KVM para guest ABI of 2007, version 1 (docs/abi-kvm2007.md): numbers and a layout, no code.
 * Guest, reference host and unit tests share this header; guest and host interpret the ABI each on
 * its own, so that one notices what the other misreads.
 */
#ifndef ABI_KVM2007_H
#define ABI_KVM2007_H

#include <stddef.h>
#include <stdint.h>

#define KVM2007_API_VERSION 1u

/* ECX of the RDMSR that probes (D1) and of the WRMSR that registers (S1). */
#define KVM2007_MSR_API_MAGIC 0x87655678u

/* Errors are negative: -KVM2007_EINVAL. */
#define KVM2007_EINVAL 1

/* Defined indices: from 0 to KVM2007_NR_HYPERCALLS - 1, so version 1 has none. */
#define KVM2007_NR_HYPERCALLS 0

#define KVM2007_PAGE_SIZE 4096

/* The page that a vCPU and the host share, which the vCPU registers by its gpa (S1). */
struct kvm_vcpu_para_state {
	uint32_t guest_version; /* written by the guest: its version */
	uint32_t host_version;  /* by the host: its version (S2) */
	uint32_t size;          /* by the guest: size of this struct */
	uint32_t ret;           /* by the host: 0, or a negative error (S3) */
	uint64_t hypercall_gpa; /* by the guest: where the host writes the call instruction (P1) */
} __attribute__((aligned(KVM2007_PAGE_SIZE)));

_Static_assert(offsetof(struct kvm_vcpu_para_state, guest_version) == 0, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, host_version) == 4, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, size) == 8, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, ret) == 12, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, hypercall_gpa) == 16, "ABI");
_Static_assert(sizeof(struct kvm_vcpu_para_state) == 4096, "ABI");
_Static_assert(_Alignof(struct kvm_vcpu_para_state) == 4096, "ABI");

#endif
