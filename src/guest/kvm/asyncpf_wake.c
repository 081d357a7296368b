/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KF4-KF6, KF8: a guest that enables asynchronous page faults gets one event, "wake all": a token
 * and an interrupt.  So their protocol shows without a host that takes pages away.
 */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/asyncpf.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"

#define AREA_OFFSET 0x40

volatile struct kvm_vcpu_pv_apf_data *apf_area;

bool apf_enable(struct run *run, uint64_t bits)
{
	return set_msr(run, KVM_MSR_ASYNC_PF_EN, bits ? gpa_at(PAGE_A, AREA_OFFSET) | bits : 0);
}

void apf_expect(struct run *run, const char *what, unsigned wanted, uint32_t token)
{
	expect_events(run, what, wanted);
	expect(run, apf_area->token == token, "%s: wanted the token %#x, got %#x", what, token,
	       apf_area->token);
	expect(run, !apf_area->flags, "%s: wanted the flags 0, got %#x", what, apf_area->flags);
}

bool apf_acknowledge(struct run *run)
{
	return set_msr(run, KVM_MSR_ASYNC_PF_ACK, 1);
}

bool apf_prepare(struct run *run)
{
	if (!needs(run, KVM_FEATURE_ASYNC_PF) || !needs(run, KVM_FEATURE_ASYNC_PF_INT) ||
	    !needs_events(run))
		return false;
	refill();
	apf_area = page_at(PAGE_A, AREA_OFFSET);
	apf_area->flags = apf_area->token = 0;
	return apf_enable(run, 0) && apf_acknowledge(run) &&
	       set_msr(run, KVM_MSR_ASYNC_PF_INT, EVENT_VECTOR);
}

/* The same, and then the first event has come. */
static bool wake_up(struct run *run)
{
	if (apf_prepare(run) && apf_enable(run, AS_INT))
		apf_expect(run, "enabled", 1, WAKE_ALL);
	return !run->failed && !run->skip_reason;
}

static void turn_off(struct run *run)
{
	if (!run->skip_reason)
		apf_enable(run, 0);
}

/* KF4: the host writes token and flags, and nothing else. */
static void wake(struct run *run)
{
	if (wake_up(run)) {
		expect_kept(run, PAGE_A, 0, AREA_OFFSET);
		expect_kept(run, PAGE_A, AREA_OFFSET + 8, AROUND);
	}
	turn_off(run);
}

/* KF5: an event that waits needs both, a token of 0 and then an acknowledgement. */
static void after_acknowledge(struct run *run)
{
	if (wake_up(run) && apf_enable(run, AS_INT)) {
		apf_expect(run, "enabled anew", 0, WAKE_ALL);
		apf_area->token = 0;
		apf_expect(run, "token 0, not acknowledged", 0, 0);
		apf_acknowledge(run);
		apf_expect(run, "token 0, acknowledged", 1, WAKE_ALL);
		apf_area->token = 0;
		apf_acknowledge(run);
		apf_expect(run, "when none waits", 0, 0);
	}
	turn_off(run);
}

static void after_token(struct run *run)
{
	if (wake_up(run) && apf_enable(run, AS_INT)) {
		apf_acknowledge(run);
		apf_expect(run, "acknowledged, token not 0", 0, WAKE_ALL);
		apf_area->token = 0;
		apf_acknowledge(run);
		apf_expect(run, "token 0, acknowledged again", 1, WAKE_ALL);
	}
	turn_off(run);
}

/* KF6: without bit 3 there is no event. */
static void no_interrupt(struct run *run)
{
	if (apf_prepare(run) && apf_enable(run, KVM_MSR_ENABLED)) {
		apf_expect(run, "enabled without bit 3", 0, 0);
		apf_acknowledge(run);
		apf_expect(run, "and acknowledged", 0, 0);
	}
	turn_off(run);
}

/* KF8: what waited does not come after the end. */
static void off(struct run *run)
{
	if (wake_up(run) && apf_enable(run, AS_INT) && apf_enable(run, 0)) {
		apf_area->token = 0;
		apf_acknowledge(run);
		apf_expect(run, "turned off", 0, 0);
	}
	turn_off(run);
}

static const struct check checks[] = {
	{"asyncpf.wake", "KF4", .body = wake},
	{"asyncpf.after-acknowledge", "KF5", .body = after_acknowledge},
	{"asyncpf.after-token", "KF5", .body = after_token},
	{"asyncpf.no-interrupt", "KF6", .body = no_interrupt},
	{"asyncpf.off", "KF8", .body = off},
};

const struct area wake_area = AREA(checks);
