/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that show only with several vCPUs: what each should have for itself, and what all share.
 */
#include "host/kvm2007/faults.h"
#include "host/vcpus.h"
#include "lib/string.h"
#include "x86/smp.h"

/* Waits until other vCPUs are likely to be in the same function. */
static void linger(void)
{
	for (unsigned i = 0; i < 400; i++)
		__builtin_ia32_pause();
}

/* ---- pages ---- */

static void register_page_of_vcpu0(struct request *q)
{
	if (q->vcpu->id)
		q->gpa = vcpus_get(0)->para_state_gpa;
	kvm2007_honest.registration(q);
}

static uint64_t last_page; /* shared: the one that any vCPU registered last */

static void record_for_all(struct request *q)
{
	kvm2007_honest.record(q);
	if (!q->refused)
		SHARED_SET(last_page, q->gpa);
}

static void read_last_of_all(struct request *q)
{
	q->value = SHARED_GET(last_page);
}

static void write_ret_to_all(struct request *q)
{
	kvm2007_honest.write_ret(q);
	for (unsigned id = 0; id < vcpus_count(); id++) {
		const uint64_t gpa = vcpus_get(id)->para_state_gpa;
		struct kvm_vcpu_para_state *page = guest_bytes(q->vcpu->memory, gpa, sizeof(*page));

		if (gpa)
			page->ret = q->page->ret;
	}
}

static unsigned refuser; /* shared: the vCPU whose registration was refused last, plus 1 */

static void note_refuser(struct request *q)
{
	kvm2007_honest.write_ret(q);
	SHARED_SET(refuser, q->refused ? q->vcpu->id + 1 : 0);
}

static void give_zero_to_others(struct request *q)
{
	const unsigned by = SHARED_GET(refuser);

	if (by && by != q->vcpu->id + 1)
		q->result = 0;
	kvm2007_honest.give_result(q);
}

static bool registering; /* shared: some vCPU is just doing so */

static void answer_one_at_a_time(struct request *q)
{
	if (__atomic_exchange_n(&registering, true, __ATOMIC_ACQUIRE))
		return;
	kvm2007_honest.answer(q);
	linger();
	__atomic_store_n(&registering, false, __ATOMIC_RELEASE);
}

const struct row kvm2007_vcpu_page_faults[] = {
	{ROW("vcpu0-page", "S7", registration, register_page_of_vcpu0,
	     "registrations are answered in the page of vCPU 0")},
	{ROW("last-page", "S7", record, record_for_all, "RDMSR shows any vCPU's last registration"),
	 AND_AT(read_msr, read_last_of_all)},
	{ROW("all-pages", "S7", write_ret, write_ret_to_all,
	     "a registration is answered in every vCPU's page")},
	{ROW("refusal-shared", "S7", write_ret, note_refuser,
	     "one vCPU's refusal makes the others' calls give 0"),
	 AND_AT(give_result, give_zero_to_others)},
	{ROW("lost-registration", "S7", answer, answer_one_at_a_time,
	     "a registration beside another one is lost")},
	{.fault.name = NULL},
};

/* ---- sites ---- */

static void write_code_of_vcpu0(struct request *q)
{
	if (!q->vcpu->id)
		kvm2007_honest.write_code(q);
}

/* The site that each vCPU registered last; only that vCPU writes it. */
static uint64_t own_sites[SMP_MAX];

static void note_site(struct request *q)
{
	own_sites[q->vcpu->id] = q->site;
	kvm2007_honest.write_code(q);
}

static bool called_own_site(const struct vcpu *vcpu)
{
	uint64_t gpa;
	bool writable;

	return vcpu_translate(vcpu, vcpu->rip - CALL_LENGTH, &gpa, &writable) &&
	       gpa == own_sites[vcpu->id];
}

/* At any other site: #UD, as if the site were not patched. */
static void call_from_own_site(struct request *q)
{
	kvm2007_honest.give_result(q);
	vcpu_sync(q->vcpu);
	if (q->vcpu->id == 0 || called_own_site(q->vcpu))
		return;
	q->vcpu->rip -= CALL_LENGTH;
	vcpu_inject_ud(q->vcpu);
}

