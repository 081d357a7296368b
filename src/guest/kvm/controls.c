/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KP, KG and the refusals of KE and KF: MSRs by which the guest tells the host something, and what
 * they must not be told.
 */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/wait.h"
#include "x86/defs.h"
#include "x86/timer.h"

/* Of the reserved bits that fill the upper part of a MSR. */
#define SOME_HIGH_BITS (BIT(9) | BIT(31) | BIT(32) | BIT(63))

/* ---- KP: halt polling ---- */

/* KM2: what discovery read. */
static void expect_initial(struct run *run, uint32_t msr, uint64_t wanted)
{
	for (unsigned i = 0; i < MSRS; i++) {
		if (kvm_msrs[i].number == msr)
			expect_equal(run, "at the start", kvm_found.msr_value[i], wanted);
	}
}

static void poll_initial(struct run *run)
{
	if (needs(run, KVM_FEATURE_POLL_CONTROL))
		expect_initial(run, KVM_MSR_POLL_CONTROL, 1);
}

static void poll_reserved(struct run *run)
{
	if (!needs(run, KVM_FEATURE_POLL_CONTROL))
		return;
	expect_bits_refused(run, KVM_MSR_POLL_CONTROL, 0, SOME_HIGH_BITS | BIT(1) | BIT(8));
	expect_bits_refused(run, KVM_MSR_POLL_CONTROL, 1, BIT(1));
}

/* KP1: a timer wakes the vCPU from HLT whatever the MSR says. */
static void poll_halt(struct run *run)
{
	bool halts;

	if (!needs(run, KVM_FEATURE_POLL_CONTROL) || !wait_start(run, &halts))
		return;
	for (unsigned value = 0; value < 2 && halts; value++) {
		set_msr(run, KVM_MSR_POLL_CONTROL, value);
		wait_for(1, halts);
	}
	timer_stop();
	if (!halts)
		skip(run, "no timer interrupts");
}

static const struct check poll_checks[] = {
	{"poll.initial", "KM2", .body = poll_initial},
	{"poll.reserved", "KP1", .body = poll_reserved},
	{"poll.halt", "KP1", .body = poll_halt},
};

const struct area poll_area = AREA(poll_checks);

/* ---- KG: migration ---- */

static void migration_initial(struct run *run)
{
	if (needs(run, KVM_FEATURE_MIGRATION_CONTROL))
		expect_initial(run, KVM_MSR_MIGRATION_CONTROL, 1);
}

/* KG1: with the bit 0 and 1 can be written; msr.read-back has it.  Without, it is no MSR. */
static void migration_absent(struct run *run)
{
	bool read;

	if (has_feature(KVM_FEATURE_MIGRATION_CONTROL)) {
		skip(run, "CPUID shows feature bit 17");
		return;
	}
	read = expect_gp_or_0(run, KVM_MSR_MIGRATION_CONTROL);
	expect(run, read == wrmsr_returns(KVM_MSR_MIGRATION_CONTROL, 1),
	       "RDMSR and WRMSR of %#x: wanted both refused, or none", KVM_MSR_MIGRATION_CONTROL);
}

static const struct check migration_checks[] = {
	{"migration.initial", "KG1", .body = migration_initial},
	{"migration.absent", "KG1", .body = migration_absent},
};

const struct area migration_area = AREA(migration_checks);

/* ---- KE: end of interrupt ---- */

static void eoi_reserved(struct run *run)
{
	if (!needs(run, KVM_FEATURE_PV_EOI))
		return;
	refill();
	expect_bits_refused(run, KVM_MSR_PV_EOI_EN, page_gpa(PAGE_A), BIT(1));
	expect_bits_refused(run, KVM_MSR_PV_EOI_EN, page_gpa(PAGE_A) | KVM_MSR_ENABLED, BIT(1));
	set_msr(run, KVM_MSR_PV_EOI_EN, 0);
}

/* Expects that no gpa outside memory is accepted with @flags, and that @old stays. */
static void expect_outside_refused(struct run *run, uint32_t msr, uint64_t flags)
{
	uint64_t addresses[ADDRESSES_MAX];
	unsigned n = outside_addresses(addresses);

	for (unsigned i = 0; i < n; i++)
		expect_refused(run, msr, addresses[i] | flags);
	set_msr(run, msr, 0);
}

