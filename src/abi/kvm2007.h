/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The KVM para guest ABI, version 1 (2007), and nothing else.
 *
 * Guest, reference host and unit tests all read this one header, so it holds
 * numbers and a layout but no code: whoever interprets the ABI writes that
 * twice, once on each side.
 */
#ifndef ABI_KVM2007_H
#define ABI_KVM2007_H

#include <stddef.h>
#include <stdint.h>

#define KVM2007_API_VERSION 1u

/* ECX of the RDMSR that probes (D1) and of the WRMSR that registers (S1). */
#define KVM2007_MSR_API_MAGIC 0x87655678u

/* Results are negative: -KVM2007_EINVAL. */
#define KVM2007_EINVAL 1

/* Indices run from 0 to KVM2007_NR_HYPERCALLS - 1: version 1 defines none. */
#define KVM2007_NR_HYPERCALLS 0

#define KVM2007_PAGE_SIZE 4096

/* What one vCPU and its host share: one page, registered by its gpa. */
struct kvm_vcpu_para_state {
	uint32_t guest_version; /* guest: the version that it speaks */
	uint32_t host_version;  /* host: the version that it speaks */
	uint32_t size;          /* guest: sizeof this struct */
	uint32_t ret;           /* host: 0, or a negative KVM_E code */
	uint64_t hypercall_gpa; /* guest: where the call instruction goes */
} __attribute__((aligned(KVM2007_PAGE_SIZE)));

_Static_assert(offsetof(struct kvm_vcpu_para_state, guest_version) == 0, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, host_version) == 4, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, size) == 8, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, ret) == 12, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_para_state, hypercall_gpa) == 16, "ABI");
_Static_assert(sizeof(struct kvm_vcpu_para_state) == 4096, "ABI");
_Static_assert(_Alignof(struct kvm_vcpu_para_state) == 4096, "ABI");

#endif
