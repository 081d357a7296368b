/* SPDX-License-Identifier: GPL-2.0-only */
/* Faults of what calls do, and of the other vendor's instruction: rules KH, KC7 and KC8. */
#include "host/ipi.h"
#include "host/kvm/faults.h"
#include "host/vcpus.h"
#include "x86/insn.h"

static void refuse_with_enosys(struct kvm_request *q)
{
	q->result = (uint64_t)-KVM_ENOSYS;
}

/* ---- clock pairing ---- */

/* What the honest host has written; NULL if it has not. */
static struct kvm_clock_pairing *paired(struct kvm_request *q)
{
	kvm_honest.clock_pairing(q);
	return q->result
		       ? NULL
		       : guest_bytes(q->vcpu->memory, q->args[0], sizeof(struct kvm_clock_pairing));
}

static void pair_with_other_tsc(struct kvm_request *q)
{
	struct kvm_clock_pairing *pairing = paired(q);

	if (pairing)
		pairing->tsc += kvm_clock.tsc_hz;
}

static void pair_with_boot(struct kvm_request *q)
{
	struct kvm_clock_pairing *pairing = paired(q);

	if (pairing)
		pairing->sec -= 3600;
}

static void pair_with_flags(struct kvm_request *q)
{
	struct kvm_clock_pairing *pairing = paired(q);

	if (pairing)
		pairing->flags = 1;
}

/* What was on the host's stack, for instance. */
static void pair_with_leak(struct kvm_request *q)
{
	struct kvm_clock_pairing *pairing = paired(q);

	if (pairing)
		pairing->pad[8] = 0x5eced00d;
}

static void pair_with_68_bytes(struct kvm_request *q)
{
	if (paired(q))
		guest_write(q->vcpu->memory, q->args[0] + 64, &(uint32_t){0}, 4);
}

static void pair_any_type(struct kvm_request *q)
{
	q->args[1] = KVM_CLOCK_PAIRING_WALLCLOCK;
	kvm_honest.clock_pairing(q);
}

static void pair_outside(struct kvm_request *q)
{
	kvm_honest.clock_pairing(q);
	if (q->result == (uint64_t)-KVM_EFAULT)
		q->result = 0;
}

static void refuse_by_other_error(struct kvm_request *q)
{
	kvm_honest.clock_pairing(q);
	if (q->result == (uint64_t)-KVM_EOPNOTSUPP)
		q->result = (uint64_t)-KVM_EINVAL;
}

static bool has_apic_id(uint64_t apic_id)
{
	for (unsigned id = 0; id < vcpus_count(); id++) {
		if (vcpus_get(id)->apic_id == apic_id)
			return true;
	}
	return false;
}

static void kick_nobody(struct kvm_request *q)
{
	kvm_honest.kick_cpu(q);
	if (!has_apic_id(q->args[1]))
		q->result = (uint64_t)-KVM_EINVAL;
}

const struct kvm_row kvm_service_faults[] = {
	{ROW("hc1-enosys", "KH1", poll_irq, refuse_with_enosys, "call 1 gets -1000")},
	{ROW("hc5-enosys", "KH2", kick_cpu, refuse_with_enosys, "call 5 gets -1000")},
	{ROW("hc5-absent", "KH2", kick_cpu, kick_nobody, "call 5 for nobody gets -22")},
	{ROW("hc9-tsc", "KH4", clock_pairing, pair_with_other_tsc,
	     "a clock pairing has another TSC")},
	{ROW("hc9-sec", "KH4", clock_pairing, pair_with_boot,
	     "a clock pairing is one hour behind the wall clock")},
	{ROW("hc9-flags", "KH4", clock_pairing, pair_with_flags, "a clock pairing's flags are 1")},
	{ROW("hc9-leak", "KH4", clock_pairing, pair_with_leak,
	     "a clock pairing's last bytes are not 0")},
	{ROW("hc9-68", "KH4", clock_pairing, pair_with_68_bytes,
	     "a clock pairing has four bytes more")},
	{ROW("hc9-type", "KH4", clock_pairing, pair_any_type, "any type of clock pairing is done")},
	{ROW("hc9-type-error", "KH4", clock_pairing, refuse_by_other_error,
	     "another type of clock pairing gets -22")},
	{ROW("hc9-outside", "KH4", clock_pairing, pair_outside,
	     "a clock pairing outside of memory gets 0")},
	{ROW("hc11-enosys", "KH6", sched_yield, refuse_with_enosys, "call 11 gets -1000")},
	{.fault.name = NULL},
};

/* ---- IPIs; with several vCPUs ---- */

static void return_bitmap(struct kvm_request *q)
{
	kvm_honest.send_ipi(q);
	if (!(q->result >> 63))
		q->result = q->args[0];
}

