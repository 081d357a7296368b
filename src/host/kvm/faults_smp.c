/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of calls that show only with several vCPUs: rules KC, KH2, KH4, KH5 and KH6. */
#include "host/ipi.h"
#include "host/kvm/faults.h"
#include "host/vcpus.h"
#include "lib/string.h"
#include "x86/apic.h"
#include "x86/deadline.h"
#include "x86/insn.h"
#include "x86/smp.h"

/* ---- kicks ---- */

static void kick_none(struct kvm_request *q)
{
	q->result = 0;
}

static void kick_by_first_argument(struct kvm_request *q)
{
	q->args[1] = q->args[0];
	kvm_honest.kick_cpu(q);
}

static void kick_all(struct kvm_request *q)
{
	q->result = 0;
	for (unsigned id = 0; id < vcpus_count(); id++)
		vcpus_kick(id);
}

static void kick_and_count(struct kvm_request *q)
{
	kvm_honest.kick_cpu(q);
	for (unsigned id = 0; id < vcpus_count(); id++)
		q->result += vcpus_get(id)->apic_id == q->args[1];
}

static void forget_early_kick(struct kvm_request *q)
{
	vcpus_take_kick(q->vcpu);
	kvm_honest.halt(q);
}

static void keep_kick(struct kvm_request *q)
{
	kvm_honest.halt(q);
	if (q->woken)
		vcpus_kick(q->vcpu->id);
}

static bool has_interrupt(void)
{
	uint32_t any = 0;

	for (unsigned i = 0; i < 8; i++)
		any |= apic_read(APIC_IRR + i * 16);
	return any;
}

/* vCPU 0 may wait for what its APIC does not know of. */
static void wait_for_interrupt(struct kvm_request *q)
{
	const struct vcpu *vcpu = q->vcpu;

	if (!vcpu->id || !(vcpu->slow.rflags & RFLAGS_IF)) {
		kvm_honest.halt(q);
		return;
	}
	while (!has_interrupt() && !vcpu_must_leave(vcpu) &&
	       !__atomic_load_n(&vcpu->stopped, __ATOMIC_ACQUIRE))
		cpu_relax();
}

static void wake_with_other_rbx(struct kvm_request *q)
{
	kvm_honest.halt(q);
	q->vcpu->regs.rbx ^= q->woken;
}

const struct kvm_row kvm_vcpu_kick_faults[] = {
	{ROW("hc5-ignored", "KH2", kick_cpu, kick_none, "call 5 wakes nobody")},
	{ROW("hc5-first-arg", "KH2", kick_cpu, kick_by_first_argument,
	     "call 5 takes its first argument for the ID")},
	{ROW("hc5-all", "KH2", kick_cpu, kick_all, "call 5 wakes all")},
	{ROW("hc5-count", "KH2", kick_cpu, kick_and_count, "call 5 returns how many it wakes")},
	{ROW("hc5-early", "KH2", halt, forget_early_kick, "a kick before the HLT is lost")},
	{ROW("hc5-kept", "KH2", halt, keep_kick, "after a kick no HLT waits any more")},
	{ROW("hc5-interrupt", "KH2", halt, wait_for_interrupt,
	     "a kick ends no HLT with interrupts on")},
	{ROW("hc5-rbx", "KH2", halt, wake_with_other_rbx, "a kick changes RBX")},
	{.fault.name = NULL},
};

/* ---- IPIs ---- */

static uint64_t bitmap_of(const struct kvm_request *q, const struct vcpu *vcpu)
{
	const uint64_t n = vcpu->apic_id - q->args[2];

	return n < 64 ? BIT(n) : 0;
}

/* The second word is dropped, which has nobody on a machine with less than 64 vCPUs. */
static void send_to(struct kvm_request *q, uint64_t bitmap)
{
	q->args[0] = bitmap;
	q->args[1] = 0;
	kvm_honest.send_ipi(q);
}

static void lose_last(struct kvm_request *q)
{
	const uint64_t bitmap = q->args[0];

	send_to(q, bitmap & ~bitmap_of(q, vcpus_get(vcpus_count() - 1)));
	if (!(q->result >> 63))
		q->result += (bitmap & bitmap_of(q, vcpus_get(vcpus_count() - 1))) != 0;
}

/* The first that is not addressed, and is not counted either. */
static void send_to_one_more(struct kvm_request *q)
{
	kvm_honest.send_ipi(q);
	for (unsigned id = 0; !(q->result >> 63) && id < vcpus_count(); id++) {
		if (q->args[0] & bitmap_of(q, vcpus_get(id)))
			continue;
		ipi_send_to(vcpus_get(id), q->args[3] & 0xff);
		break;
	}
}

static void count_one_absent(struct kvm_request *q)
{
	kvm_honest.send_ipi(q);
	if (!(q->result >> 63) && q->args[1])
		q->result++;
}

static void refuse_but_send(struct kvm_request *q)
{
	struct kvm_request sent = *q;

	kvm_honest.send_ipi(q);
	if (!(q->result >> 63))
		return;
	sent.args[3] &= 0xff;
	kvm_honest.send_ipi(&sent);
}

/* To the sender not, wherever its bit is. */
static void skip_self(struct kvm_request *q)
{
	const uint64_t self = q->args[0] & bitmap_of(q, q->vcpu);

	send_to(q, q->args[0] & ~self);
	if (!(q->result >> 63))
		q->result += self != 0;
}