static void eoi_outside(struct run *run)
{
	if (needs(run, KVM_FEATURE_PV_EOI))
		expect_outside_refused(run, KVM_MSR_PV_EOI_EN, KVM_MSR_ENABLED);
}

static const struct check eoi_checks[] = {
	{"pveoi.reserved", "KE1", .body = eoi_reserved},
	{"pveoi.outside", "KE1", .body = eoi_outside},
};

const struct area pveoi_area = AREA(eoi_checks);

/* ---- KF: asynchronous page faults ---- */

static void apf_reserved(struct run *run)
{
	if (!needs(run, KVM_FEATURE_ASYNC_PF))
		return;
	refill();
	expect_bits_refused(run, KVM_MSR_ASYNC_PF_EN, page_gpa(PAGE_A), BIT(4) | BIT(5));
	expect_bits_refused(run, KVM_MSR_ASYNC_PF_EN, page_gpa(PAGE_A) | KVM_MSR_ENABLED,
			    BIT(4) | BIT(5));
	set_msr(run, KVM_MSR_ASYNC_PF_EN, 0);
}

/* KF1: bits that another feature offers are refused without it, where features are enforced. */
static void apf_gated(struct run *run)
{
	uint64_t bits = 0;

	if (!has_feature(KVM_FEATURE_ASYNC_PF_VMEXIT))
		bits |= KVM_ASYNC_PF_DELIVERY_AS_PF_EXIT;
	if (!has_feature(KVM_FEATURE_ASYNC_PF_INT))
		bits |= KVM_ASYNC_PF_DELIVERY_AS_INT;
	if (!needs(run, KVM_FEATURE_ASYNC_PF))
		return;
	if (!bits || kvm_enforcement() != ENFORCED) {
		skip(run, "no bit is refused for its feature");
		return;
	}
	refill();
	expect_bits_refused(run, KVM_MSR_ASYNC_PF_EN, page_gpa(PAGE_A), bits);
	set_msr(run, KVM_MSR_ASYNC_PF_EN, 0);
}

/* KF2: with interrupts the host writes to the area at once, so it must be there. */
static void apf_outside(struct run *run)
{
	if (needs(run, KVM_FEATURE_ASYNC_PF) && needs(run, KVM_FEATURE_ASYNC_PF_INT))
		expect_outside_refused(run, KVM_MSR_ASYNC_PF_EN,
				       KVM_MSR_ENABLED | KVM_ASYNC_PF_DELIVERY_AS_INT);
}

static void apf_vector(struct run *run)
{
	if (!needs(run, KVM_FEATURE_ASYNC_PF_INT))
		return;
	for (unsigned vector = 0; vector <= 0xff; vector += 51) {
		if (set_msr(run, KVM_MSR_ASYNC_PF_INT, vector))
			expect_msr(run, KVM_MSR_ASYNC_PF_INT, vector);
	}
	expect_bits_refused(run, KVM_MSR_ASYNC_PF_INT, 0x80, SOME_HIGH_BITS | BIT(8));
	set_msr(run, KVM_MSR_ASYNC_PF_INT, 0);
}

static void apf_ack(struct run *run)
{
	static const uint64_t values[] = {0, 1, 2, UINT64_MAX};

	for (unsigned i = 0; i < 4 && needs(run, KVM_FEATURE_ASYNC_PF_INT); i++) {
		if (set_msr(run, KVM_MSR_ASYNC_PF_ACK, values[i]))
			expect_msr(run, KVM_MSR_ASYNC_PF_ACK, 0);
	}
}

static const struct check apf_checks[] = {
	{"asyncpf.reserved", "KF1", .body = apf_reserved},
	{"asyncpf.gated", "KF1", .body = apf_gated},
	{"asyncpf.outside", "KF2", .body = apf_outside},
	{"asyncpf.vector", "KF3", .body = apf_vector},
	{"asyncpf.ack", "KF3", .body = apf_ack},
};

const struct area asyncpf_area = AREA(apf_checks);
