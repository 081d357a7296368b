/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/wait.h"

#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/ticks.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/timer.h"

#define HZ         200
#define PERIOD     (TIMER_CLOCK_HZ / HZ)
#define FIRST_TICK 10 /* periods until the first tick */
#define POLLS      100000000u
#define SECOND     UINT64_C(1000000000) /* ns */

/* Of page A: where each structure is. */
#define WALL      0x000
#define OLD_TIME  0x040
#define TIME      0x080
#define OLD_STEAL 0x100
#define STEAL     0x140

#define PATTERN 0xa5

bool wait_start(struct run *run, bool *halts)
{
	static bool known, come;

	if (!timer_start(HZ)) {
		skip(run, "no timer");
		return false;
	}
	if (!known)
		come = timer_ticks(FIRST_TICK); /* without interrupts a HLT would not end */
	known = true;
	*halts = come;
	return true;
}

/*
 * The counter is read at least once in each of its periods, or a period is lost: so more may have
 * passed, but not less.
 */
uint64_t wait_for(uint64_t ms, bool halts)
{
	uint64_t counted = 0, wanted = ms * TIMER_CLOCK_HZ / 1000;
	uint16_t last = timer_count();

	for (unsigned i = 0; counted < wanted && i < POLLS; i++) {
		uint16_t now;

		make_exit();
		if (halts)
			halt_once();
		now = timer_count();
		counted += timer_counts(last, now, PERIOD);
		last = now;
	}
	return counted * SECOND / TIMER_CLOCK_HZ;
}

static bool is_pattern(unsigned offset, unsigned size)
{
	const uint8_t *bytes = page_at(PAGE_A, offset);

	for (unsigned i = 0; i < size; i++) {
		if (bytes[i] != PATTERN)
			return false;
	}
	return true;
}

static void set_pattern(unsigned offset, unsigned size)
{
	memset(page_at(PAGE_A, offset), PATTERN, size);
}

#define TIME_SIZE  sizeof(struct pvclock_vcpu_time_info)
#define STEAL_SIZE sizeof(struct kvm_steal_time)

static void begin(struct waited *w, uint32_t time, uint32_t wall)
{
	refill();
	if (wall) {
		w->has_wall = wrmsr_returns(wall, gpa_at(PAGE_A, WALL));
		memcpy(&w->wall[0], page_at(PAGE_A, WALL), sizeof(w->wall[0]));
	}
	if (time) {
		w->has_time = wrmsr_returns(time, gpa_at(PAGE_A, OLD_TIME) | KVM_MSR_ENABLED) &&
			      wrmsr_returns(time, gpa_at(PAGE_A, TIME) | KVM_MSR_ENABLED);
		set_pattern(OLD_TIME, TIME_SIZE);
	}
	if (has_feature(KVM_FEATURE_STEAL_TIME)) {
		memset(page_at(PAGE_A, OLD_STEAL), 0, STEAL_SIZE);
		memset(page_at(PAGE_A, STEAL), 0, STEAL_SIZE);
		w->has_steal =
			wrmsr_returns(KVM_MSR_STEAL_TIME,
				      gpa_at(PAGE_A, OLD_STEAL) | KVM_MSR_ENABLED) &&
			wrmsr_returns(KVM_MSR_STEAL_TIME, gpa_at(PAGE_A, STEAL) | KVM_MSR_ENABLED);
		make_exit(); /* by the next exit even a host that is late has written (KM8) */
		set_pattern(OLD_STEAL, STEAL_SIZE);
	}
}

/* Time and steal time of one moment.  False: the check has failed. */
static bool read_both(struct run *run, const struct waited *w, uint64_t *ns, uint64_t *steal)
{
	return (!w->has_steal || steal_snapshot(run, page_at(PAGE_A, STEAL), steal)) &&
	       (!w->has_time || time_now(run, page_at(PAGE_A, TIME), ns));
}

static bool first_half(struct run *run, struct waited *w, uint64_t ms)
{
	uint64_t ns[2] = {0}, steal[2] = {0};

	if (!read_both(run, w, &ns[0], &steal[0]))
		return false;
	w->waited = wait_for(ms, w->halts);
	if (!read_both(run, w, &ns[1], &steal[1]))
		return false;
	w->passed = ns[1] - ns[0];
	w->stolen = steal[1] - steal[0];
	w->old_time_kept = is_pattern(OLD_TIME, TIME_SIZE);
	w->old_steal_kept = is_pattern(OLD_STEAL, STEAL_SIZE);
	return true;
}

static void second_half(struct waited *w, uint64_t ms, uint32_t time)
{
	w->has_time = w->has_time && wrmsr_returns(time, gpa_at(PAGE_A, TIME));
	w->has_steal = w->has_steal && wrmsr_returns(KVM_MSR_STEAL_TIME, gpa_at(PAGE_A, STEAL));
	set_pattern(TIME, TIME_SIZE);
	set_pattern(STEAL, STEAL_SIZE);
	wait_for(ms, w->halts);
	w->off_time_kept = is_pattern(TIME, TIME_SIZE);
	w->off_steal_kept = is_pattern(STEAL, STEAL_SIZE);
}

static void end(struct waited *w, uint32_t wall)
{
	w->wall_kept = !memcmp(&w->wall[0], page_at(PAGE_A, WALL), sizeof(w->wall[0]));
	if (wall && w->has_wall)
		w->has_wall = wrmsr_returns(wall, gpa_at(PAGE_A, WALL));
	memcpy(&w->wall[1], page_at(PAGE_A, WALL), sizeof(w->wall[1]));
}

const struct waited *wait_once(struct run *run)
{
	static struct waited waited;
	static bool done;
	uint64_t half = run->options.waits / 2;
	uint32_t time = time_msr(), wall = wall_msr();
	bool complete;

	if (done)
		return &waited;
	waited = (struct waited){0};
	if (!wait_start(run, &waited.halts))
		return NULL;
	begin(&waited, time, wall);
	complete = first_half(run, &waited, half);
	if (complete) {
		second_half(&waited, half, time);
		end(&waited, wall);
	}
	timer_stop();
	done = complete;
	return complete ? &waited : NULL;
}