const struct kvm_row kvm_vcpu_send_faults[] = {
	{ROW("hc10-last", "KH5", send_ipi, lose_last, "call 10 sends nothing to the last vCPU")},
	{ROW("hc10-more", "KH5", send_ipi, send_to_one_more,
	     "call 10 sends to one vCPU that is not in the bitmap")},
	{ROW("hc10-absent-one", "KH5", send_ipi, count_one_absent,
	     "call 10 counts one vCPU that is not there")},
	{ROW("hc10-refused", "KH5", send_ipi, refuse_but_send, "call 10 sends what it refuses")},
	{ROW("hc10-not-self", "KH5", send_ipi, skip_self, "call 10 sends nothing to the caller")},
	{.fault.name = NULL},
};

/* ---- what should be each vCPU's own ---- */

static unsigned visits; /* shared: of share(), by all vCPUs */

/*
 * Until another vCPU is here, too; now and then for longer, since that one may have to wait for a
 * CPU.
 */
static void linger(unsigned visit)
{
	struct deadline d =
		visit % 8 ? deadline_in(UINT64_MAX, 400) : deadline_in(20000000, 400000);

	while (SHARED_GET(visits) == visit && before_deadline(&d))
		;
}

/* The memory is shared, and that is the fault: a vCPU may find there what another one left. */
static void share(void *value, unsigned size)
{
	static uint64_t memory[4];

	memcpy(memory, value, size);
	linger(__atomic_add_fetch(&visits, 1, __ATOMIC_RELAXED));
	memcpy(value, memory, size);
}

static void share_arguments(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	share(q->args, sizeof(q->args));
}

static void share_result(struct kvm_request *q)
{
	share(&q->result, sizeof(q->result));
	kvm_honest.give_result(q);
}

static void share_rcx(struct kvm_request *q)
{
	kvm_honest.read_call(q);
	share(&q->vcpu->regs.rcx, sizeof(q->vcpu->regs.rcx));
}

/* Of its last call; set only by that vCPU. */
static void take_arguments_of_vcpu0(struct kvm_request *q)
{
	static uint64_t args[4];

	kvm_honest.read_call(q);
	for (unsigned i = 0; i < 4; i++) {
		if (q->vcpu->id)
			q->args[i] = SHARED_GET(args[i]);
		else
			SHARED_SET(args[i], q->args[i]);
	}
}

static void refuse_on_vcpu1(struct kvm_request *q)
{
	kvm_honest.sched_yield(q);
	if (q->vcpu->id == 1)
		q->result = (uint64_t)-KVM_ENOSYS;
}

static void pair_with_other_tsc(struct kvm_request *q)
{
	struct kvm_clock_pairing *pairing;

	kvm_honest.clock_pairing(q);
	pairing = guest_bytes(q->vcpu->memory, q->args[0], sizeof(*pairing));
	if (!q->result && pairing && q->vcpu->id == 1)
		pairing->tsc += kvm_clock.tsc_hz;
}

/* What another vCPU got before, if that was the last to ask. */
static void pair_as_other(struct kvm_request *q)
{
	static struct kvm_clock_pairing last;
	static unsigned last_id;
	struct kvm_clock_pairing *pairing;

	kvm_honest.clock_pairing(q);
	pairing = guest_bytes(q->vcpu->memory, q->args[0], sizeof(*pairing));
	if (q->result || !pairing)
		return;
	if (__atomic_exchange_n(&last_id, q->vcpu->id, __ATOMIC_RELAXED) != q->vcpu->id)
		*pairing = last;
	else
		last = *pairing;
}

/* Where vCPU 0 wanted its last one. */
static void pair_at_vcpu0(struct kvm_request *q)
{
	static uint64_t gpa;

	if (q->vcpu->id)
		q->args[0] = SHARED_GET(gpa);
	else
		SHARED_SET(gpa, q->args[0]);
	kvm_honest.clock_pairing(q);
}

const struct kvm_row kvm_vcpu_call_faults[] = {
	{ROW("vmcall-shared-args", "KC2", read_call, share_arguments,
	     "vCPUs share the memory for the arguments of today's calls")},
	{ROW("vmcall-shared-result", "KC3", give_result, share_result,
	     "vCPUs share the memory for the results of today's calls")},
	{ROW("vmcall-shared-rcx", "KC3", read_call, share_rcx,
	     "vCPUs share the memory for their RCX in today's calls")},
	{ROW("vmcall-vcpu0-args", "KC2", read_call, take_arguments_of_vcpu0,
	     "today's calls take the arguments of vCPU 0's last one")},
	{ROW("hc11-vcpu1", "KH6", sched_yield, refuse_on_vcpu1, "call 11 of vCPU 1 gets -1000")},
	{ROW("hc9-vcpu1", "KH4", clock_pairing, pair_with_other_tsc,
	     "a clock pairing of vCPU 1 has another TSC")},
	{ROW("hc9-other", "KH4", clock_pairing, pair_as_other,
	     "a clock pairing is the last one of another vCPU")},
	{ROW("hc9-vcpu0", "KH4", clock_pairing, pair_at_vcpu0,
	     "clock pairings are written where vCPU 0 had its last one")},
	{.fault.name = NULL},
};
