/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of what the vCPUs' clocks hold: rules KT. */
#include "host/kvm/faults.h"
#include "x86/insn.h"

static void put_odd_time(struct kvm_request *q)
{
	q->time.version--;
	kvm_honest.put_time(q);
}

static void put_same_time(struct kvm_request *q)
{
	guest_read(q->vcpu->memory, q->gpa, &q->time.version, sizeof(q->time.version));
	kvm_honest.put_time(q);
}

static void put_time_2(struct kvm_request *q)
{
	q->time.version = 2;
	kvm_honest.put_time(q);
}

static void put_64_bytes(struct kvm_request *q)
{
	static const uint8_t zeros[32];

	kvm_honest.put_time(q);
	guest_write(q->vcpu->memory, q->gpa + sizeof(q->time), zeros, sizeof(zeros));
}

/* As OpenBSD's vmm. */
static void put_at_16(struct kvm_request *q)
{
	q->gpa &= ~UINT64_C(15);
	kvm_honest.put_time(q);
}

/* What is in the next page is written to the start of this one. */
static void put_in_one_page(struct kvm_request *q)
{
	const uint64_t left = PAGE_SIZE - q->gpa % PAGE_SIZE;

	if (left >= sizeof(q->time)) {
		kvm_honest.put_time(q);
		return;
	}
	guest_write(q->vcpu->memory, q->gpa, &q->time, left);
	guest_write(q->vcpu->memory, q->gpa - q->gpa % PAGE_SIZE, (uint8_t *)&q->time + left,
		    sizeof(q->time) - left);
}

static void spoil_pad0(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.pad0 = 1;
}

static void spoil_pad(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.pad[1] = 1;
}

static unsigned made; /* shared: clocks of all vCPUs */

static void go_back(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.system_time -= 1000 * (uint64_t)__atomic_fetch_add(&made, 1, __ATOMIC_RELAXED);
}

/* By little, so that only time shows it. */
static void run_fast(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.tsc_shift++;
	q->time.tsc_to_system_mul = q->time.tsc_to_system_mul / 32 * 17;
}

static void run_slow(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.tsc_to_system_mul -= q->time.tsc_to_system_mul / 8;
}

/* As OpenBSD's vmm; but not right by chance, as for a TSC of 2 GHz. */
static void cut_multiplier(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.tsc_to_system_mul = (q->time.tsc_to_system_mul >> 12) - 3;
	q->time.tsc_shift += 12;
}

/* Else an update, which comes sooner or later, would let the time go on. */
static void stand_still(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.system_time = 0;
	q->time.tsc_to_system_mul = 0;
}

static void take_other_tsc(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.tsc_timestamp += kvm_clock.tsc_hz;
}

static void start_high(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.system_time |= BIT(62);
}

static void set_stopped(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.flags |= PVCLOCK_GUEST_STOPPED;
}

static void clear_stopped(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.flags &= (uint8_t)~PVCLOCK_GUEST_STOPPED;
}

static uint8_t flags_before; /* shared: of any vCPU's clock */

static void keep_stopped(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.flags |= SHARED_GET(flags_before);
	SHARED_SET(flags_before, q->time.flags);
}

static uint64_t last_exit;     /* shared: a TSC, of any vCPU */
static unsigned since_hlt = 2; /* shared: exits since any vCPU's last HLT, up to 2 */

/* A HLT ends at once.  So this is the time of a loop with HLT and at most one other exit. */
static void stop_in_hlt(struct kvm_request *q)
{
	const uint64_t now = rdtsc(),
		       before = __atomic_exchange_n(&last_exit, now, __ATOMIC_RELAXED);
	const unsigned since = SHARED_GET(since_hlt);

	if (since < 2)
		__atomic_add_fetch(&kvm_clock.start, now - before, __ATOMIC_RELAXED);
	SHARED_SET(since_hlt, q->vcpu->exit.kind == EXIT_HLT ? 0 : since + (since < 2));
	kvm_honest.count_exit(q);
}

const struct kvm_row kvm_time_faults[] = {
	{ROW("time-odd", "KT1", put_time, put_odd_time, "a clock's version stays odd"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("time-same", "KT1", put_time, put_same_time, "a clock's version stays as it was")},
	{ROW("time-version-2", "KT1", put_time, put_time_2, "a clock's version is always 2")},
	{ROW("time-64", "KT4", put_time, put_64_bytes, "a clock has 32 bytes more")},
	{ROW("time-at-16", "KT4", put_time, put_at_16,
	     "a clock's address is rounded down to 16 bytes")},
	{ROW("time-straddle", "KT5", put_time, put_in_one_page,
	     "a clock in two pages is written to one")},
	{ROW("time-pad0", "KT4", make_time, spoil_pad0, "a clock's pad0 is 1")},
	{ROW("time-pad", "KT4", make_time, spoil_pad, "a clock's last byte is 1")},
	{ROW("time-back", "KT6", make_time, go_back, "a clock loses 1 us by each update")},
	{ROW("time-fast", "KT6", make_time, run_fast, "a clock runs a sixteenth too fast")},
	{ROW("time-slow", "KT7", make_time, run_slow, "a clock runs an eighth too slowly")},
	{ROW("time-mul-20", "KT6", make_time, cut_multiplier, "a clock's multiplier has 20 bits")},
	{ROW("time-mul-0", "KT6", make_time, stand_still,
	     "a clock stands still, by a multiplier of 0")},
	{ROW("time-other-tsc", "KT8", make_time, take_other_tsc,
	     "a clock's timestamp is one second ahead")},
	{ROW("time-2-62", "KT8", make_time, start_high, "a clock starts at 2^62 ns")},
	{ROW("time-stopped", "KT10", make_time, set_stopped,
	     "a clock says that the guest was stopped")},
	{ROW("time-stopped-lost", "KT10", make_time, clear_stopped,
	     "an update clears a clock's flag that the guest was stopped")},
	{ROW("time-stopped-kept", "KT10", make_time, keep_stopped,
	     "a clock's flag that the guest was stopped can't be cleared")},
	{ROW("time-hlt", "KT15", count_exit, stop_in_hlt, "clocks stop in HLT")},
	{.fault.name = NULL},
};
