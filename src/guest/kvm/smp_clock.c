/* SPDX-License-Identifier: GPL-2.0-only */
/* KT9, KT13: the vCPUs' clocks together, and read by other vCPUs. */
#include "guest/kvm/smp_areas.h"
#include "lib/string.h"
#include "x86/deadline.h"
#include "x86/insn.h"

#define ROUNDED 2 /* ns: each clock rounds down twice */

/* For each ms of the option waits=, by all vCPUs together; and how many vCPU 0 waits for. */
#define TIMES   24
#define AT_ONCE 600

#define RACES 600 /* registrations by all vCPUs together */

/* How long a vCPU waits for what another one does, which may not run now. */
#define PATIENCE deadline_in(200000, 1000)

static uint64_t latest; /* shared: the latest time that any vCPU has read */
static unsigned reads;  /* shared: by all of them */

static void set_latest(uint64_t now)
{
	uint64_t before = __atomic_load_n(&latest, __ATOMIC_RELAXED);

	while (now > before && !__atomic_compare_exchange_n(&latest, &before, now, false,
							    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

/* By bit 0 of its flags, which a host may clear: then no clock may be compared with others. */
static bool all_are_stable(const struct run *run)
{
	for (unsigned id = 0; id < run->vcpus; id++) {
		if (!(vcpu_pages(id)->area[0].time.flags & PVCLOCK_TSC_STABLE))
			return false;
	}
	return true;
}

/*
 * KT9: what another vCPU has read before is not later than what this one reads now.  It gives
 * another one the time to read first, so that they do it by turns where they run at the same time.
 */
static void compare_time(struct run *run, struct vcpu_pages *own)
{
	struct deadline d = PATIENCE;
	uint64_t before, now;

	while (__atomic_load_n(&reads, __ATOMIC_RELAXED) == own->reads && before_deadline(&d))
		;
	before = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
	load_fence(); /* else RDTSC may be done before that */
	if (!time_now(run, &own->area[0].time, &now))
		return;
	expect(run, now + ROUNDED >= before || !all_are_stable(run),
	       "its clock: wanted at least another vCPU's %#lx ns, got %#lx ns", before, now);
	set_latest(now);
	own->reads = __atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
}

static void compare_times(struct run *run)
{
	latest = 0;
	for (uint64_t n = 0; n < run->options.waits * TIMES && !run->failed; n += AT_ONCE)
		race_vcpus(run, compare_time, AT_ONCE / run->vcpus + 1);
}

static void start_clock(struct run *run, struct vcpu_pages *own)
{
	start_own_time(run, own, 0);
}

static void monotonic(struct run *run)
{
	if (!needs_clock(run) || !needs(run, KVM_FEATURE_CLOCKSOURCE_STABLE_BIT))
		return;
	areas_reset(run);
	if (on_each_vcpu(run, start_clock)) {
		if (all_are_stable(run))
			compare_times(run);
		else
			skip(run, "bit 0 of a clock's flags is clear");
	}
	on_each_vcpu(run, stop_own);
}

/* KT13: what is read by one version is always the same. */
static void read_clock(struct run *run, const time_info *info, struct vcpu_pages *own)
{
	struct pvclock_vcpu_time_info copy;

	if (!time_snapshot_of_other(run, info, &copy))
		return;
	expect(run, copy.version != own->seen.version || !memcmp(&copy, &own->seen, sizeof(copy)),
	       "version %#x: wanted the same at each read; system_time was %#lx ns, is %#lx ns",
	       copy.version, own->seen.system_time, copy.system_time);
	own->seen = copy;
}

/* vCPUs with even numbers register again and again, and the next ones read what that writes. */
static void register_or_read(struct run *run, struct vcpu_pages *own)
{
	const unsigned id = this_cpu()->id;
	const uint32_t version = own->seen.version;
	struct deadline d = PATIENCE;

	if (id % 2 == 0) {
		cpu_relax(); /* lets another vCPU read, if they share one CPU */
		start_clock(run, own);
		return;
	}
	do {
		read_clock(run, &vcpu_pages(id - 1)->area[0].time, own);
	} while (!run->failed && own->seen.version == version && before_deadline(&d));
}

static void versions(struct run *run)
{
	if (!needs_clock(run))
		return;
	areas_reset(run);
	if (on_each_vcpu(run, start_clock)) {
		for (unsigned id = 0; id < run->vcpus; id++)
			vcpu_pages(id)->seen.version = 1;
		race_vcpus(run, register_or_read, RACES / run->vcpus);
	}
	on_each_vcpu(run, stop_own);
}

static const struct check checks[] = {
	{"smp.monotonic", "KT9", CHECK_VCPUS, .body = monotonic},
	{"smp.versions", "KT13", CHECK_VCPUS, .body = versions},
};

const struct area smp_clock_area = AREA(checks);
