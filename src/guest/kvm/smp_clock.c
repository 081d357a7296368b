/* SPDX-License-Identifier: GPL-2.0-only */
/* KT9, KT13: the vCPUs' clocks together, and read by other vCPUs. */
#include "guest/kvm/smp_areas.h"
#include "lib/string.h"
#include "x86/deadline.h"
#include "x86/insn.h"

#define ROUNDED  2 /* ns: each clock rounds down twice */
#define HANDOVER deadline_in(2000000000, 50000000)

/* For each ms of the option waits= so many handovers of a time, but not for more cycles. */
#define HANDOVERS 12
#define CYCLES    UINT64_C(5000000)

#define AT_ONCE  1200 /* handovers that vCPU 0 waits for */
#define AT_LEAST 16   /* however long they take */
#define PAIRED   4    /* vCPUs up to which each two of them hand a time to and fro */

#define RACES 1200 /* registrations and reads by all vCPUs together */
#define READS 16   /* at once */

/*
 * A time that goes round a ring of vCPUs, @step apart, from @first to @last.  Only vCPU @holder
 * writes to @time, @left and @holder.
 */
static struct ring {
	unsigned first, step, last;
	unsigned holder, left;
	uint64_t time;
	uint64_t end; /* a TSC, of vCPU 0 */
} ring;

static unsigned holder(void)
{
	return __atomic_load_n(&ring.holder, __ATOMIC_ACQUIRE);
}

static bool await_turn(struct run *run)
{
	struct deadline d = HANDOVER;

	while (holder() != this_cpu()->id) {
		if (!before_deadline(&d)) {
			fail_check(run, "a time from vCPU %u: wanted it, got none", holder());
			return false;
		}
	}
	return true;
}

/* KT9: what another vCPU has read before is not later than what this one reads now. */
static void compare_time(struct run *run, const struct vcpu_pages *own)
{
	uint64_t now;

	if (time_now(run, &own->area[0].time, &now))
		expect(run, now + ROUNDED >= ring.time,
		       "its clock: wanted at least another vCPU's %#lx ns, got %#lx ns", ring.time,
		       now);
	ring.time = now;
}

static unsigned left_after(const struct run *run, unsigned left)
{
	if (run->failed || (left % AT_LEAST == 0 && rdtsc() >= ring.end))
		return 0;
	return left - 1;
}

/* Once no handover is left, that goes round, too, so that all end. */
static void hand_on(struct run *run, struct vcpu_pages *own)
{
	const unsigned id = this_cpu()->id;
	unsigned left = 1;

	if (id < ring.first || id > ring.last || (id - ring.first) % ring.step)
		return;
	while (left && await_turn(run)) {
		left = ring.left;
		if (left) {
			compare_time(run, own);
			ring.left = left_after(run, left);
		}
		__atomic_store_n(&ring.holder, id == ring.last ? ring.first : id + ring.step,
				 __ATOMIC_RELEASE);
	}
}

/* @n handovers, or less if they take more than @cycles. */
static void go_round(struct run *run, unsigned first, unsigned step, unsigned last, uint64_t n,
		     uint64_t cycles)
{
	const uint64_t end = rdtsc() + cycles;

	for (uint64_t done = 0; done < n && !run->failed; done += AT_ONCE) {
		ring = (struct ring){first, step, last, .holder = first, .time = ring.time};
		ring.left = n - done < AT_ONCE ? (unsigned)(n - done) : AT_ONCE;
		ring.end = end;
		on_each_vcpu(run, hand_on, 1);
	}
}

static void go_round_all(struct run *run)
{
	const unsigned n = run->vcpus, pairs = n > PAIRED ? 1 : n * (n - 1) / 2;
	const uint64_t handovers = run->options.waits * HANDOVERS / pairs;
	const uint64_t cycles = run->options.waits * CYCLES / pairs;

	ring.time = 0;
	if (n > PAIRED) {
		go_round(run, 0, 1, n - 1, handovers, cycles);
		return;
	}
	for (unsigned last = 1; last < n; last++) {
		for (unsigned first = 0; first < last; first++)
			go_round(run, first, last - first, last, handovers, cycles);
	}
}

static void start_clock(struct run *run, struct vcpu_pages *own)
{
	start_own_time(run, own, 0);
}

/* By bit 0 of its flags; without it a guest must not compare this clock with others. */
static bool all_are_stable(const struct run *run)
{
	for (unsigned id = 0; id < run->vcpus; id++) {
		if (!(vcpu_pages(id)->area[0].time.flags & PVCLOCK_TSC_STABLE))
			return false;
	}
	return true;
}

static void monotonic(struct run *run)
{
	if (!needs_clock(run) || !needs(run, KVM_FEATURE_CLOCKSOURCE_STABLE_BIT))
		return;
	areas_reset(run);
	if (on_each_vcpu(run, start_clock, 1)) {
		if (all_are_stable(run))
			go_round_all(run);
		else
			skip(run, "bit 0 of a clock's flags is clear");
	}
	on_each_vcpu(run, stop_own, 1);
}

/* KT13: what is read by one version is always the same. */
static void read_clock(struct run *run, const time_info *info, struct vcpu_pages *own)
{
	struct pvclock_vcpu_time_info copy;

	if (!time_snapshot(run, info, &copy))
		return;
	expect(run, copy.version != own->seen.version || !memcmp(&copy, &own->seen, sizeof(copy)),
	       "version %#x: wanted the same at each read; system_time was %#lx ns, is %#lx ns",
	       copy.version, own->seen.system_time, copy.system_time);
	own->seen = copy;
}

/*
 * vCPUs with even numbers register again and again, and the next ones read what that writes.  Each
 * lets others run in between, for they may share one CPU.
 */
static void register_or_read(struct run *run, struct vcpu_pages *own)
{
	const unsigned id = this_cpu()->id;

	if (id % 2 == 0) {
		cpu_relax();
		start_clock(run, own);
	}
	for (unsigned i = 0; id % 2 && i < READS && !run->failed; i++) {
		cpu_relax();
		read_clock(run, &vcpu_pages(id - 1)->area[0].time, own);
	}
}

static void versions(struct run *run)
{
	if (!needs_clock(run))
		return;
	areas_reset(run);
	if (on_each_vcpu(run, start_clock, 1)) {
		for (unsigned id = 0; id < run->vcpus; id++)
			vcpu_pages(id)->seen.version = 1;
		on_each_vcpu(run, register_or_read, RACES / run->vcpus);
	}
	on_each_vcpu(run, stop_own, 1);
}

static const struct check checks[] = {
	{"smp.monotonic", "KT9", CHECK_VCPUS, .body = monotonic},
	{"smp.versions", "KT13", CHECK_VCPUS, .body = versions},
};

const struct area smp_clock_area = AREA(checks);
