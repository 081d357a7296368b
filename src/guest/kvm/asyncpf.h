/* SPDX-License-Identifier: GPL-2.0-only */
/* Asynchronous page faults, as a guest of today's ABI asks for them and is done with them. */
#ifndef GUEST_KVM_ASYNCPF_H
#define GUEST_KVM_ASYNCPF_H

#include "abi/kvm.h"
#include "guest/check.h"
#include "guest/events.h"

#define WAKE_ALL UINT32_MAX /* the token */
#define AS_INT   (KVM_MSR_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_INT)

extern volatile struct kvm_vcpu_pv_apf_data *apf_area;

/*
 * Off, with an area that is free, and EVENT_VECTOR.  False: the check has failed; or is a skip, if
 * there is no such feature or no APIC.
 */
bool apf_prepare(struct run *run);

/* Enables with these bits; with 0 turns off. */
bool apf_enable(struct run *run, uint64_t bits);

/* KF5: the guest is done with an event, of which it has set the token to 0. */
bool apf_acknowledge(struct run *run);

/* Expects @wanted interrupts since the last call, this token, and the flags 0. */
void apf_expect(struct run *run, const char *what, unsigned wanted, uint32_t token);

#endif
