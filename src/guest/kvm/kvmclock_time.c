/* SPDX-License-Identifier: GPL-2.0-only */
/* KT: how the system time passes. */
#include <stddef.h>

#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/wait.h"
#include "x86/defs.h"
#include "x86/insn.h"
#include "x86/msr.h"
#include "x86/timer.h"

#define SECOND    UINT64_C(1000000000) /* ns */
#define HUNDRED_Y (UINT64_C(100) * 366 * 86400)

#define READS         200
#define REGISTRATIONS 10
#define ROUNDED       100 /* ns; and the host's own clock may be adjusted meanwhile */

#define MEASURED  (TIMER_CLOCK_HZ / 100) /* how long it is compared with the PIT: 10 ms */
#define TOLERANCE 20                     /* 5 % */

#define TSC_STEP           (UINT64_C(10) << 30)
#define MSR_TSC_ADJUST     0x3bu
#define CPUID_7_TSC_ADJUST (1u << 1) /* of EBX */

/* Registers page A, and leaves the clock on. */
static time_info *start_clock(struct run *run)
{
	if (!needs_clock(run))
		return NULL;
	refill();
	return time_start(run, PAGE_A, 0) ? page_at(PAGE_A, 0) : NULL;
}

/* KT8: nothing is from the future. */
static void plausible(struct run *run)
{
	struct pvclock_vcpu_time_info copy;
	time_info *info = start_clock(run);
	uint64_t tsc;

	if (!info || !time_snapshot(run, info, &copy))
		return;
	tsc = rdtsc();
	time_stop(run);
	expect(run, copy.tsc_timestamp <= tsc,
	       "tsc_timestamp: wanted at most the TSC %#lx, got %#lx", tsc, copy.tsc_timestamp);
	expect(run, copy.system_time / SECOND <= HUNDRED_Y,
	       "system_time: wanted at most 100 years, got %#lx ns", copy.system_time);
}

/* KT6: reads, and never a step back. */
static void monotonic(struct run *run)
{
	time_info *info = start_clock(run);
	uint64_t last = 0, now;

	for (unsigned i = 0; info && i < READS && !run->failed; i++) {
		if (!time_now(run, info, &now))
			return;
		expect(run, now >= last, "read %u: wanted at least %#lx ns, got %#lx ns", i, last,
		       now);
		last = now;
	}
	if (info)
		time_stop(run);
}

/*
 * KT6: nor does a registration set the time back: at the moment of the new structure the old one
 * says no later time.  Two reads would not show this, for the registration takes longer.
 */
static void no_step(struct run *run)
{
	struct pvclock_vcpu_time_info old, new;
	time_info *info = start_clock(run);

	if (!info || !time_snapshot(run, info, &old))
		return;
	for (unsigned i = 0; i < REGISTRATIONS && !run->failed; i++) {
		unsigned page = i % 2 ? PAGE_A : PAGE_B;
		uint64_t before;

		if (!time_start(run, page, 0) || !time_snapshot(run, page_at(page, 0), &new))
			return;
		before = time_at(&old, new.tsc_timestamp);
		expect(run, new.system_time + ROUNDED >= before,
		       "registration %u: wanted at least %#lx ns, got %#lx ns", i + 1, before,
		       new.system_time);
		old = new;
	}
	time_stop(run);
}

struct clock_reader {
	struct run *run;
	const time_info *info;
};

static bool read_clock(void *arg, uint64_t *now)
{
	const struct clock_reader *r = arg;

	return time_now(r->run, r->info, now);
}

static bool is_near(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= b / TOLERANCE;
}

/* KT7: the clock runs as fast as the PIT. */
static void frequency(struct run *run)
{
	struct clock_reader r = {run, start_clock(run)};
	struct timer_comparison c;
	uint64_t wanted;

	if (!r.info)
		return;
	if (timer_start(TIMER_SLOWEST) && timer_compare(read_clock, &r, MEASURED, &c)) {
		wanted = c.counts * SECOND / TIMER_CLOCK_HZ;
		expect(run, is_near(c.clock, wanted), "wanted %lu ns by the PIT, got %lu ns",
		       wanted, c.clock);
	} else if (!run->failed) {
		skip(run, "no timer");
	}
	timer_stop();
	time_stop(run);
}

