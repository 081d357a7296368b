/* SPDX-License-Identifier: GPL-2.0-only */
/* Each step names the rules of the ABI that it follows. */
#include "host/kvm2007/policy.h"

#include "host/config.h"
#include "host/log.h"
#include "lib/string.h"

#define RET              0xc3
#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME        UINT64_C(0x100000001b3)

/* Those that are taken. */
static struct steps steps;

static uint8_t call_instruction[CALL_LENGTH];

void kvm2007_init(const uint8_t instruction[CALL_LENGTH])
{
	memcpy(call_instruction, instruction, sizeof(call_instruction));
	kvm2007_use_steps(&kvm2007_honest);
}

void kvm2007_use_steps(const struct steps *others)
{
	steps = *others;
}

/* ---- RDMSR: the probe ---- */

/* D1, D3, S1: one MSR is the ABI's, to read and to write. */
static void claim(struct request *q)
{
	q->claimed = q->msr == KVM2007_MSR_API_MAGIC;
}

/* D1: the value is unspecified; here it tells what this vCPU has registered. */
static void read_msr(struct request *q)
{
	q->value = q->vcpu->para_state_gpa;
}

/* D1: by the header RDMSR answers; Linux injected a #GP. */
enum msr_outcome kvm2007_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	struct request q = {.vcpu = vcpu, .msr = msr};

	steps.claim(&q);
	if (!q.claimed)
		return MSR_UNKNOWN;
	if (config.personality == PERSONALITY_LINUX2007) {
		log_line("probe %u %#x = #GP", vcpu->id, msr);
		vcpu_inject_gp(vcpu);
		return MSR_GP;
	}
	steps.read_msr(&q);
	log_line("probe %u %#x = %#lx", vcpu->id, msr, q.value);
	*value = q.value;
	return MSR_DONE;
}

/* ---- WRMSR: a registration ---- */

/* S1: its value is the page's gpa. */
enum msr_outcome kvm2007_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t gpa)
{
	struct request q = {.vcpu = vcpu, .msr = msr, .write = true, .gpa = gpa};

	steps.claim(&q);
	if (!q.claimed)
		return MSR_UNKNOWN;
	steps.registration(&q);
	return q.gp ? MSR_GP : MSR_DONE;
}

/* S5: the page must be aligned, and all of it guest memory. */
static void registration(struct request *q)
{
	if (q->gpa % PAGE_SIZE == 0)
		q->page = guest_bytes(q->vcpu->memory, q->gpa, sizeof(*q->page));
	if (q->page)
		steps.answer(q);
	else
		steps.reject(q);
}

/* S5. */
static void reject(struct request *q)
{
	log_line("register %u %#lx = #GP", q->vcpu->id, q->gpa);
	vcpu_inject_gp(q->vcpu);
	q->gp = true;
}

/*
 * First host_version (S2), then the site (P1), then ret (S3); nothing else of the page changes
 * (S4).
 */
static void answer(struct request *q)
{
	q->site = q->page->hypercall_gpa;
	steps.make_code(q);
	steps.check(q);
	log_line("register %u %#lx %#x %#x %#lx = %d", q->vcpu->id, q->gpa, q->page->guest_version,
		 q->page->size, q->site, q->refused ? -KVM2007_EINVAL : 0);
	steps.write_version(q);
	steps.patch(q);
	steps.write_ret(q);
	steps.record(q);
}

/* P1, P2: the instruction; on Linux with a RET after it. */
static void make_code(struct request *q)
{
	memcpy(q->code, call_instruction, sizeof(call_instruction));
	q->code[CALL_LENGTH] = RET;
	q->length = config.personality == PERSONALITY_LINUX2007 ? CALL_LENGTH + 1 : CALL_LENGTH;
}

static void check(struct request *q)
{
	steps.check_version(q);
	steps.check_site(q);
}

/* V1, V2. */
static void check_version(struct request *q)
{
	q->refused |= q->page->guest_version > KVM2007_API_VERSION;
}

/* P4, P6: all of it has to be guest memory. */
static void check_site(struct request *q)
{
	q->refused |= !guest_bytes(q->vcpu->memory, q->site, q->length);
}

/* S2: on refusals too. */
static void write_version(struct request *q)
{
	q->page->host_version = KVM2007_API_VERSION;
}

/* P7. */
static void patch(struct request *q)
{
	if (!q->refused)
		steps.write_code(q);
}

