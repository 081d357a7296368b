/* SPDX-License-Identifier: GPL-2.0-only */
/* KW: the moment of the start. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/wait.h"
#include "lib/string.h"
#include "x86/defs.h"
#include "x86/insn.h"
#include "x86/rtc.h"

#define SECOND       UINT64_C(1000000000) /* ns */
#define MILLISECOND  UINT64_C(1000000)
#define RTC_SECONDS  2 /* that the RTC may differ */
#define QUARTER_HOUR 900
#define ZONE_MAX     (14 * 3600)

typedef struct pvclock_wall_clock wall_clock;

/* Fills fresh pages, and makes the host write the structure at the start of page A. */
static bool fill(struct run *run, uint32_t msr, uint32_t version, wall_clock *wall)
{
	wall_clock *there = page_at(PAGE_A, 0);

	refill();
	there->version = version;
	if (!set_msr(run, msr, page_gpa(PAGE_A)))
		return false;
	memcpy(wall, there, sizeof(*wall));
	return true;
}

static uint64_t moment(const wall_clock *wall)
{
	return wall->sec * SECOND + wall->nsec;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* KW1: this moment and the system time together are now. */
static void now(struct run *run)
{
	uint64_t rtc, ns, seconds, off;
	wall_clock wall;

	if (!needs_clock(run) || !fill(run, wall_msr(), 0, &wall))
		return;
	if (!time_start(run, PAGE_B, 0) || !time_now(run, page_at(PAGE_B, 0), &ns))
		return;
	time_stop(run);
	if (!rtc_read(&rtc)) {
		skip(run, "no RTC");
		return;
	}
	seconds = (moment(&wall) + ns) / SECOND;
	off = distance(seconds, rtc);
	if (off > RTC_SECONDS && off <= ZONE_MAX + RTC_SECONDS &&
	    (off + RTC_SECONDS) % QUARTER_HOUR <= 2 * RTC_SECONDS) {
		report("wallclock.rtc", "%lu seconds off: a local time?", off);
		return;
	}
	expect(run, off <= RTC_SECONDS,
	       "moment of the start and system time: wanted %lu s by the RTC, got %lu s", rtc,
	       seconds);
}

static void nsec(struct run *run)
{
	wall_clock wall;

	if (needs_clock(run) && fill(run, wall_msr(), 0, &wall))
		expect(run, wall.nsec < SECOND, "nsec: wanted less than 10^9, got %u", wall.nsec);
}

static void version(struct run *run)
{
	static const uint32_t old[] = {0, 4, 5, 0x5a5a5a5a, UINT32_MAX};
	wall_clock wall;

	for (unsigned i = 0; i < sizeof(old) / sizeof(old[0]) && needs_clock(run); i++) {
		if (fill(run, wall_msr(), old[i], &wall))
			expect(run, wall.version == next_version(old[i]),
			       "version after %#x: wanted %#x, got %#x", old[i],
			       next_version(old[i]), wall.version);
	}
}

void expect_same_moment(struct run *run, const wall_clock *a, const wall_clock *b)
{
	expect(run, distance(moment(a), moment(b)) <= MILLISECOND,
	       "the moment of the start: wanted %u.%09u s again, got %u.%09u s", a->sec, a->nsec,
	       b->sec, b->nsec);
}

/* KW3: whenever it is asked for. */
static void same_moment(struct run *run)
{
	const struct waited *w;

	if (!needs_clock(run) || !(w = wait_once(run)))
		return;
	expect(run, w->has_wall, "WRMSR of %#x: wanted a return", wall_msr());
	expect_same_moment(run, &w->wall[0], &w->wall[1]);
}

/* KW3: and by whatever number. */
static void old_number(struct run *run)
{
	wall_clock old, new;

	if (!needs(run, KVM_FEATURE_CLOCKSOURCE) || !needs(run, KVM_FEATURE_CLOCKSOURCE2))
		return;
	if (fill(run, KVM_MSR_WALL_CLOCK_OLD, 0, &old) && fill(run, KVM_MSR_WALL_CLOCK, 0, &new))
		expect_same_moment(run, &old, &new);
}

/* KW4: twelve bytes, at any multiple of four. */
static void size(struct run *run)
{
	for (unsigned at = 0x104; at < 0x144 && needs_clock(run); at += sizeof(wall_clock)) {
		refill();
		if (!set_msr(run, wall_msr(), gpa_at(PAGE_A, at)))
			return;
		expect_kept(run, PAGE_A, 0, at);
		expect_written(run, PAGE_A, at, at + sizeof(wall_clock));
		expect_kept(run, PAGE_A, at + sizeof(wall_clock), AROUND);
	}
}

static void once(struct run *run)
{
	const struct waited *w;

	if (needs_clock(run) && (w = wait_once(run)))
		expect(run, w->wall_kept, "the structure: wanted no write after the first one");
}

static const struct check checks[] = {
	{"wallclock.now", "KW1", .body = now},
	{"wallclock.nsec", "KW2", .body = nsec},
	{"wallclock.version", "KW2", .body = version},
	{"wallclock.same-moment", "KW3", .body = same_moment},
	{"wallclock.old-number", "KW3", .body = old_number},
	{"wallclock.size", "KW4", .body = size},
	{"wallclock.once", "KW4", .body = once},
};

const struct area wallclock_area = AREA(checks);

/* How the host answers WRMSR of a gpa about which the ABI says nothing. */
static void report_gpa(const char *what, uint64_t gpa)
{
	bool returned;

	refill();
	returned = wrmsr_returns(wall_msr(), gpa);
	check_diag("report: wallclock.%s %s", what,
		   !returned                           ? "fault"
		   : page_untouched(PAGE_A, 0, AROUND) ? "not-filled"
						       : "filled");
}

void wallclock_report(void)
{
	if (!wall_msr())
		return;
	report_gpa("outside", outside_gpa());
	report_gpa("unaligned", gpa_at(PAGE_A, 0x101));
}
