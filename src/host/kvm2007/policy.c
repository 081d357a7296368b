/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers in front of each step are the rules that it follows: docs/abi-kvm2007.md. */
#include "host/kvm2007/policy.h"

#include "host/config.h"
#include "host/echo.h"
#include "host/log.h"
#include "host/sites.h"
#include "lib/string.h"

#define RET 0xc3

static struct steps steps; /* that are taken */

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

/* D1, D3, S1: one MSR is the ABI's, for RDMSR and for WRMSR; its neighbours are not. */
static void claim(struct request *q)
{
	q->claimed = q->msr == KVM2007_MSR_API_MAGIC;
}

/* D1: the value is not specified.  Here it is the gpa that this vCPU registered last, or 0. */
static void read_msr(struct request *q)
{
	q->value = q->vcpu->para_state_gpa;
}

/* Sets of a request what is not so, or not there, until a step says that it is. */
static void begin_msr(struct request *q, struct vcpu *vcpu, uint32_t msr)
{
	q->vcpu = vcpu;
	q->msr = msr;
	q->write = q->claimed = q->gp = q->refused = false;
	q->page = NULL;
}

/* D1: by the header RDMSR answers; on Linux it was a #GP. */
enum msr_outcome kvm2007_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	struct request q;

	begin_msr(&q, vcpu, msr);
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

/* S1: the value is the page's gpa.  S9: no register changes. */
enum msr_outcome kvm2007_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t gpa)
{
	struct request q;

	begin_msr(&q, vcpu, msr);
	q.write = true;
	q.gpa = gpa;
	steps.claim(&q);
	if (!q.claimed)
		return MSR_UNKNOWN;
	steps.registration(&q);
	return q.gp ? MSR_GP : MSR_DONE;
}

/* S5: the gpa must be page-aligned, and all of the page guest memory. */
static void registration(struct request *q)
{
	if (q->gpa % PAGE_SIZE == 0)
		q->page = guest_bytes(q->vcpu->memory, q->gpa, sizeof(*q->page));
	if (q->page)
		steps.answer(q);
	else
		steps.reject(q);
}

/* S5: #GP(0), and nothing is written. */
static void reject(struct request *q)
{
	log_line("register %u %#lx = #GP", q->vcpu->id, q->gpa);
	vcpu_inject_gp(q->vcpu);
	q->gp = true;
}

/* S2, P1, S3: first host_version, then the site, then ret.  S4: the rest of the page stays. */
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

/* P1, P2: the CPU's own call instruction.  Linux wrote a RET after it. */
static void make_code(struct request *q)
{
	memcpy(q->code, call_instruction, sizeof(call_instruction));
	q->code[CALL_LENGTH] = RET;
	q->length = config.personality == PERSONALITY_LINUX2007 ? CALL_LENGTH + 1 : CALL_LENGTH;
}

/* V1, P4. */
static void check(struct request *q)
{
	steps.check_version(q);
	steps.check_site(q);
}

/* V1, V2: a guest newer than the host is refused, no other. */
static void check_version(struct request *q)
{
	q->refused |= q->page->guest_version > config.api_version;
}

/* P4, P6: all bytes of the site must be guest memory, in one page or in two. */
static void check_site(struct request *q)
{
	q->refused |= !guest_bytes(q->vcpu->memory, q->site, q->length);
}

/* S2: also on a refusal. */
static void write_version(struct request *q)
{
	q->page->host_version = (uint32_t)config.api_version;
}

/* P7: a refusal leaves the site alone. */
static void patch(struct request *q)
{
	if (!q->refused)
		steps.write_code(q);
}

/* P1, P5: the patch is there at once.  P3: at any alignment, in any page. */
static void write_code(struct request *q)
{
	log_line("patch %u %#lx %02x %02x %02x", q->vcpu->id, q->site, q->code[0], q->code[1],
		 q->code[2]);
	if (guest_write(q->vcpu->memory, q->site, q->code, q->length))
		sites_add(q->site);
}

/* S3: 0, or -KVM_EINVAL for a refusal. */
static void write_ret(struct request *q)
{
	q->page->ret = q->refused ? (uint32_t)-KVM2007_EINVAL : 0;
}

/* S6, S7, V3: neither earlier registrations nor those of other vCPUs matter. */
static void record(struct request *q)
{
	if (!q->refused)
		q->vcpu->para_state_gpa = q->gpa;
}

/* ---- a call ---- */

/* C32.5: EFER.LME says which convention holds. */
static void read_call(struct request *q)
{
	if (q->vcpu->efer & EFER_LME)
		steps.read_call64(q);
	else
		steps.read_call32(q);
}

/* C1: index in RAX, arguments in RDI, RSI, RDX, RCX, R8, R9. */
static void read_call64(struct request *q)
{
	const struct gprs *r = &q->vcpu->regs;
	const uint64_t args[] = {r->rdi, r->rsi, r->rdx, r->rcx, r->r8, r->r9};

	q->long_mode = true;
	q->index = r->rax;
	memcpy(q->args, args, sizeof(args));
}

/* C32.1, C32.4: index in EBX, arguments in EAX, ECX, EDX, ESI, EDI, EBP, without upper halves. */
static void read_call32(struct request *q)
{
	const struct gprs *r = &q->vcpu->regs;
	const uint64_t args[] = {(uint32_t)r->rax, (uint32_t)r->rcx, (uint32_t)r->rdx,
				 (uint32_t)r->rsi, (uint32_t)r->rdi, (uint32_t)r->rbp};

	q->long_mode = false;
	q->index = (uint32_t)r->rbx;
	memcpy(q->args, args, sizeof(args));
}

/* C3, C4, C32.3: version 1 defines no index, so all get -KVM_EINVAL, except that of echo=. */
static uint64_t result_of(const struct request *q)
{
	uint64_t result = (uint64_t)-KVM2007_EINVAL;

	if (config.has_echo && q->index == config.echo)
		result = echo(q->args, 6, q->long_mode);
	return q->long_mode ? result : (uint32_t)result;
}

/* C2, C32.2: only RAX changes. */
static void give_result(struct request *q)
{
	q->vcpu->regs.rax = q->result;
}

/* C5: the guest's RIP is already after the call. */
__attribute__((noinline)) void kvm2007_hypercall_by_steps(struct vcpu *vcpu)
{
	struct request q;

	q.vcpu = vcpu; /* the steps set what else a call needs */
	steps.read_call(&q);
	q.result = result_of(&q);
	if (log_calls())
		log_line("call %u %s %#lx %#lx %#lx %#lx %#lx %#lx %#lx = %#lx", vcpu->id,
			 q.long_mode ? "64" : "32", q.index, q.args[0], q.args[1], q.args[2],
			 q.args[3], q.args[4], q.args[5], q.result);
	steps.give_result(&q);
}

/* C3, C4 in as few instructions as possible: see make bench. */
void kvm2007_hypercall(struct vcpu *vcpu)
{
	if (!(vcpu->efer & EFER_LME) || (vcpu->regs.rax == config.echo && config.has_echo))
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