/* P1, P3, P5. */
static void write_code(struct request *q)
{
	log_line("patch %u %#lx %02x %02x %02x", q->vcpu->id, q->site, q->code[0], q->code[1],
		 q->code[2]);
	guest_write(q->vcpu->memory, q->site, q->code, q->length);
}

/* S3. */
static void write_ret(struct request *q)
{
	q->page->ret = q->refused ? (uint32_t)-KVM2007_EINVAL : 0;
}

/* S6, V3: what came before does not matter.  S7: no other vCPU's page does either. */
static void record(struct request *q)
{
	if (!q->refused)
		q->vcpu->para_state_gpa = q->gpa;
}

/* ---- a call ---- */

/* C32.5: which convention holds follows EFER.LME. */
static void read_call(struct request *q)
{
	if (q->vcpu->efer & EFER_LME)
		steps.read_call64(q);
	else
		steps.read_call32(q);
}

/* C1. */
static void read_call64(struct request *q)
{
	const struct gprs *r = &q->vcpu->regs;
	const uint64_t args[] = {r->rdi, r->rsi, r->rdx, r->rcx, r->r8, r->r9};

	q->long_mode = true;
	q->index = r->rax;
	memcpy(q->args, args, sizeof(args));
}

/* C32.1; C32.4: what is above 32 bits is none of the call's. */
static void read_call32(struct request *q)
{
	const struct gprs *r = &q->vcpu->regs;
	const uint64_t args[] = {(uint32_t)r->rax, (uint32_t)r->rcx, (uint32_t)r->rdx,
				 (uint32_t)r->rsi, (uint32_t)r->rdi, (uint32_t)r->rbp};

	q->long_mode = false;
	q->index = (uint32_t)r->rbx;
	memcpy(q->args, args, sizeof(args));
}

/* The echo service, which is not the ABI's but a test's: the digest of all six arguments. */
static uint64_t echo(const struct request *q)
{
	uint64_t hash = FNV_OFFSET_BASIS;

	for (unsigned i = 0; i < 6; i++) {
		for (unsigned byte = 0; byte < 8; byte++)
			hash = (hash ^ (q->args[i] >> 8 * byte & 0xff)) * FNV_PRIME;
	}
	return q->long_mode ? hash : (uint32_t)hash ^ hash >> 32;
}

/* C3, C4, C32.3: every index is undefined, unless echo= offers one. */
static uint64_t result_of(const struct request *q)
{
	uint64_t result = (uint64_t)-KVM2007_EINVAL;

	if (config.has_echo && q->index == config.echo)
		result = echo(q);
	return q->long_mode ? result : (uint32_t)result;
}

/* C2, C32.2: in RAX, and nothing else changes. */
static void give_result(struct request *q)
{
	q->vcpu->regs.rax = q->result;
}

/* The vendor's file has moved vcpu->rip on already (C5). */
__attribute__((noinline)) void kvm2007_hypercall_by_steps(struct vcpu *vcpu)
{
	struct request q;

	q.vcpu = vcpu; /* the other fields are no call's, or are set by the steps */
	steps.read_call(&q);
	q.result = result_of(&q);
	if (log_calls())
		log_line("call %u %s %#lx %#lx %#lx %#lx %#lx %#lx %#lx = %#lx", vcpu->id,
			 q.long_mode ? "64" : "32", q.index, q.args[0], q.args[1], q.args[2],
			 q.args[3], q.args[4], q.args[5], q.result);
	steps.give_result(&q);
}

/* The same for an index that nobody offers, where each instruction counts (make bench). */
void kvm2007_hypercall(struct vcpu *vcpu)
{
	uint64_t index = vcpu->efer & EFER_LME ? vcpu->regs.rax : (uint32_t)vcpu->regs.rbx;

	if (index == config.echo && config.has_echo)
		kvm2007_hypercall_by_steps(vcpu);
	else
		vcpu->regs.rax = (uint64_t)-KVM2007_EINVAL;
}

const struct steps kvm2007_honest = {
	.claim = claim,
	.read_msr = read_msr,
	.registration = registration,
	.reject = reject,
	.answer = answer,
	.make_code = make_code,
	.check = check,
	.check_version = check_version,
	.check_site = check_site,
	.write_version = write_version,
	.patch = patch,
	.write_code = write_code,
	.write_ret = write_ret,
	.record = record,
	.read_call = read_call,
	.read_call64 = read_call64,
	.read_call32 = read_call32,
	.give_result = give_result,
};
