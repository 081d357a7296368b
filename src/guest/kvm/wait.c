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

/* Of page A: where each structure is, and room for any of them. */
#define SIZE      0x40
#define WALL      0x000
#define OLD_TIME  0x040
#define TIME      (OLD_TIME + SIZE)
#define OLD_STEAL 0x100
#define STEAL     (OLD_STEAL + SIZE)

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

static bool is_pattern(unsigned offset)
{
	const uint8_t *bytes = page_at(PAGE_A, offset);

	for (unsigned i = 0; i < SIZE; i++) {
		if (bytes[i] != PATTERN)
			return false;
	}
	return true;
}

static void set_pattern(unsigned offset)
{
	memset(page_at(PAGE_A, offset), PATTERN, SIZE);
}

/* Registers both places, one after the other. */
static void start(struct waited_part *part, unsigned old)
{
	part->accepted = wrmsr_returns(part->msr, gpa_at(PAGE_A, old) | KVM_MSR_ENABLED) &&
			 wrmsr_returns(part->msr, gpa_at(PAGE_A, old + SIZE) | KVM_MSR_ENABLED);
}

static void turn_off(struct waited_part *part, unsigned place)
{
	part->accepted = part->accepted && wrmsr_returns(part->msr, gpa_at(PAGE_A, place));
}

static void begin(struct waited *w, uint32_t wall)
{
	refill();
	if (wall) {
		w->has_wall = wrmsr_returns(wall, gpa_at(PAGE_A, WALL));
		memcpy(&w->wall[0], page_at(PAGE_A, WALL), sizeof(w->wall[0]));
	}
	if (w->time.msr)
		start(&w->time, OLD_TIME);
	set_pattern(OLD_TIME);
	if (w->steal.msr) {
		memset(page_at(PAGE_A, OLD_STEAL), 0, SIZE);
		memset(page_at(PAGE_A, STEAL), 0, SIZE);
		start(&w->steal, OLD_STEAL);
		make_exit(); /* by the next exit even a host that is late has written (KM8) */
	}
	set_pattern(OLD_STEAL);
}

/* Time and steal time of one moment.  False: the check has failed. */
static bool read_both(struct run *run, const struct waited *w, uint64_t *ns, uint64_t *steal)
{
	return (!w->steal.accepted || steal_snapshot(run, page_at(PAGE_A, STEAL), steal)) &&
	       (!w->time.accepted || time_now(run, page_at(PAGE_A, TIME), ns));
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
	w->time.old_kept = is_pattern(OLD_TIME);
	w->steal.old_kept = is_pattern(OLD_STEAL);
	return true;
}

static void second_half(struct waited *w, uint64_t ms)
{
	turn_off(&w->time, TIME);
	turn_off(&w->steal, STEAL);
	set_pattern(TIME);
	set_pattern(STEAL);
	wait_for(ms, w->halts);
	w->time.off_kept = is_pattern(TIME);
	w->steal.off_kept = is_pattern(STEAL);
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
	const uint64_t half = run->options.waits / 2;
	const uint32_t wall = wall_msr();

	if (done)
		return &waited;
	waited = (struct waited){.time.msr = time_msr()};
	if (has_feature(KVM_FEATURE_STEAL_TIME))
		waited.steal.msr = KVM_MSR_STEAL_TIME;
	if (!wait_start(run, &waited.halts))
		return NULL;
	begin(&waited, wall);
	done = first_half(run, &waited, half);
	if (done) {
		second_half(&waited, half);
		end(&waited, wall);
	}
	timer_stop();
	return done ? &waited : NULL;
}
