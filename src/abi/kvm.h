/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Today's KVM guest ABI (docs/abi-kvm.md): numbers and layouts, no code.  Guest, reference host and
 * unit tests share this header; each side interprets the ABI on its own.  Names follow Linux, with
 * KVM_ before what has no prefix there: include/uapi/linux/kvm_para.h and
 * arch/x86/include/uapi/asm/kvm_para.h, 6.12.
 */
#ifndef ABI_KVM_H
#define ABI_KVM_H

#include <stddef.h>
#include <stdint.h>

/* CPUID: the first leaf where the signature may be, and how far the next such leaf is (KD1). */
#define KVM_CPUID_SIGNATURE 0x40000000u
#define KVM_CPUID_BASE_STEP 0x100u
#define KVM_CPUID_BASES     256
#define KVM_CPUID_FEATURES  1u          /* leaves after the signature's (KD1) */
#define KVM_CPUID_TIMING    0x10u       /* TSC and APIC bus in kHz (KD8) */
#define KVM_SIGNATURE_EBX   0x4b4d564bu /* "KVMK" */
#define KVM_SIGNATURE_ECX   0x564b4d56u /* "VMKV" */
#define KVM_SIGNATURE_EDX   0x0000004du /* "M" */
#define KVM_HYPERVISOR_BIT  31          /* of CPUID.1:ECX (KD4) */

/* Bits of EAX of the leaf of features. */
#define KVM_FEATURE_CLOCKSOURCE            0
#define KVM_FEATURE_NOP_IO_DELAY           1
#define KVM_FEATURE_MMU_OP                 2 /* dead */
#define KVM_FEATURE_CLOCKSOURCE2           3
#define KVM_FEATURE_ASYNC_PF               4
#define KVM_FEATURE_STEAL_TIME             5
#define KVM_FEATURE_PV_EOI                 6
#define KVM_FEATURE_PV_UNHALT              7
#define KVM_FEATURE_PV_TLB_FLUSH           9
#define KVM_FEATURE_ASYNC_PF_VMEXIT        10
#define KVM_FEATURE_PV_SEND_IPI            11
#define KVM_FEATURE_POLL_CONTROL           12
#define KVM_FEATURE_PV_SCHED_YIELD         13
#define KVM_FEATURE_ASYNC_PF_INT           14
#define KVM_FEATURE_MSI_EXT_DEST_ID        15
#define KVM_FEATURE_HC_MAP_GPA_RANGE       16
#define KVM_FEATURE_MIGRATION_CONTROL      17
#define KVM_FEATURE_CLOCKSOURCE_STABLE_BIT 24

/* Bits of EDX of the same leaf. */
#define KVM_HINTS_REALTIME 0

#define KVM_MSR_WALL_CLOCK_OLD    0x11u
#define KVM_MSR_SYSTEM_TIME_OLD   0x12u
#define KVM_MSR_WALL_CLOCK        0x4b564d00u
#define KVM_MSR_SYSTEM_TIME       0x4b564d01u
#define KVM_MSR_ASYNC_PF_EN       0x4b564d02u
#define KVM_MSR_STEAL_TIME        0x4b564d03u
#define KVM_MSR_PV_EOI_EN         0x4b564d04u
#define KVM_MSR_POLL_CONTROL      0x4b564d05u
#define KVM_MSR_ASYNC_PF_INT      0x4b564d06u
#define KVM_MSR_ASYNC_PF_ACK      0x4b564d07u
#define KVM_MSR_MIGRATION_CONTROL 0x4b564d08u
#define KVM_MSR_LAST              0x4b564dffu /* of the range that is KVM's (KM4) */

/* In the value written to a MSR: the structure at the address is enabled. */
#define KVM_MSR_ENABLED 1ull

/* Bits of KVM_MSR_ASYNC_PF_EN besides KVM_MSR_ENABLED (KF). */
#define KVM_ASYNC_PF_SEND_ALWAYS         (1ull << 1)
#define KVM_ASYNC_PF_DELIVERY_AS_PF_EXIT (1ull << 2)
#define KVM_ASYNC_PF_DELIVERY_AS_INT     (1ull << 3)

#define KVM_HC_VAPIC_POLL_IRQ 1
#define KVM_HC_MMU_OP         2 /* dead */
#define KVM_HC_KICK_CPU       5
#define KVM_HC_CLOCK_PAIRING  9
#define KVM_HC_SEND_IPI       10
#define KVM_HC_SCHED_YIELD    11
#define KVM_HC_MAP_GPA_RANGE  12

