/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an honest host does, rule by rule; and where a promise can be broken, the fault
 * that breaks it.  What takes more than a line for that is in para_faults.c and clobber.c.
 */
#include "para_host.h"

#include <stddef.h>

#include "abi/kvm_para.h"
#include "clobber.h"
#include "config.h"
#include "lib/string.h"
#include "log.h"
#include "para_faults.h"
#include "vcpus.h"

#define RET              0xc3
#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME        UINT64_C(0x100000001b3)

static uint8_t call_instruction[3];

/* What some faults remember. */
static struct {
	uint64_t site; /* of the last success */
	uint64_t page; /* registered first */
	uint64_t last; /* registered last */
	bool answered, refused;
} past;

COLD void para_init(const uint8_t instruction[3])
{
	memcpy(call_instruction, instruction, sizeof(call_instruction));
	memset(&past, 0, sizeof(past));
}

bool para_msr(uint32_t msr)
{
	bool neighbour = faulty(FAULT_RDMSR_NEIGHBOUR) || faulty(FAULT_WRMSR_NEIGHBOUR);

	return msr == MSR_KVM_API_MAGIC || (neighbour && msr == MSR_KVM_API_MAGIC + 1);
}

/* D1. */
COLD bool para_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value)
{
	bool probe = msr == MSR_KVM_API_MAGIC || faulty(FAULT_RDMSR_NEIGHBOUR);

	if (!probe || config.personality == PERSONALITY_LINUX2007) {
		log_line("probe %u %#x = #GP", vcpu->id, msr);
		vcpu_inject_gp(vcpu);
		return false;
	}
	if (faulty(FAULT_RDMSR_RCX))
		vcpu->regs.rcx ^= 1;
	*value = faulty(FAULT_LAST_PAGE) ? past.last : vcpu->para_gpa;
	log_line("probe %u %#x = %#lx", vcpu->id, msr, *value);
	return true;
}

static unsigned patch_length(uint64_t gpa)
{
	unsigned length = config.personality == PERSONALITY_LINUX2007 ? 4 : 3;

	if (faulty(FAULT_TWO_BYTES))
		return 2;
	if (faulty(FAULT_FIVE_BYTES))
		return 5;
	if (faulty(FAULT_HALF_STRADDLE) && gpa % PAGE_SIZE + length > PAGE_SIZE)
		return (unsigned)(PAGE_SIZE - gpa % PAGE_SIZE);
	return length;
}

/* P1, P2. */
static void patch(struct vcpu *vcpu, uint64_t gpa)
{
	uint8_t code[5] = {0, 0, 0, RET, RET};

	memcpy(code, call_instruction, sizeof(call_instruction));
	if (faulty(FAULT_OTHER_VENDOR))
		code[2] ^= 0xc1 ^ 0xd9;
	if (faulty(FAULT_BYTE_BEFORE))
		guest_write(vcpu->memory, gpa - 1, &(uint8_t){RET}, 1);
	gpa = fault_site(vcpu, gpa);
	log_line("patch %u %#lx %02x %02x %02x", vcpu->id, gpa, code[0], code[1], code[2]);
	guest_write(vcpu->memory, gpa, code, patch_length(gpa));
}

static void patch_site(struct vcpu *vcpu, uint64_t gpa)
{
	static const uint8_t ud2[] = {0x0f, 0x0b, RET};

	if (faulty(FAULT_OLD_SITE_UNPATCHED) && past.site && past.site != gpa)
		guest_write(vcpu->memory, past.site, ud2, sizeof(ud2));
	vcpu->site = gpa;
	if (faulty(FAULT_VCPU0_SITES) && vcpu->id)
		return;
	if (!faulty(FAULT_PATCH_LATE))
		patch(vcpu, gpa);
	else if (past.site)
		patch(vcpu, past.site);
	past.site = gpa;
}

