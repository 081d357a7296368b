/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of what each vCPU should have for itself: rules KD4, KM1, KW3, KT9, KT13. */
#include "host/kvm/faults.h"
#include "x86/deadline.h"
#include "x86/insn.h"
#include "x86/smp.h"

/* ---- what each vCPU reads ---- */

static void hide_on_others(struct kvm_request *q)
{
	kvm_honest.show_features(q);
	if (q->vcpu->id)
		q->answer->eax &= (uint32_t)~BIT(KVM_FEATURE_STEAL_TIME);
}

static void hide_hypervisor_on_others(struct kvm_request *q)
{
	kvm_honest.show_hypervisor(q);
	if (q->vcpu->id)
		q->answer->ecx &= (uint32_t)~BIT(KVM_HYPERVISOR_BIT);
}

static uint64_t value_of_all; /* shared: of the MSR that .arg is, as any vCPU has written it */

static void keep_for_all(struct kvm_request *q)
{
	kvm_honest.keep(q);
	if (q->number == kvm_on->arg)
		SHARED_SET(value_of_all, q->value);
}

static void read_for_all(struct kvm_request *q)
{
	kvm_honest.read_msr(q);
	if (q->number == kvm_on->arg)
		q->value = SHARED_GET(value_of_all);
}

static uint64_t walls[SMP_MAX]; /* shared: each is of one vCPU */

static void keep_own_wall(struct kvm_request *q)
{
	kvm_honest.keep(q);
	if (q->number == NUMBER(WALL_CLOCK))
		walls[q->vcpu->id] = q->value;
}

static void read_own_wall(struct kvm_request *q)
{
	kvm_honest.read_msr(q);
	if (q->number == NUMBER(WALL_CLOCK))
		q->value = walls[q->vcpu->id];
}

static void make_later_wall(struct kvm_request *q)
{
	kvm_honest.make_wall_clock(q);
	q->wall.sec += q->vcpu->id;
}

const struct kvm_row kvm_vcpu_msr_faults[] = {
	{ROW("vcpu-feature", "KD4", show_features, hide_on_others,
	     "only vCPU 0 sees the feature of steal time")},
	{ROW("vcpu-hypervisor", "KD4", show_hypervisor, hide_hypervisor_on_others,
	     "only vCPU 0 sees that there is a hypervisor")},
	{ROW("vcpu-time-shared", "KM1", keep, keep_for_all,
	     "all vCPUs read what was written last to any one's system time"),
	 AND_AT(read_msr, read_for_all), .arg = NUMBER(SYSTEM_TIME)},
	{ROW("vcpu-steal-shared", "KM1", keep, keep_for_all,
	     "all vCPUs read what was written last to any one's steal time"),
	 AND_AT(read_msr, read_for_all), .arg = NUMBER(STEAL_TIME)},
	{ROW("vcpu-eoi-shared", "KM1", keep, keep_for_all,
	     "all vCPUs read what was written last to any one's PV EOI"),
	 AND_AT(read_msr, read_for_all), .arg = NUMBER(PV_EOI_EN)},
	{ROW("vcpu-apf-shared", "KM1", keep, keep_for_all,
	     "all vCPUs read what was written last to any one's async-PF MSR"),
	 AND_AT(read_msr, read_for_all), .arg = NUMBER(ASYNC_PF_EN)},
	{ROW("vcpu-vector-shared", "KM1", keep, keep_for_all,
	     "all vCPUs read what was written last to any one's async-PF vector"),
	 AND_AT(read_msr, read_for_all), .arg = NUMBER(ASYNC_PF_INT)},
	{ROW("vcpu-wall-each", "KM1", keep, keep_own_wall,
	     "each vCPU has a value of its own of the wall clock's MSR"),
	 AND_AT(read_msr, read_own_wall)},
	{ROW("vcpu-wall-later", "KW3", make_wall_clock, make_later_wall,
	     "each vCPU's wall clock starts a second after the one before")},
	{.fault.name = NULL},
};

/* ---- clocks ---- */

static void fall_behind(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	q->time.system_time -= q->vcpu->id == 1 ? kvm_on->arg : 0;
}

static void run_slowly(struct kvm_request *q)
{
	kvm_honest.make_time(q);
	if (q->vcpu->id == 1)
		q->time.tsc_to_system_mul -= q->time.tsc_to_system_mul / 8;
}

static unsigned puts_so_far; /* shared: of all vCPUs */

/*
 * Waits until another vCPU is likely to have read, even if that has to wait for a CPU; but not each
 * time, lest it takes long.
 */
static void linger(void)
{
	struct deadline d = deadline_in(20000000, 400000);

	while (SHARED_GET(puts_so_far) % 16 == 0 && before_deadline(&d))
		;
}

static void put_version(struct kvm_request *q)
{
	guest_write(q->vcpu->memory, q->gpa, &q->time.version, sizeof(q->time.version));
}

static void put_data(struct kvm_request *q)
{
	guest_write(q->vcpu->memory, q->gpa + sizeof(q->time.version),
		    (const uint8_t *)&q->time + sizeof(q->time.version),
		    sizeof(q->time) - sizeof(q->time.version));
}

static void put_version_last(struct kvm_request *q)
{
	linger();
	put_data(q);
	linger();
	put_version(q);
	__atomic_add_fetch(&puts_so_far, 1, __ATOMIC_RELAXED);
}

static void put_version_first(struct kvm_request *q)
{
	put_version(q);
	linger();
	put_data(q);
	linger();
	__atomic_add_fetch(&puts_so_far, 1, __ATOMIC_RELAXED);
}

static void put_odd_too_late(struct kvm_request *q)
{
	const uint32_t odd = q->time.version - 1;

	linger();
	guest_write(q->vcpu->memory,
		    q->gpa + offsetof(struct pvclock_vcpu_time_info, tsc_timestamp),
		    &q->time.tsc_timestamp, sizeof(q->time.tsc_timestamp));
	linger();
	guest_write(q->vcpu->memory, q->gpa, &odd, sizeof(odd));
	put_data(q);
	put_version(q);
	__atomic_add_fetch(&puts_so_far, 1, __ATOMIC_RELAXED);
}

const struct kvm_row kvm_vcpu_clock_faults[] = {
	{ROW("vcpu-time-behind", "KT9", make_time, fall_behind,
	     "the clock of vCPU 1 is 500 us behind"),
	 .arg = 500000},
	{ROW("vcpu-time-slow", "KT9", make_time, run_slowly,
	     "the clock of vCPU 1 runs an eighth too slowly")},
	{ROW("vcpu-version-last", "KT13", put_time, put_version_last,
	     "a clock's version changes only after the rest")},
	{ROW("vcpu-version-first", "KT13", put_time, put_version_first,
	     "a clock's version changes before the rest")},
	{ROW("vcpu-version-odd", "KT13", put_time, put_odd_too_late,
	     "a clock's version is odd only after its timestamp has changed")},
	{.fault.name = NULL},
};