/* Each bit of the first word, once more. */
static void count_absent(struct kvm_request *q)
{
	kvm_honest.send_ipi(q);
	for (unsigned n = 0; !(q->result >> 63) && n < 64; n++)
		q->result += q->args[0] >> n & 1;
}

static void ignore_lowest(struct kvm_request *q)
{
	q->args[2] = 0;
	kvm_honest.send_ipi(q);
}

static void send_any_mode(struct kvm_request *q)
{
	q->args[3] &= 0xff;
	kvm_honest.send_ipi(q);
}

static void count_only(struct kvm_request *q)
{
	const uint64_t icr = q->args[3];

	q->args[3] = icr & ~(uint64_t)0xff; /* a vector of an exception is not sent */
	kvm_honest.send_ipi(q);
}

static void send_next_vector(struct kvm_request *q)
{
	q->args[3] = (q->args[3] & ~(uint64_t)0xff) | ((q->args[3] + 1) & 0xff);
	kvm_honest.send_ipi(q);
}

/* With the right result. */
static void do_cpl3(struct kvm_request *q)
{
	struct kvm_request again = *q;

	kvm_honest.read_call(&again);
	if (q->vcpu->slow.cpl)
		kvm_honest.find_result(&again);
	kvm_honest.call(q);
}

const struct kvm_row kvm_vcpu_ipi_faults[] = {
	{ROW("hc10-enosys", "KH5", send_ipi, refuse_with_enosys, "call 10 gets -1000")},
	{ROW("hc10-bitmap", "KH5", send_ipi, return_bitmap, "call 10 returns the bitmap")},
	{ROW("hc10-absent", "KH5", send_ipi, count_absent,
	     "call 10 counts vCPUs that are not there")},
	{ROW("hc10-lowest", "KH5", send_ipi, ignore_lowest, "call 10 ignores the lowest ID")},
	{ROW("hc10-mode", "KH5", send_ipi, send_any_mode,
	     "call 10 takes logical mode and shorthands for physical mode")},
	{ROW("hc10-cpl3", "KC6", call, do_cpl3, "call 10 from CPL 3 is done, though it gets -1")},
	{ROW("hc10-lost", "KH5", send_ipi, count_only, "call 10 sends nothing")},
	{ROW("hc10-vector", "KH5", send_ipi, send_next_vector, "call 10 sends the next vector")},
	{.fault.name = NULL},
};

/* ---- the other vendor's instruction ---- */

static const struct hooks ud_hooks = {.exceptions = (uint32_t)BIT(VECTOR_UD),
				      .exception = kvm_undefined_opcode};

/* As kvm_pvm: always VMCALL. */
static void make_others_code(struct kvm_request *q)
{
	kvm_honest.make_code(q);
	q->code[2] ^= 0xc1 ^ 0xd9;
}

static void patch_and_skip(struct kvm_request *q)
{
	kvm_honest.patch(q);
	if (q->may_write)
		q->vcpu->rip += CALL_LENGTH;
}

static void call_without_patch(struct kvm_request *q)
{
	q->vcpu->rip += CALL_LENGTH;
	kvm_hypercall(q->vcpu);
}

static void write_through(struct kvm_request *q)
{
	kvm_honest.find_site(q);
	for (unsigned i = 0; i < CALL_LENGTH; i++) {
		bool writable;

		vcpu_translate(q->vcpu, q->vcpu->rip + i, &q->site[i], &writable);
	}
	q->may_write = true;
}

static void retry_read_only(struct kvm_request *q)
{
	if (q->may_write)
		kvm_honest.patch(q);
}

static void fault_elsewhere(struct kvm_request *q)
{
	kvm_honest.find_site(q);
	q->forbidden_at += 8;
}

const struct kvm_row kvm_quirk_faults[] = {
	{ROW("quirk-wrong", "KC7", make_code, make_others_code,
	     "the other vendor's call is patched with the same again"),
	 .hooks = &ud_hooks},
	{ROW("quirk-not-done", "KC7", patch, patch_and_skip,
	     "the other vendor's call is patched, but not done"),
	 .hooks = &ud_hooks},
	{ROW("quirk-not-patched", "KC7", patch, call_without_patch,
	     "the other vendor's call is done, but not patched"),
	 .hooks = &ud_hooks},
	{ROW("quirk-read-only", "KC8", find_site, write_through,
	     "the other vendor's call is patched in a read-only page"),
	 .hooks = &ud_hooks},
	{ROW("quirk-for-ever", "KC8", patch, retry_read_only,
	     "the other vendor's call in a read-only page is #UD for ever"),
	 .hooks = &ud_hooks},
	{ROW("quirk-cr2", "KC8", find_site, fault_elsewhere,
	     "the other vendor's call in a read-only page is a page fault elsewhere"),
	 .hooks = &ud_hooks},
	{.fault.name = NULL},
};
