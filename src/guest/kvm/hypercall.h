/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls (KC) of each kind, of which a host may do some, and never return from others. */
#ifndef GUEST_KVM_HYPERCALL_H
#define GUEST_KVM_HYPERCALL_H

#include "guest/kvm/call.h"

/* An APIC's ID that no vCPU has: one below "all", and SMP_MAX processors end there. */
#define ABSENT_ID 0xfe

/*
 * The first call of @kind: of KVM_HC_VAPIC_POLL_IRQ, with IF = 1, under the watchdog.  If it
 * returned, it is expected to have changed nothing but RAX (KC3).  NULL: the check is a skip, since
 * this kind can't be made, or nothing would end a call that never returns.
 */
const struct outcome *first_call(struct run *run, enum call_kind kind);

/* Whether the first call of @kind returned.  If not, the check has failed, or is a skip. */
bool calls_return(struct run *run, enum call_kind kind);

/* Whether a native call was made, and returned. */
bool calls_came_back(void);

/* The registers of a call: @args, or noise if that is NULL, and noise in all others. */
struct gprs call_gprs(uint64_t index, const uint64_t args[4]);

/*
 * A call with @args, or noise if that is NULL, and noise in all other registers and flags but IF.
 * Expects that it returns and changes nothing but RAX, which goes to @result.  Outside 64-bit mode
 * a register has 32 bits, but RAX from compatibility mode 64.  Says whether the check has not
 * failed.
 */
bool hypercall(struct run *run, enum call_kind kind, uint64_t index, const uint64_t args[4],
	       uint64_t *result);

/* The same, with the instruction at the byte @offset of its page; it may reach into the next. */
bool hypercall_at(struct run *run, enum call_kind kind, unsigned offset, uint64_t index,
		  const uint64_t args[4], uint64_t *result);

/*
 * Expects that the call @o returned, and changed no register but RAX, which goes to @result.  Says
 * whether all is as wanted so far.
 */
bool result_of(struct run *run, const struct outcome *o, uint64_t *result);

/*
 * A native call that may leave an interrupt waiting, or let it in if @rflags has IF.  Of the
 * registers only the general purpose ones and the flags are compared (call.c says why).
 */
bool hypercall_bare(struct run *run, uint64_t rflags, uint64_t index, const uint64_t args[4],
		    uint64_t *result);

/* hypercall(), and expects that the result is @wanted. */
void expect_call(struct run *run, enum call_kind kind, uint64_t index, const uint64_t args[4],
		 uint64_t wanted);

/*
 * A call of the echo service (docs/abi-kvm2007.md), which here has four arguments, with noise in
 * them.  Expects the right digest.  Without option kvm-echo= the check is a skip.
 */
void expect_echo(struct run *run, enum call_kind kind);

/*
 * That digest, which has 64 bits if @wide.  FNV-1a; for 32 bits the arguments are zero-extended,
 * and the halves combined by XOR.
 */
uint64_t kvm_echo_digest(const uint64_t args[4], bool wide);

/* An error, as a call returns it. */
#define KVM_ERROR(error) (-(uint64_t)(error))

#endif
