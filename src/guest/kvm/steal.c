/* SPDX-License-Identifier: GPL-2.0-only */
/* KS: how long the vCPU was ready, but did not run. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/wait.h"
#include "lib/string.h"

#define RESERVED      0x3eull /* bits 1 to 5 (KS1) */
#define OFFSET        0x140
#define SIZE          sizeof(struct kvm_steal_time)
#define SAMPLES       50
#define REGISTRATIONS 32
#define SLACK         1000000u /* ns that may pass between two reads that belong together */

static bool enable(struct run *run)
{
	return set_msr(run, KVM_MSR_STEAL_TIME, gpa_at(PAGE_A, OFFSET) | KVM_MSR_ENABLED);
}

/* Registers a structure of zeros, as the guest has to make it (KS3). */
static steal_info *start_steal(struct run *run)
{
	if (!needs(run, KVM_FEATURE_STEAL_TIME))
		return NULL;
	refill();
	memset(page_at(PAGE_A, OFFSET), 0, SIZE);
	if (!enable(run))
		return NULL;
	make_exit(); /* by the next exit even a host that is late has written (KM8) */
	return page_at(PAGE_A, OFFSET);
}

static void stop_steal(struct run *run)
{
	set_msr(run, KVM_MSR_STEAL_TIME, 0);
}

static void reserved(struct run *run)
{
	if (!needs(run, KVM_FEATURE_STEAL_TIME))
		return;
	refill();
	expect_bits_refused(run, KVM_MSR_STEAL_TIME, gpa_at(PAGE_A, OFFSET) | KVM_MSR_ENABLED,
			    RESERVED);
	stop_steal(run);
}

/* KM8: many times, since an exit for another reason would hide it. */
static void complete(struct run *run)
{
	steal_info *info = page_at(PAGE_A, OFFSET);

	if (!needs(run, KVM_FEATURE_STEAL_TIME))
		return;
	refill();
	for (unsigned i = 0; i < REGISTRATIONS && !run->failed; i++) {
		memset(page_at(PAGE_A, OFFSET), 0, SIZE);
		wrmsr_returns(KVM_MSR_STEAL_TIME, gpa_at(PAGE_A, OFFSET) | KVM_MSR_ENABLED);
		if (!info->version)
			fail_check(run, "registration %u: wanted the structure written at once",
				   i + 1);
		stop_steal(run);
	}
}

/* KS2: each update makes the version odd and even again, and steal never falls. */
static void version(struct run *run)
{
	steal_info *info = start_steal(run);
	uint64_t steal = 0, last = 0;
	uint32_t first;

	if (!info)
		return;
	first = info->version;
	expect(run, first, "version: wanted another than 0 after the registration");
	for (unsigned i = 0; i < SAMPLES && !run->failed; i++) {
		uint32_t before = info->version;

		make_exit();
		if (!steal_snapshot(run, info, &steal))
			break;
		expect(run, (int32_t)(info->version - before) >= 0,
		       "version: wanted at least %#x, got %#x", before, info->version);
		expect(run, steal >= last, "steal: wanted at least %#lx ns, got %#lx ns", last,
		       steal);
		last = steal;
	}
	expect_equal(run, "flags", info->flags, 0);
	stop_steal(run);
}

/* KS3: pads are the guest's; and nothing outside the structure is written. */
static void pads(struct run *run)
{
	const unsigned pad = offsetof(struct kvm_steal_time, pad0);

	if (!needs(run, KVM_FEATURE_STEAL_TIME))
		return;
	refill();
	memset(page_at(PAGE_A, OFFSET), 0, pad);
	enable(run);
	make_exit();
	stop_steal(run);
	expect_kept(run, PAGE_A, 0, OFFSET);
	expect_kept(run, PAGE_A, OFFSET + pad, AROUND);
}

/* KS8: it runs, since it looks. */
static void preempted(struct run *run)
{
	steal_info *info = start_steal(run);

	for (unsigned i = 0; info && i < SAMPLES && !run->failed; i++) {
		make_exit();
		expect_equal(run, "its own preempted", info->preempted, 0);
	}
	if (info)
		stop_steal(run);
}

static const struct waited *waited_for_steal(struct run *run)
{
	const struct waited *w = NULL;

	if (needs(run, KVM_FEATURE_STEAL_TIME))
		w = wait_once(run);
	if (w)
		expect(run, w->steal.accepted, "WRMSR of %#x: wanted a return", KVM_MSR_STEAL_TIME);
	return w;
}

/* KS5: no more is stolen than passed. */
static void sum(struct run *run)
{
	const struct waited *w = waited_for_steal(run);

	if (w && needs_clock(run)) {
		report("steal.idle", "%lu of %lu us", w->stolen / 1000, w->passed / 1000);
		expect(run, w->stolen <= w->passed + SLACK,
		       "steal: wanted at most %lu ns more, got %lu ns", w->passed, w->stolen);
	}
}

static void disabled(struct run *run)
{
	const struct waited *w = waited_for_steal(run);

	if (w)
		expect(run, w->steal.off_kept, "after WRMSR with bit 0 clear: wanted no write");
}

static void moved(struct run *run)
{
	const struct waited *w = waited_for_steal(run);

	if (w)
		expect(run, w->steal.old_kept, "the structure registered before: wanted no write");
}

static const struct check checks[] = {
	{"steal.reserved", "KS1", .body = reserved}, {"steal.complete", "KM8", .body = complete},
	{"steal.version", "KS2", .body = version},   {"steal.pads", "KS3", .body = pads},
	{"steal.sum", "KS5", .body = sum},           {"steal.disabled", "KS6", .body = disabled},
	{"steal.moved", "KS6", .body = moved},       {"steal.preempted", "KS8", .body = preempted},
};

const struct area steal_area = AREA(checks);

/* KS9: another vCPU would ask for a flush so, if this one did not run. */
static void report_flush(struct run *run)
{
	steal_info *info = start_steal(run);

	if (!info)
		return;
	info->preempted = KVM_VCPU_FLUSH_TLB;
	for (unsigned i = 0; i < SAMPLES; i++)
		make_exit();
	report("steal.flush", "%s", info->preempted ? "waits" : "taken");
	stop_steal(run);
}

/* KS7: a gpa outside memory. */
void steal_report(struct run *run)
{
	bool accepted;

	if (!has_feature(KVM_FEATURE_STEAL_TIME))
		return;
	if (has_feature(KVM_FEATURE_PV_TLB_FLUSH))
		report_flush(run);
	accepted = wrmsr_returns(KVM_MSR_STEAL_TIME, outside_gpa() | KVM_MSR_ENABLED);
	report("steal.outside", "%s", accepted ? "accepted" : "fault");
	wrmsr_returns(KVM_MSR_STEAL_TIME, 0);
}