/* Not one that only vCPU 0 has: it may be of an earlier check. */
static void refuse_shared_site(struct request *q)
{
	kvm2007_honest.check_site(q);
	for (unsigned id = 1; id < vcpus_count(); id++)
		q->refused |= id != q->vcpu->id && SHARED_GET(own_sites[id]) == q->site;
	if (!q->refused)
		SHARED_SET(own_sites[q->vcpu->id], q->site);
}

const struct row kvm2007_vcpu_site_faults[] = {
	{ROW("vcpu0-sites", "P1", write_code, write_code_of_vcpu0,
	     "vCPU 0's sites alone are patched")},
	{ROW("own-patches", "P5", write_code, note_site, "a vCPU sees no patches but its own"),
	 AND_AT(give_result, call_from_own_site)},
	{ROW("shared-site-refused", "S2", check_site, refuse_shared_site,
	     "a site that another vCPU registered last is refused")},
	{.fault.name = NULL},
};

/* ---- calls ---- */

static void answer_vcpu0(struct request *q)
{
	if (q->vcpu->id)
		q->result = 0;
	kvm2007_honest.give_result(q);
}

/* The memory is shared, and that is the fault: a vCPU may find there what another one left. */
static void share(void *value, unsigned size)
{
	static uint64_t memory[6];

	memcpy(memory, value, size);
	linger();
	memcpy(value, memory, size);
}

static void share_arguments(struct request *q)
{
	kvm2007_honest.read_call(q);
	share(q->args, sizeof(q->args));
}

static void share_result(struct request *q)
{
	share(&q->result, sizeof(q->result));
	kvm2007_honest.give_result(q);
}

static void share_rbx(struct request *q)
{
	kvm2007_honest.read_call(q);
	share(&q->vcpu->regs.rbx, sizeof(q->vcpu->regs.rbx));
}

static void read_by_mode_of_vcpu0(struct request *q)
{
	if (vcpus_get(0)->efer & EFER_LME)
		kvm2007_honest.read_call64(q);
	else
		kvm2007_honest.read_call32(q);
}

const struct row kvm2007_vcpu_call_faults[] = {
	{ROW("vcpu0-calls", "C3", give_result, answer_vcpu0, "calls of all but vCPU 0 give 0")},
	{ROW("shared-args", "C1", read_call, share_arguments,
	     "vCPUs share the memory for their arguments")},
	{ROW("shared-result", "C1", give_result, share_result,
	     "vCPUs share the memory for their results")},
	{ROW("shared-rbx", "C2", read_call, share_rbx, "vCPUs share the memory for their RBX")},
	{ROW("vcpu0-mode", "C32.1", read_call, read_by_mode_of_vcpu0,
	     "the convention follows the mode of vCPU 0")},
	{.fault.name = NULL},
};

/* ---- whether a vCPU goes on, or starts ---- */

static void hang_vcpu1(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (q->vcpu->id == 1)
		kvm2007_hang(q);
}

static void lose_vcpu1(struct request *q)
{
	kvm2007_honest.give_result(q);
	if (q->vcpu->id == 1)
		q->vcpu->rip = 0;
}

static bool start_vcpu1_only(const struct vcpu *vcpu, unsigned *vector)
{
	(void)vector;
	return vcpu->id <= 1;
}

static bool start_at_next_page(const struct vcpu *vcpu, unsigned *vector)
{
	(void)vcpu;
	++*vector;
	return true;
}

static const struct hooks one_hooks = {.startup = start_vcpu1_only};
static const struct hooks vector_hooks = {.startup = start_at_next_page};

const struct row kvm2007_vcpu_run_faults[] = {
	{ROW("vcpu1-hangs", "C5", give_result, hang_vcpu1, "a call of vCPU 1 never comes back")},
	{ROW("vcpu1-lost", "C5", give_result, lose_vcpu1, "vCPU 1 goes on at 0 behind a call")},
	{{"one-startup", "S7", "one vCPU heeds a start-up IPI, the others do not"},
	 .hooks = &one_hooks},
	{{"startup-vector", "S7", "a start-up IPI's vector is off by one"}, .hooks = &vector_hooks},
	{.fault.name = NULL},
};