/* V1, V2. */
static bool version_refused(uint32_t guest_version)
{
	if (faulty(FAULT_VERSION_2) && guest_version == 2)
		return false;
	if (faulty(FAULT_VERSION_0) && guest_version == 0)
		return true;
	if (faulty(FAULT_VERSION_SIGNED))
		return (int32_t)guest_version > (int32_t)KVM_PARA_API_VERSION;
	return guest_version > KVM_PARA_API_VERSION;
}

static bool refused(const struct vcpu *vcpu, const struct kvm_vcpu_para_state *state, uint64_t gpa)
{
	if (version_refused(state->guest_version))
		return true;
	if (!guest_bytes(vcpu->memory, state->hypercall_gpa, patch_length(state->hypercall_gpa)) &&
	    !faulty(FAULT_SITE_OUTSIDE)) /* P4 */
		return true;
	if (faulty(FAULT_SIZE_CHECKED) && state->size != sizeof(*state))
		return true;
	if (faulty(FAULT_SAME_REFUSED) && past.answered && gpa == vcpu->para_gpa)
		return true;
	if (faulty(FAULT_ONE_PAGE) && past.page && gpa != past.page)
		return true;
	if (faulty(FAULT_PAGE_START) && state->hypercall_gpa % PAGE_SIZE == 0)
		return true;
	return faulty(FAULT_REFUSE_AFTER) && past.refused;
}

/* S2-S4, on a page that is there. */
static void answer(struct vcpu *vcpu, struct kvm_vcpu_para_state *state, uint64_t gpa)
{
	bool refuse = refused(vcpu, state, gpa);
	uint64_t site = state->hypercall_gpa;

	log_line("register %u %#lx %#x %#x %#lx = %d", vcpu->id, gpa, state->guest_version,
		 state->size, site, refuse ? -KVM_EINVAL : 0);
	if (!faulty(FAULT_NO_HOST_VERSION) && !(faulty(FAULT_HOST_VERSION_LATE) && refuse))
		state->host_version = faulty(FAULT_HOST_VERSION_COPY) ? state->guest_version
								      : KVM_PARA_API_VERSION;
	if (!refuse || faulty(FAULT_PATCH_REFUSED))
		patch_site(vcpu, site);
	if (!faulty(FAULT_NO_RET))
		state->ret = refuse ? (uint32_t)-KVM_EINVAL : 0;
	if (faulty(FAULT_RET_POSITIVE) && refuse)
		state->ret = KVM_EINVAL;
	if (config.fault)
		fault_page(vcpu, state, gpa);
	fault_others(vcpu, state);
	past.answered = true;
	past.refused |= refuse;
	if (!refuse) {
		vcpu->para_gpa = past.last = gpa;
		past.page = past.page ? past.page : gpa;
	}
}

/* S5. */
static bool fault_access(struct vcpu *vcpu, uint64_t gpa)
{
	log_line("register %u %#lx = #GP", vcpu->id, gpa);
	vcpu_inject_gp(vcpu);
	if (faulty(FAULT_GP_VECTOR))
		vcpu_inject_ud(vcpu);
	if (faulty(FAULT_GP_ERROR))
		vcpu->event.error = 8;
	if (faulty(FAULT_GP_RAX))
		vcpu->regs.rax ^= 1;
	if (faulty(FAULT_GP_RIP))
		vcpu_skip(vcpu);
	return false;
}

static bool ignored(const struct vcpu *vcpu, uint64_t gpa, const void *state)
{
	return faulty(FAULT_SILENT) || (faulty(FAULT_FIRST_ONLY) && past.answered) ||
	       (faulty(FAULT_ZERO_UNREGISTERS) && !gpa) ||
	       (faulty(FAULT_LEGACY_IGNORED) && !(vcpu->efer & EFER_LME)) ||
	       (faulty(FAULT_OUTSIDE_IGNORED) && !state && gpa % PAGE_SIZE == 0);
}

