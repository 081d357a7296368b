/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of asynchronous page faults, with several vCPUs: rules KF. */
#include "host/ipi.h"
#include "host/kvm/faults.h"

static void send_interrupt(struct kvm_request *q, uint64_t more)
{
	const uint64_t vector = *kvm_msr(q->vcpu, KVM_MSR_ASYNC_PF_INT - KVM_MSR_WALL_CLOCK);

	ipi_send_self(q->vcpu, (uint8_t)(vector + more));
}

static void write_token(struct kvm_request *q, uint32_t token)
{
	guest_write(q->vcpu->memory, q->gpa, &token, sizeof(token));
}

static void deliver_at_next_vector(struct kvm_request *q)
{
	write_token(q, UINT32_MAX);
	send_interrupt(q, 1);
}

static void deliver_at_offset_0(struct kvm_request *q)
{
	q->gpa -= offsetof(struct kvm_vcpu_pv_apf_data, token);
	kvm_honest.deliver(q);
}

static void deliver_token_1(struct kvm_request *q)
{
	write_token(q, 1);
	send_interrupt(q, 0);
}

static void deliver_without_token(struct kvm_request *q)
{
	send_interrupt(q, 0);
}

static void deliver_silently(struct kvm_request *q)
{
	write_token(q, UINT32_MAX);
}

static void deliver_with_flags(struct kvm_request *q)
{
	kvm_honest.deliver(q);
	q->gpa -= offsetof(struct kvm_vcpu_pv_apf_data, token);
	write_token(q, KVM_PV_REASON_PAGE_NOT_PRESENT);
}

static void clear_rest(struct kvm_request *q)
{
	static const uint8_t zeros[56];

	kvm_honest.deliver(q);
	guest_write(q->vcpu->memory, q->gpa + sizeof(uint32_t), zeros, sizeof(zeros));
}

/* At any exit: as soon as the token is 0. */
static void wake_by_token(struct kvm_request *q)
{
	kvm_honest.count_exit(q);
	if (!q->vcpu->kvm.wake_queued)
		return;
	q->vcpu->kvm.unacknowledged = false;
	kvm_honest.wake(q);
}

/* As if the guest had set it to 0. */
static void wake_over_token(struct kvm_request *q)
{
	const uint64_t gpa = *kvm_msr(q->vcpu, KVM_MSR_ASYNC_PF_EN - KVM_MSR_WALL_CLOCK) & ~63ull;

	q->gpa = gpa + offsetof(struct kvm_vcpu_pv_apf_data, token);
	if (q->vcpu->kvm.wake_queued && !q->vcpu->kvm.unacknowledged)
		write_token(q, 0);
	kvm_honest.wake(q);
}

static void queue_again(struct kvm_request *q)
{
	kvm_honest.acknowledge(q);
	q->vcpu->kvm.wake_queued = true;
}

/* Bit 0 without bit 3, as before Linux 5.8. */
static void enable_without_bit_3(struct kvm_request *q)
{
	q->value |= (q->value & KVM_MSR_ENABLED) * KVM_ASYNC_PF_DELIVERY_AS_INT;
	kvm_honest.enable_async_pf(q);
}

static uint64_t area; /* shared: that any vCPU enabled last */
static bool queued;   /* shared: any vCPU's, when it disabled that */

static void keep_queue(struct kvm_request *q)
{
	SHARED_SET(queued, q->vcpu->kvm.wake_queued && !q->value);
	kvm_honest.enable_async_pf(q);
	if (q->value)
		SHARED_SET(area, q->value & ~63ull);
}

static void deliver_kept(struct kvm_request *q)
{
	q->token = 0;
	kvm_honest.acknowledge(q);
	q->gpa = SHARED_GET(area) + offsetof(struct kvm_vcpu_pv_apf_data, token);
	if (SHARED_GET(queued))
		kvm_honest.deliver(q);
	SHARED_SET(queued, false);
}

const struct kvm_row kvm_vcpu_async_pf_faults[] = {
	{ROW("apf-next-vector", "KF4", deliver, deliver_at_next_vector,
	     "\"wake all\" comes at the next vector")},
	{ROW("apf-offset-0", "KF4", deliver, deliver_at_offset_0,
	     "the token of \"wake all\" is at offset 0")},
	{ROW("apf-token-1", "KF4", deliver, deliver_token_1, "the token of \"wake all\" is 1")},
	{ROW("apf-no-token", "KF4", deliver, deliver_without_token,
	     "\"wake all\" comes without its token")},
	{ROW("apf-silent", "KF4", deliver, deliver_silently,
	     "\"wake all\" comes without an interrupt")},
	{ROW("apf-never", "KF4", enable_async_pf, kvm_do_nothing, "\"wake all\" never comes")},
	{ROW("apf-flags", "KF4", deliver, deliver_with_flags,
	     "\"wake all\" sets the flags of a page that is not there")},
	{ROW("apf-rest", "KF4", deliver, clear_rest, "\"wake all\" clears the rest of the area")},
	{ROW("apf-by-token", "KF5", count_exit, wake_by_token,
	     "a second \"wake all\" comes once the token is 0, before it is acknowledged")},
	{ROW("apf-over-token", "KF5", wake, wake_over_token,
	     "a second \"wake all\" comes though the first one's token is still there")},
	{ROW("apf-again", "KF5", acknowledge, queue_again,
	     "an acknowledged \"wake all\" comes again at the next acknowledgement")},
	{ROW("apf-bit-3", "KF6", enable_async_pf, enable_without_bit_3,
	     "\"wake all\" comes without bit 3")},
	{ROW("apf-after-disable", "KF8", enable_async_pf, keep_queue,
	     "a queued \"wake all\" comes after it was disabled"),
	 AND_AT(acknowledge, deliver_kept)},
	{.fault.name = NULL},
};