#define KVM_CLOCK_PAIRING_WALLCLOCK 0 /* the only type (KH4) */

/* Errors are negative: -KVM_ENOSYS. */
#define KVM_EPERM      1
#define KVM_E2BIG      7
#define KVM_EFAULT     14
#define KVM_EINVAL     22
#define KVM_EOPNOTSUPP 95
#define KVM_ENOSYS     1000

/* The moment at which the machine was started (KW). */
struct pvclock_wall_clock {
	uint32_t version; /* odd while the host writes */
	uint32_t sec;
	uint32_t nsec;
};

_Static_assert(offsetof(struct pvclock_wall_clock, sec) == 4, "ABI");
_Static_assert(offsetof(struct pvclock_wall_clock, nsec) == 8, "ABI");
_Static_assert(sizeof(struct pvclock_wall_clock) == 12, "ABI");

#define PVCLOCK_TSC_STABLE    (1u << 0) /* counts only with CLOCKSOURCE_STABLE_BIT (KT9) */
#define PVCLOCK_GUEST_STOPPED (1u << 1) /* set by the host, cleared by the guest (KT10) */

/* How a vCPU computes time from its TSC (KT). */
struct pvclock_vcpu_time_info {
	uint32_t version; /* odd while the host writes */
	uint32_t pad0;
	uint64_t tsc_timestamp;
	uint64_t system_time;       /* ns, at tsc_timestamp */
	uint32_t tsc_to_system_mul; /* 2^32 is 1 */
	int8_t tsc_shift;           /* negative: to the right */
	uint8_t flags;
	uint8_t pad[2];
};

_Static_assert(offsetof(struct pvclock_vcpu_time_info, tsc_timestamp) == 8, "ABI");
_Static_assert(offsetof(struct pvclock_vcpu_time_info, system_time) == 16, "ABI");
_Static_assert(offsetof(struct pvclock_vcpu_time_info, tsc_to_system_mul) == 24, "ABI");
_Static_assert(offsetof(struct pvclock_vcpu_time_info, tsc_shift) == 28, "ABI");
_Static_assert(offsetof(struct pvclock_vcpu_time_info, flags) == 29, "ABI");
_Static_assert(offsetof(struct pvclock_vcpu_time_info, pad) == 30, "ABI");
_Static_assert(sizeof(struct pvclock_vcpu_time_info) == 32, "ABI");

#define KVM_VCPU_PREEMPTED (1u << 0)
#define KVM_VCPU_FLUSH_TLB (1u << 1)

/* How long a vCPU was ready, but did not run (KS). */
struct kvm_steal_time {
	uint64_t steal; /* ns */
	uint32_t version;
	uint32_t flags;
	uint8_t preempted;
	uint8_t pad0[3];
	uint32_t pad[11];
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct kvm_steal_time, version) == 8, "ABI");
_Static_assert(offsetof(struct kvm_steal_time, flags) == 12, "ABI");
_Static_assert(offsetof(struct kvm_steal_time, preempted) == 16, "ABI");
_Static_assert(offsetof(struct kvm_steal_time, pad) == 20, "ABI");
_Static_assert(sizeof(struct kvm_steal_time) == 64, "ABI");

#define KVM_PV_REASON_PAGE_NOT_PRESENT 1u

/* What an asynchronous page fault is about (KF). */
struct kvm_vcpu_pv_apf_data {
	uint32_t flags;
	uint32_t token; /* by the host: of the page that is there now */
	uint8_t pad[56];
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct kvm_vcpu_pv_apf_data, token) == 4, "ABI");
_Static_assert(offsetof(struct kvm_vcpu_pv_apf_data, pad) == 8, "ABI");
_Static_assert(sizeof(struct kvm_vcpu_pv_apf_data) == 64, "ABI");

#define KVM_PV_EOI_PENDING 1u /* the word of PV EOI: the host takes a 0 for an EOI (KE) */

/* The host's time and this vCPU's TSC at one moment (KH4). */
struct kvm_clock_pairing {
	int64_t sec;
	int64_t nsec;
	uint64_t tsc;
	uint32_t flags;
	uint32_t pad[9];
};

_Static_assert(offsetof(struct kvm_clock_pairing, tsc) == 16, "ABI");
_Static_assert(offsetof(struct kvm_clock_pairing, flags) == 24, "ABI");
_Static_assert(sizeof(struct kvm_clock_pairing) == 64, "ABI");

#endif