COLD bool para_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t gpa)
{
	struct kvm_vcpu_para_state *state;

	if (msr != MSR_KVM_API_MAGIC && !faulty(FAULT_WRMSR_NEIGHBOUR))
		return fault_access(vcpu, gpa);
	if (faulty(FAULT_MISALIGNED))
		gpa &= ~UINT64_C(0xfff);
	if (faulty(FAULT_HIGH_IGNORED))
		gpa = (uint32_t)gpa;
	if (faulty(FAULT_WRMSR_RBX))
		vcpu->regs.rbx ^= 1;
	if (faulty(FAULT_VCPU0_PAGE) && vcpu->id)
		gpa = vcpu_by(0)->para_gpa;

	state = guest_bytes(vcpu->memory, gpa, sizeof(*state));
	if (ignored(vcpu, gpa, state))
		return true;
	if (gpa % sizeof(*state) || !state)
		return fault_access(vcpu, gpa);
	if (!fault_begin_registration())
		return true;
	answer(vcpu, state, gpa);
	fault_end_registration();
	return true;
}

/* C1, C32.1; C32.5: which of them holds follows EFER.LME. */
static struct hypercall convention(const struct vcpu *vcpu)
{
	const struct gprs *r = &vcpu->regs;
	bool lme = (faulty(FAULT_VCPU0_MODE) ? vcpu_by(0) : vcpu)->efer & EFER_LME;

	if ((lme && !faulty(FAULT_ARGS_32)) || faulty(FAULT_CALLS_64))
		return (struct hypercall){
			r->rax, {r->rdi, r->rsi, r->rdx, r->rcx, r->r8, r->r9}, true};
	return (struct hypercall){(uint32_t)r->rbx,
				  {(uint32_t)r->rax, (uint32_t)r->rcx, (uint32_t)r->rdx,
				   (uint32_t)r->rsi, (uint32_t)r->rdi, (uint32_t)r->rbp},
				  false};
}

/* The echo service: the digest of all six arguments. */
static uint64_t echo(const struct hypercall *call)
{
	uint64_t hash = FNV_OFFSET_BASIS;

	for (unsigned i = 0; i < 6; i++) {
		for (unsigned byte = 0; byte < 8; byte++)
			hash = (hash ^ (call->args[i] >> 8 * byte & 0xff)) * FNV_PRIME;
	}
	return call->long_mode ? hash : (uint32_t)hash ^ hash >> 32;
}

/* The calls that are echoed, logged or broken: the others need no copy of their arguments. */
static __attribute__((noinline)) void slow_hypercall(struct vcpu *vcpu)
{
	struct hypercall call = convention(vcpu);
	uint64_t result = (uint64_t)-KVM_EINVAL;

	if (config.fault)
		fault_arguments(vcpu, &call);
	if (config.has_echo && call.index == config.echo)
		result = echo(&call);
	if (!call.long_mode)
		result = (uint32_t)result;
	if (log_calls())
		log_line("call %u %s %#lx %#lx %#lx %#lx %#lx %#lx %#lx = %#lx", vcpu->id,
			 call.long_mode ? "64" : "32", call.index, call.args[0], call.args[1],
			 call.args[2], call.args[3], call.args[4], call.args[5], result);
	if (config.fault)
		result = fault_result(vcpu, &call, result); /* which may be RAX as it was */
	vcpu->regs.rax = result;
	if (config.fault) {
		clobber(vcpu);
		fault_site_seen(vcpu);
	}
}

/* C3: every index is undefined, unless echo= offers one. */
void para_hypercall(struct vcpu *vcpu)
{
	uint64_t index = vcpu->efer & EFER_LME ? vcpu->regs.rax : (uint32_t)vcpu->regs.rbx;

	if (config.slow_calls || (config.has_echo && index == config.echo))
		slow_hypercall(vcpu);
	else
		vcpu->regs.rax = (uint64_t)-KVM_EINVAL;
}