/*
 * Whether @mul and @shift, with bit 31 of @mul set, are what a TSC of whole kHz has.  A multiplier
 * is rounded down, by less than 1: so the kHz seem to be more, by as little.
 */
static bool is_of_whole_khz(uint32_t mul, int shift)
{
	uint64_t khz_mul = (SECOND / 1000) << 32; /* kHz times mul */

	khz_mul = shift < 0 ? khz_mul << -shift : khz_mul >> shift;
	return khz_mul % mul <= khz_mul / mul + 1;
}

/*
 * KT6: in 32 bits a multiplier says the frequency to the Hz.  One that is cut to 20 bits loses half
 * a second a week, and is of no frequency that a host would have.
 */
static void multiplier(struct run *run)
{
	struct pvclock_vcpu_time_info copy;
	time_info *info = start_clock(run);
	uint32_t mul;
	int shift;

	if (!info || !time_snapshot(run, info, &copy))
		return;
	time_stop(run);
	mul = copy.tsc_to_system_mul;
	shift = copy.tsc_shift;
	if (!mul) {
		fail_check(run, "tsc_to_system_mul: wanted a number, got 0");
		return;
	}
	for (; !(mul & BIT(31)); mul *= 2)
		shift--;
	if (mul % BIT(12) == 0 && shift > -12 && shift < 32)
		expect(run, is_of_whole_khz(mul, shift),
		       "tsc_to_system_mul: wanted more than 20 bits, got %#x, shift %d",
		       copy.tsc_to_system_mul, copy.tsc_shift);
}

static const struct waited *waited_for_time(struct run *run)
{
	const struct waited *w = needs_clock(run) ? wait_once(run) : NULL;

	if (w)
		expect(run, w->time.accepted, "WRMSR of %#x: wanted a return", time_msr());
	return w;
}

static void disabled(struct run *run)
{
	const struct waited *w = waited_for_time(run);

	if (w)
		expect(run, w->time.off_kept, "after WRMSR with bit 0 clear: wanted no write");
}

static void moved(struct run *run)
{
	const struct waited *w = waited_for_time(run);

	if (w)
		expect(run, w->time.old_kept, "the structure registered before: wanted no write");
}

/* KT15: time passes in HLT. */
static void halted(struct run *run)
{
	const struct waited *w = waited_for_time(run);

	if (!w)
		return;
	if (!w->halts) {
		skip(run, "no timer interrupts");
		return;
	}
	expect(run, w->passed >= w->waited - w->waited / TOLERANCE,
	       "time in HLT: wanted at least %lu ns, got %lu ns", w->waited, w->passed);
}

static const struct check checks[] = {
	{"kvmclock.disabled", "KT2", .body = disabled},
	{"kvmclock.moved", "KT3", .body = moved},
	{"kvmclock.monotonic", "KT6", .body = monotonic},
	{"kvmclock.no-step", "KT6", .body = no_step},
	{"kvmclock.frequency", "KT7", .body = frequency},
	{"kvmclock.multiplier", "KT6", .body = multiplier},
	{"kvmclock.plausible", "KT8", .body = plausible},
	{"kvmclock.halted", "KT15", .body = halted},
};

const struct area kvmclock_time_area = AREA(checks);

/* KT14: adds TSC_STEP to the TSC by @msr, and takes it away again. */
static void report_step(struct run *run, const char *what, uint32_t msr)
{
	time_info *info = page_at(PAGE_A, 0);
	uint64_t before, after = 0, tsc = rdtsc(), old = 0;
	bool written;

	if (!time_now(run, info, &before) || !msr_read(msr, &old))
		return;
	written = msr_write(msr, old + TSC_STEP) && rdtsc() - tsc >= TSC_STEP;
	time_now(run, info, &after);
	if (written)
		msr_write(msr, msr == MSR_TSC ? rdtsc() - TSC_STEP : old);
	check_diag("report: kvmclock.%s %s", what,
		   !written                       ? "ignored"
		   : after - before < SECOND / 10 ? "kept"
						  : "step");
}

void kvmclock_time_report(struct run *run)
{
	if (!time_msr() || !start_clock(run))
		return;
	report_step(run, "tsc-write", MSR_TSC);
	if (cpuid(0, 0).eax >= 7 && cpuid(7, 0).ebx & CPUID_7_TSC_ADJUST)
		report_step(run, "tsc-adjust", MSR_TSC_ADJUST);
	time_stop(run);
}
