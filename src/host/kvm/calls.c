/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules KC, KC32 and KH: calls. */
#include "host/kvm/policy.h"

#include "host/config.h"
#include "host/echo.h"
#include "host/ipi.h"
#include "host/log.h"
#include "host/vcpus.h"
#include "x86/apic.h"
#include "x86/insn.h"

#define BILLION UINT64_C(1000000000)

#define ERROR(name) ((uint64_t)-KVM_##name)

/* The bits of an IPI's command (SDM volume 3, 325384-083, 11.6.1). */
#define ICR_VECTOR    0xffu
#define ICR_MODE      0x700u /* 0: fixed */
#define ICR_SHORTHAND 0xc0000u

/* KC11: the guest's RIP is already after the call. */
void kvm_hypercall(struct vcpu *vcpu)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	vcpu_sync(vcpu);
	kvm_steps.call(&q);
	kvm_exit(vcpu);
}

/* KC6: only the guest's kernel may call. */
void kvm_call(struct kvm_request *q)
{
	kvm_steps.read_call(q);
	if (q->vcpu->slow.cpl)
		q->result = ERROR(EPERM);
	else
		kvm_steps.find_result(q);
	if (log_calls())
		log_line("kvm-call %u %s %u %#lx %#lx %#lx %#lx %#lx = %#lx", q->vcpu->id,
			 q->long_mode ? "64" : "32", q->vcpu->slow.cpl, q->index, q->args[0],
			 q->args[1], q->args[2], q->args[3], q->result);
	kvm_steps.give_result(q);
}

/* KC2, KC5: 64 bits in 64-bit code.  KC32.1: 32 bits in other code, whatever the mode. */
void kvm_read_call(struct kvm_request *q)
{
	const struct gprs *r = &q->vcpu->regs;
	const uint64_t args[] = {r->rbx, r->rcx, r->rdx, r->rsi};
	const uint64_t mask = q->vcpu->slow.code_bits == 64 ? UINT64_MAX : UINT32_MAX;

	q->long_mode = q->vcpu->slow.code_bits == 64;
	q->index = r->rax & mask;
	for (unsigned i = 0; i < 4; i++)
		q->args[i] = args[i] & mask;
}

/* KC9: without the feature's bit there is no such call, if that is enforced. */
static bool may_call(unsigned feature)
{
	return kvm_has(feature) || !config.enforce;
}

/* KC4: there are no others; this host's VMM, itself, wants no KVM_HC_MAP_GPA_RANGE (KH7). */
void kvm_find_result(struct kvm_request *q)
{
	q->result = ERROR(ENOSYS);
	if (config.has_kvm_echo && q->index == config.kvm_echo)
		q->result = echo(q->args, 4, q->long_mode);
	else if (q->index == KVM_HC_VAPIC_POLL_IRQ)
		kvm_steps.poll_irq(q);
	else if (q->index == KVM_HC_KICK_CPU && may_call(KVM_FEATURE_PV_UNHALT))
		kvm_steps.kick_cpu(q);
	else if (q->index == KVM_HC_CLOCK_PAIRING)
		kvm_steps.clock_pairing(q);
	else if (q->index == KVM_HC_SEND_IPI && may_call(KVM_FEATURE_PV_SEND_IPI))
		kvm_steps.send_ipi(q);
	else if (q->index == KVM_HC_SCHED_YIELD && may_call(KVM_FEATURE_PV_SCHED_YIELD))
		kvm_steps.sched_yield(q);
}

/* KC3: only RAX changes.  KC32.2: its upper half is 0 after a call of 32 bits. */
void kvm_give_result(struct kvm_request *q)
{
	q->vcpu->regs.rax = q->long_mode ? q->result : (uint32_t)q->result;
}

/* KH1: a guest that has interrupts on takes what is pending when it goes on. */
void kvm_poll_irq(struct kvm_request *q)
{
	q->result = 0;
}

/* KH2: the first argument does not count, and nobody having the ID is no error. */
void kvm_kick_cpu(struct kvm_request *q)
{
	q->result = 0;
	for (unsigned id = 0; id < vcpus_count(); id++) {
		if (vcpus_get(id)->apic_id == q->args[1])
			vcpus_kick(id);
	}
}

bool kvm_hlt(struct vcpu *vcpu)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	kvm_steps.halt(&q);
	return q.woken;
}

/*
 * KH2: a HLT spends the kick that ends it.  With interrupts on it ends at once in any case.
 *
 * vCPU 0 does not wait for a kick, though one that has come counts: a guest that is over, or dead,
 * halts there with interrupts off, while its other vCPUs may spin for ever.  That must end the run.
 */
void kvm_halt(struct kvm_request *q)
{
	if (!q->vcpu->id || q->vcpu->slow.rflags & RFLAGS_IF)
		q->woken = vcpus_take_kick(q->vcpu);
	else
		q->woken = vcpus_await_kick(q->vcpu);
}

/* KH4: the same time as the wall clock and this vCPU's clock have. */
void kvm_clock_pairing(struct kvm_request *q)
{
	const uint64_t tsc = rdtsc(), now = kvm_clock.boot + kvm_time(tsc);
	const struct kvm_clock_pairing pairing = {
		.sec = (int64_t)(now / BILLION), .nsec = (int64_t)(now % BILLION), .tsc = tsc};

	if (q->args[1] != KVM_CLOCK_PAIRING_WALLCLOCK || !kvm_clock.tsc_hz)
		q->result = ERROR(EOPNOTSUPP);
	else if (!guest_write(q->vcpu->memory, q->args[0], &pairing, sizeof(pairing)))
		q->result = ERROR(EFAULT);
	else
		q->result = 0;
}

/*
 * KH5: the bit in the bitmap of this APIC ID; a word of the caller's size has the lower ones.  No
 * bit is for an ID below the lowest: one above all there are does not wrap around to them.
 */
static bool is_in_bitmap(const struct kvm_request *q, uint64_t apic_id)
{
	const uint64_t word = q->long_mode ? 64 : 32, n = apic_id - q->args[2];

	return apic_id >= q->args[2] && n < 2 * word && q->args[n / word] >> n % word & 1;
}

/* KH5.  As by the APIC itself, nothing but an interrupt reaches another vCPU. */
void kvm_send_ipi(struct kvm_request *q)
{
	const uint64_t icr = q->args[3];

	q->result = ERROR(EINVAL);
	if (icr & (ICR_LOGICAL | ICR_SHORTHAND | ICR_MODE))
		return;
	q->result = 0;
	for (unsigned id = 0; id < vcpus_count(); id++) {
		if (!is_in_bitmap(q, vcpus_get(id)->apic_id))
			continue;
		ipi_send_to(vcpus_get(id), icr & ICR_VECTOR);
		q->result++;
	}
}

/* KH6: each vCPU has a processor of its own, so there is nobody to yield to. */
void kvm_sched_yield(struct kvm_request *q)
{
	q->result = 0;
}
