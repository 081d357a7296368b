/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules KW and KT: the time of the machine's start, and each vCPU's clock. */
#include "host/kvm/policy.h"

#include "x86/insn.h"

#define BILLION UINT64_C(1000000000)

/*
 * KT6, KT7: a TSC of 1 to 2 GHz would have its ticks multiplied by a fraction of 32 bits; a faster
 * or slower one has them halved or doubled before.
 */
static void set_scale(uint64_t hz)
{
	kvm_clock.shift = 0;
	for (; hz > 2 * BILLION; hz /= 2)
		kvm_clock.shift--;
	for (; hz <= BILLION; hz *= 2)
		kvm_clock.shift++;
	kvm_clock.mul = (uint32_t)((BILLION << 32) / hz);
}

void kvm_set_clock(uint64_t tsc_hz, uint64_t start, uint64_t boot)
{
	kvm_clock = (struct kvm_clock){.tsc_hz = tsc_hz, .start = start, .boot = boot};
	if (tsc_hz)
		set_scale(tsc_hz);
}

/*
 * KT6.  Both divisions round down: the sum of two spans is never more than the time of both
 * together, so what a guest computes from an earlier moment is never ahead of a later one.
 */
uint64_t kvm_time(uint64_t tsc)
{
	uint64_t ticks = tsc - kvm_clock.start;

	ticks = kvm_clock.shift < 0 ? ticks >> -kvm_clock.shift : ticks << kvm_clock.shift;
	return (uint64_t)((unsigned __int128)ticks * kvm_clock.mul >> 32);
}

/* KW2, KT1: the next even number, and another one than before. */
uint32_t kvm_next_version(uint32_t version)
{
	return ((version + 1) | 1) + 1;
}

/*
 * KT13: the version is odd while the rest is written.  The guest may read it at any time by another
 * vCPU, and x86 keeps the order of stores.
 */
static void put(struct kvm_request *q, const void *structure, unsigned length, uint32_t version)
{
	const uint32_t odd = version - 1;

	guest_write(q->vcpu->memory, q->gpa, &odd, sizeof(odd));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	guest_write(q->vcpu->memory, q->gpa + sizeof(version),
		    (const uint8_t *)structure + sizeof(version), length - sizeof(version));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	guest_write(q->vcpu->memory, q->gpa, &version, sizeof(version));
}

/* ---- the wall clock ---- */

/* KW5: an address outside of memory has no effect, and neither has 0. */
void kvm_write_wall_clock(struct kvm_request *q)
{
	struct pvclock_wall_clock before;

	q->gpa = q->value;
	if (!q->gpa || !guest_read(q->vcpu->memory, q->gpa, &before, sizeof(before)))
		return;
	q->wall.version = kvm_next_version(before.version);
	kvm_steps.make_wall_clock(q);
	kvm_steps.put_wall_clock(q);
}

/* KW1, KW3: always the moment at which the vCPUs' clocks were 0. */
void kvm_make_wall_clock(struct kvm_request *q)
{
	q->wall.sec = (uint32_t)(kvm_clock.boot / BILLION);
	q->wall.nsec = (uint32_t)(kvm_clock.boot % BILLION);
}

/* KW4: these 12 bytes, once. */
void kvm_put_wall_clock(struct kvm_request *q)
{
	put(q, &q->wall, sizeof(q->wall), q->wall.version);
}

/* ---- a vCPU's clock ---- */

/* KT1, KT2, KT3: only the address that was written last has the clock, while it is enabled. */
void kvm_register_time(struct kvm_request *q)
{
	q->gpa = q->value & ~KVM_MSR_ENABLED;
	if (q->value & KVM_MSR_ENABLED)
		kvm_steps.write_time(q);
}

/* KT12: nothing happens if it is not all in guest memory.  KT5: it may be in two pages. */
void kvm_write_time(struct kvm_request *q)
{
	struct pvclock_vcpu_time_info before;

	if (!guest_read(q->vcpu->memory, q->gpa, &before, sizeof(before)))
		return;
	q->time = (struct pvclock_vcpu_time_info){
		.version = kvm_next_version(before.version),
		.flags =
			before.flags & PVCLOCK_GUEST_STOPPED, /* KT10: it is the guest's to clear */
	};
	kvm_steps.make_time(q);
	kvm_steps.put_time(q);
}

/* KT4: the pads are 0.  KT6 to KT9, KT15: all vCPUs have one clock, which never stops. */
void kvm_make_time(struct kvm_request *q)
{
	q->time.tsc_timestamp = rdtsc();
	q->time.system_time = kvm_time(q->time.tsc_timestamp);
	q->time.tsc_to_system_mul = kvm_clock.mul;
	q->time.tsc_shift = kvm_clock.shift;
	if (kvm_has(KVM_FEATURE_CLOCKSOURCE_STABLE_BIT))
		q->time.flags |= PVCLOCK_TSC_STABLE;
}

/* KT4: these 32 bytes, at any address. */
void kvm_put_time(struct kvm_request *q)
{
	put(q, &q->time, sizeof(q->time), q->time.version);
}
