/* SPDX-License-Identifier: GPL-2.0-only */
/* KC2-KC4, KH4, KH6: calls of all vCPUs at once; each is answered for the vCPU that made it. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/smp.h"
#include "lib/string.h"
#include "x86/apic.h"
#include "x86/insn.h"

#define CALLS 20  /* by each vCPU, to see that they work */
#define RACES 600 /* by all together, to see a race */

static unsigned races(const struct run *run)
{
	return RACES / run->vcpus + 1;
}

/* ---- any call ---- */

/* A call whose result is known: by its index, or by its arguments. */
struct known_call {
	uint64_t index, args[4], result;
};

static struct known_call some_call(const struct run *run)
{
	struct known_call call = {
		.index = KVM_HC_VAPIC_POLL_IRQ,
		.args = {random64(), random64(), random64(), random64()},
	};
	const unsigned kind = random64() % 4;

	if (kind == 0)
		return call;
	if (kind == 1 && run->options.kvm_echo) {
		call.index = run->options.kvm_echo;
		call.result = kvm_echo_digest(call.args, true);
		return call;
	}
	if (kind == 2 && has_feature(KVM_FEATURE_PV_SEND_IPI)) {
		call.index = KVM_HC_SEND_IPI;
		call.args[3] |= ICR_LOGICAL;
		call.result = KVM_ERROR(KVM_EINVAL);
		return call;
	}
	do
		call.index = random64() >> random64() % 60 | 16;
	while (call.index == run->options.kvm_echo);
	call.result = KVM_ERROR(KVM_ENOSYS);
	return call;
}

static void expect_known(struct run *run, const struct known_call *call, uint64_t result)
{
	expect(run, result == call->result, "index %#lx: wanted %#lx, got %#lx", call->index,
	       call->result, result);
}

static void call_bare(struct run *run, struct vcpu_pages *own)
{
	const struct known_call call = some_call(run);
	uint64_t result;

	(void)own;
	if (smp_call(run, 0, call.index, call.args, &result))
		expect_known(run, &call, result);
}

static void call_compared(struct run *run, struct vcpu_pages *own)
{
	const struct known_call call = some_call(run);
	uint64_t result;

	(void)own;
	if (smp_call_compared(run, call.index, call.args, &result))
		expect_known(run, &call, result);
}

/* KC2: arguments and results are the calling vCPU's. */
static void results(struct run *run)
{
	if (smp_ready(run))
		race_vcpus(run, call_bare, races(run));
}

/* KC3: and so are all registers. */
static void keeps(struct run *run)
{
	if (smp_ready(run))
		race_vcpus(run, call_compared, CALLS);
}

/* ---- KH6: to yield ---- */

static void yield_to_some(struct run *run, struct vcpu_pages *own)
{
	const uint64_t ids[] = {smp_cpu((unsigned)(random64() % run->vcpus))->apic_id, ABSENT_ID,
				random64()};
	const uint64_t args[4] = {ids[random64() % 3], random64(), random64(), random64()};
	uint64_t result;

	(void)own;
	if (smp_call(run, 0, KVM_HC_SCHED_YIELD, args, &result))
		expect(run, !result, "to APIC %#lx: wanted 0, got %#lx", args[0], result);
}

static void yields(struct run *run)
{
	if (needs(run, KVM_FEATURE_PV_SCHED_YIELD) && smp_ready(run))
		race_vcpus(run, yield_to_some, CALLS);
}

/* ---- KH4: each vCPU's clocks ---- */

/* After the page with what is the vCPU's own (guest/vcpus.h). */
struct clocks {
	time_info time;
	uint8_t around[32];
	struct kvm_clock_pairing pairing;
};

static volatile struct pvclock_wall_clock *wall; /* of all */

static struct clocks *clocks_of(struct vcpu_pages *own)
{
	return (struct clocks *)((uint8_t *)own + PAGE_SIZE);
}

static void register_time(struct run *run, struct vcpu_pages *own)
{
	set_msr(run, time_msr(), (uint64_t)&clocks_of(own)->time | KVM_MSR_ENABLED);
}

static void unregister_time(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	time_stop(run);
}

/* Whether it is done at all; if not, the check is a skip. */
static bool pairs(struct run *run)
{
	const uint64_t args[4] = {gpa_at(PAGE_A, 0), KVM_CLOCK_PAIRING_WALLCLOCK};
	uint64_t result;

	if (!smp_call(run, 0, KVM_HC_CLOCK_PAIRING, args, &result))
		return false;
	if (result == KVM_ERROR(KVM_ENOSYS) || result == KVM_ERROR(KVM_EOPNOTSUPP))
		skip(run, "the host pairs no clocks");
	return !run->skip_reason;
}

static void pair(struct run *run, struct vcpu_pages *own)
{
	struct clocks *c = clocks_of(own);
	const uint64_t args[4] = {(uint64_t)&c->pairing, KVM_CLOCK_PAIRING_WALLCLOCK, random64(),
				  random64()};
	struct pvclock_vcpu_time_info info;
	uint64_t before, after, result;

	memset(&c->pairing, 0xa5, sizeof(c->pairing));
	if (!time_snapshot(run, &c->time, &info)) /* not a later one: time counts from it on */
		return;
	before = rdtsc();
	if (!smp_call(run, 0, KVM_HC_CLOCK_PAIRING, args, &result))
		return;
	after = rdtsc();
	expect_equal(run, "result", result, 0);
	expect(run, before < c->pairing.tsc && c->pairing.tsc < after,
	       "tsc: wanted one between %#lx and %#lx, got %#lx", before, after, c->pairing.tsc);
	if (!run->failed)
		expect_paired_time(run, wall, &info, &c->pairing);
}

static void pairing(struct run *run)
{
	if (!needs_clock(run) || !smp_ready(run) || !pairs(run))
		return;
	wall = page_at(PAGE_B, 0);
	if (!set_msr(run, wall_msr(), gpa_at(PAGE_B, 0)))
		return;
	if (on_each_vcpu(run, register_time))
		race_vcpus(run, pair, CALLS);
	on_each_vcpu(run, unregister_time);
}

static const struct check checks[] = {
	{"smp.results", "KC2", CHECK_VCPUS, .body = results},
	{"smp.keeps", "KC3", CHECK_VCPUS, .body = keeps},
	{"smp.yield", "KH6", CHECK_VCPUS, .body = yields},
	{"smp.pairing", "KH4", CHECK_VCPUS, .body = pairing},
};

const struct area smp_calls_area = AREA(checks);
