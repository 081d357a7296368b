/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of steal time: rules KS. */
#include "host/kvm/faults.h"

/* ---- steal time: what is written ---- */

/* After a refusal that is none, it may be anywhere. */
typedef struct kvm_steal_time steal_area __attribute__((aligned(1)));

static steal_area *area_at(struct kvm_request *q, uint64_t gpa)
{
	return guest_bytes(q->vcpu->memory, gpa, sizeof(struct kvm_steal_time));
}

/* Writes it honestly; the area, or NULL. */
static steal_area *written(struct kvm_request *q)
{
	kvm_honest.write_steal(q);
	return area_at(q, q->gpa);
}

static void let_steal_fall(struct kvm_request *q)
{
	steal_area *area = written(q);

	if (area)
		area->steal -= 1000;
}

static void leave_steal_odd(struct kvm_request *q)
{
	steal_area *area = written(q);

	if (area)
		area->version--;
}

static void keep_steal_version(struct kvm_request *q)
{
	steal_area *area = area_at(q, q->gpa);
	const uint32_t version = area ? area->version : 0;

	if (written(q))
		area->version = version;
}

static void set_steal_flags(struct kvm_request *q)
{
	steal_area *area = written(q);

	if (area)
		area->flags = 1;
}

static void clear_steal_pad(struct kvm_request *q)
{
	steal_area *area = written(q);

	if (area)
		area->pad[10] = 0;
}

static void clear_byte_17(struct kvm_request *q)
{
	steal_area *area = written(q);

	if (area)
		area->pad0[0] = 0;
}

static void set_preempted(struct kvm_request *q)
{
	steal_area *area = written(q);

	if (area)
		area->preempted = KVM_VCPU_PREEMPTED;
}

static void steal_more(struct kvm_request *q)
{
	q->vcpu->kvm.stolen += UINT64_C(1000000000);
	kvm_honest.write_steal(q);
}

/* ---- steal time: when, and where ---- */

static void steal_in_hlt(struct kvm_request *q)
{
	const bool halts = q->vcpu->exit.kind == EXIT_HLT;

	q->vcpu->kvm.stolen += halts ? UINT64_C(100000000) : 0;
	kvm_honest.count_exit(q);
}

static uint64_t before_last, last; /* shared: where any vCPU's steal time was enabled */

static void note_last(struct kvm_request *q)
{
	if (q->value & KVM_MSR_ENABLED) {
		SHARED_SET(before_last, SHARED_GET(last));
		SHARED_SET(last, q->value & ~KVM_MSR_ENABLED);
	}
	kvm_honest.register_steal(q);
}

static bool is_enabled(struct kvm_request *q)
{
	return *kvm_msr(q->vcpu, NUMBER(STEAL_TIME)) & KVM_MSR_ENABLED;
}

/* As Linux 5.16 to 5.19. */
static void clear_preempted_before_last(struct kvm_request *q)
{
	const uint64_t gpa = SHARED_GET(before_last);

	kvm_honest.count_exit(q);
	if (is_enabled(q) && gpa && gpa != SHARED_GET(last) && area_at(q, gpa))
		area_at(q, gpa)->preempted = 0;
}

static unsigned since; /* shared: exits since any vCPU's steal time was disabled */

/* Not for ever, lest all that is in the same page later fails. */
static void renew_last_for_a_while(struct kvm_request *q)
{
	kvm_honest.count_exit(q);
	q->gpa = SHARED_GET(last);
	if (is_enabled(q))
		SHARED_SET(since, 0);
	else if (q->gpa && __atomic_add_fetch(&since, 1, __ATOMIC_RELAXED) == A_WHILE)
		kvm_honest.write_steal(q);
}

static void leave_second(struct kvm_request *q)
{
	if (!SHARED_GET(last) || q->value >> 1 == SHARED_GET(last) >> 1)
		note_last(q);
}

const struct kvm_row kvm_steal_faults[] = {
	{ROW("steal-falls", "KS2", write_steal, let_steal_fall, "steal time falls")},
	{ROW("steal-odd", "KS2", write_steal, leave_steal_odd, "steal time's version stays odd"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("steal-same", "KS2", write_steal, keep_steal_version,
	     "steal time's version stays as it was")},
	{ROW("steal-flags", "KS3", write_steal, set_steal_flags, "steal time's flags are written")},
	{ROW("steal-pad", "KS3", write_steal, clear_steal_pad,
	     "steal time's last four bytes are cleared")},
	{ROW("steal-byte-17", "KS3", write_steal, clear_byte_17,
	     "the byte after preempted is cleared")},
	{ROW("steal-preempted", "KS8", write_steal, set_preempted,
	     "a vCPU that runs is preempted")},
	{ROW("steal-more", "KS5", write_steal, steal_more, "more time is stolen than passes")},
	{ROW("steal-hlt", "KS4", count_exit, steal_in_hlt, "time in HLT is stolen")},
	{ROW("steal-old-page", "KS6", register_steal, note_last,
	     "steal time also has preempted cleared where it was before"),
	 AND_AT(count_exit, clear_preempted_before_last)},
	{ROW("steal-goes-on", "KS6", register_steal, note_last,
	     "steal time that is disabled is renewed once more, some time later"),
	 AND_AT(count_exit, renew_last_for_a_while)},
	{ROW("steal-first-only", "KS6", register_steal, leave_second,
	     "steal time at a second address is not written"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{ROW("steal-late", "KM8", register_steal, kvm_do_nothing,
	     "steal time is not written by WRMSR"),
	 AND_AT(count_exit, kvm_do_nothing)},
	{.fault.name = NULL},
};
