/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of the wall clock: rules KW. */
#include "host/kvm/faults.h"
#include "x86/insn.h"

#define BILLION UINT64_C(1000000000)

static void set_wall_clock(struct kvm_request *q, uint64_t ns)
{
	q->wall.sec = (uint32_t)(ns / BILLION);
	q->wall.nsec = (uint32_t)(ns % BILLION);
}

static void swap_wall_clock(struct kvm_request *q)
{
	const uint64_t boot = kvm_clock.boot;

	q->wall.sec = (uint32_t)(boot % BILLION);
	q->wall.nsec = (uint32_t)(boot / BILLION);
}

static unsigned written; /* shared: for any vCPU */

/* Each time 10 ms later, however fast the guest is. */
static uint64_t now(void)
{
	return kvm_time(rdtsc()) + 10000000 * __atomic_add_fetch(&written, 1, __ATOMIC_RELAXED);
}

/* As VirtualBox. */
static void make_now(struct kvm_request *q)
{
	set_wall_clock(q, kvm_clock.boot + now());
}

/* As Zircon. */
static void make_zeros(struct kvm_request *q)
{
	set_wall_clock(q, 0);
}

/* As uvmm: counted from the host's own start. */
static void make_host_time(struct kvm_request *q)
{
	set_wall_clock(q, now());
}

static void make_much_nsec(struct kvm_request *q)
{
	kvm_honest.make_wall_clock(q);
	q->wall.sec--;
	q->wall.nsec += (uint32_t)BILLION;
}

static void put_odd_wall_clock(struct kvm_request *q)
{
	q->wall.version--;
	kvm_honest.put_wall_clock(q);
}

/* As uvmm. */
static void put_wall_clock_2(struct kvm_request *q)
{
	q->wall.version = 2;
	kvm_honest.put_wall_clock(q);
}

static void put_same_wall_clock(struct kvm_request *q)
{
	guest_read(q->vcpu->memory, q->gpa, &q->wall.version, sizeof(q->wall.version));
	kvm_honest.put_wall_clock(q);
}

static void put_16_bytes(struct kvm_request *q)
{
	kvm_honest.put_wall_clock(q);
	guest_write(q->vcpu->memory, q->gpa + 12, &(uint32_t){0}, 4);
}

static unsigned since; /* shared: exits since any vCPU wrote the MSR */

static void note_write(struct kvm_request *q)
{
	SHARED_SET(since, 0);
	kvm_honest.write_wall_clock(q);
}

static void write_again_later(struct kvm_request *q)
{
	struct kvm_request again = {.vcpu = q->vcpu, .value = *kvm_msr(q->vcpu, 0)};

	kvm_honest.count_exit(q);
	if (again.value && __atomic_add_fetch(&since, 1, __ATOMIC_RELAXED) == 3 * A_WHILE / 2)
		kvm_honest.write_wall_clock(&again);
}

static void write_by_new_only(struct kvm_request *q)
{
	if (q->msr == KVM_MSR_WALL_CLOCK)
		kvm_honest.write_wall_clock(q);
}

static void write_once(struct kvm_request *q)
{
	if (!SHARED_GET(written))
		kvm_honest.write_wall_clock(q);
	SHARED_SET(written, 1);
}

static void cut_wall_address(struct kvm_request *q)
{
	q->value = (uint32_t)q->value;
	kvm_honest.write_wall_clock(q);
}

const struct kvm_row kvm_wall_faults[] = {
	{ROW("wall-swapped", "KW1", make_wall_clock, swap_wall_clock,
	     "the wall clock has its sec and nsec swapped")},
	{ROW("wall-now", "KW3", make_wall_clock, make_now,
	     "the wall clock is the current time, not that of the start")},
	{ROW("wall-zero", "KW1", make_wall_clock, make_zeros, "the wall clock is 0")},
	{ROW("wall-host", "KW1", make_wall_clock, make_host_time,
	     "the wall clock is the time since the host's start")},
	{ROW("wall-nsec", "KW2", make_wall_clock, make_much_nsec,
	     "the wall clock has more than 999999999 ns")},
	{ROW("wall-odd", "KW2", put_wall_clock, put_odd_wall_clock,
	     "the wall clock's version stays odd")},
	{ROW("wall-version-2", "KW2", put_wall_clock, put_wall_clock_2,
	     "the wall clock's version is always 2")},
	{ROW("wall-same", "KW2", put_wall_clock, put_same_wall_clock,
	     "the wall clock's version stays as it was")},
	{ROW("wall-16", "KW4", put_wall_clock, put_16_bytes, "the wall clock has four bytes more")},
	{ROW("wall-later", "KW4", write_wall_clock, note_write,
	     "the wall clock is written once more, some time later"),
	 AND_AT(count_exit, write_again_later)},
	{ROW("wall-old", "KW1", write_wall_clock, write_by_new_only,
	     "the old MSR of the wall clock writes nothing")},
	{ROW("wall-high", "KM7", write_wall_clock, cut_wall_address,
	     "of the wall clock's address bits 32 to 63 are ignored")},
	{ROW("wall-once", "KW3", write_wall_clock, write_once,
	     "the wall clock is written only once")},
	{.fault.name = NULL},
};
