/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S2-S6, S9, V1-V3, P1-P4, P7: what holds for one registration holds for all, whatever came before
 * it, and whatever page, site, version, size and flags it has.  And after each of them, accepted or
 * not, RDMSR or a call goes on as before.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/trial.h"
#include "guest/vcpus.h"
#include "x86/defs.h"

#define ROUNDS      26 /* each makes a registration with each ending; outside(): 24 bits, 2 more */
#define ROUNDS_VCPU 2  /* by each vCPU */
#define ROUNDS_32   1  /* in each mode of legacy mode */
#define SERIES      7  /* trials: comparison_more(); no multiple of ENDINGS, so that each differs */

/* D1: RDMSR of the magic ends as at the first contact. */
static void expect_rdmsr_ended(struct run *run, bool faulted)
{
	expect(run, faulted == first_contact.rdmsr.faulted,
	       "RDMSR: wanted it to %s, as at the first contact",
	       first_contact.rdmsr.faulted ? "fault" : "return");
}

void expect_rdmsr_as_before(struct run *run)
{
	struct outcome rdmsr;

	interact_msr(KVM2007_MSR_API_MAGIC, false, 0, random_flags(), &rdmsr);
	expect_rdmsr_ended(run, rdmsr.faulted);
	expect_registers_kept(run, &rdmsr, GPR_BIT(rax) | GPR_BIT(rdx));
	if (!rdmsr.faulted)
		expect_equal(run, "upper halves of RAX and RDX",
			     (rdmsr.after.rax | rdmsr.after.rdx) >> 32, 0);
}

/* With arguments that are the addresses of pages, which the host must not take for such. */
static void expect_call(struct run *run, const struct site *site, uint64_t index, uint64_t rdi)
{
	struct gprs gprs = noise_gprs();
	struct outcome call;

	gprs.rax = index;
	gprs.rdi = rdi;
	gprs.rsi = (uint64_t)page_bytes(PAGE_STATE_A);
	gprs.rdx = page_gpa(PAGE_CANARY_0);
	gprs.rflags |= random_flags();
	hypercall64_gprs(site, &gprs, &call);
	if (!expect_returned(run, "call", &call))
		return;
	if (index < BIT(31) && !(run->options.has_echo && index == run->options.echo))
		expect_equal(run, "rax", call.after.rax, (uint64_t)-KVM2007_EINVAL);
	expect_registers_kept(run, &call, GPR_BIT(rax));
}

void expect_call_as_before(struct run *run, const struct site *site)
{
	expect_call(run, site, random64() >> (33 + random64() % 31),
		    random64() % 2 ? page_gpa(PAGE_STATE_A) : 0);
}

static void try(struct run *run, enum ending ending, unsigned round)
{
	struct comparison c;
	struct trial t;

	trial_choose(&t, ending, round);
	comparison_begin(&c, random64() % 16);
	registration_make(&t.r, t.flags, &t.answer);
	comparison_end(&c);
	expect_ending(run, &t.r, &t.answer, &t.site);
	expect_registers_kept(run, &t.answer.wrmsr, 0);
	expect_groups(run, &c, ALL_GROUPS);
	if (round % 2)
		expect_rdmsr_as_before(run);
	else if (round % 8)
		expect_call_as_before(run, &trial_home);
	else
		expect_call(run, &trial_home, random64() >> random64() % 64, 0);
	trial_expect_foreseen(run, &t);
}

static void try_all(struct run *run, unsigned rounds)
{
	enum ending ending;

	for (unsigned n = 0; n < rounds * ENDINGS && !run->failed; n++) {
		comparison_more(n % SERIES != SERIES - 1 && n + 1 < rounds * ENDINGS);
		if (trial_ending(n, &ending))
			try(run, ending, n / ENDINGS);
	}
}

static void any(struct run *run)
{
	if (!trial_start(run))
		return;
	try_all(run, ROUNDS);
	trials_end(run);
}

/* One vCPU after the other, because they use the same pages. */
static unsigned whose_turn;

static void any_in_turn(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	if (this_cpu()->id == whose_turn)
		try_all(run, ROUNDS_VCPU);
}

void register_any_vcpu(struct run *run)
{
	if (!trial_start(run))
		return;
	for (whose_turn = run->vcpus; whose_turn--;) {
		if (!on_each_vcpu(run, any_in_turn))
			return;
	}
	trials_end(run);
}

/* ---- from legacy mode ---- */

static void try_32(struct run *run, enum mode32 mode, enum ending ending, unsigned round)
{
	struct comparison c;
	struct call32 call;
	struct trial t;

	trial_choose(&t, ending, round);
	comparison_begin(&c, random64() % 16);
	interact_wrmsr32(KVM2007_MSR_API_MAGIC, t.r.page, mode, (uint32_t)t.flags, &call);
	comparison_end(&c);
	t.answer.wrmsr = outcome32(&call);
	expect_ending(run, &t.r, &t.answer, &t.site);
	if (call.faulted) {
		expect_equal(run, "eip", call.fault_eip, call.target);
		call.out.rsp += sizeof(uint32_t); /* the target's return address */
	}
	expect_equal(run, "eax", (uint32_t)call.out.rax, (uint32_t)call.in.rax);
	expect_preserved32(run, &call);
	expect_hidden_kept32(run, &call, &c);
	trial_expect_foreseen(run, &t);
}

static void rdmsr_32(struct run *run, enum mode32 mode)
{
	struct call32 call;

	interact_rdmsr32(KVM2007_MSR_API_MAGIC, mode, (uint32_t)random_flags(), &call);
	expect_rdmsr_ended(run, call.faulted);
	if (call.faulted)
		call.out.rsp += sizeof(uint32_t);
	else
		call.out.rdx = call.in.rdx;
	expect_preserved32(run, &call);
}

/* D3: no other MSR is the magic there. */
static void neighbour_32(struct run *run, uint32_t msr, enum mode32 mode)
{
	struct page_sums before;
	struct answer answer;
	struct call32 call;

	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, page_gpa(PAGE_SITE_A), &answer);
	pages_sum(&before);
	interact_wrmsr32(msr, page_gpa(PAGE_STATE_A), mode, 0, &call);
	expect_pages_kept(run, &before);
}

static void any_legacy(struct run *run)
{
	enum ending ending;

	if (!trial_start(run))
		return;
	for (unsigned n = 0; n < 3 * ROUNDS_32 * ENDINGS && !run->failed; n++) {
		comparison_more(n + 1 < 3 * ROUNDS_32 * ENDINGS);
		if (trial_ending(n, &ending))
			try_32(run, (enum mode32)(n / ENDINGS % 3), ending, n / ENDINGS);
	}
	trials_end(run);
	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++) {
		rdmsr_32(run, mode);
		neighbour_32(run, KVM2007_MSR_API_MAGIC + 1, mode);
		neighbour_32(run, KVM2007_MSR_API_MAGIC - 1, mode);
	}
}

static const struct check checks[] = {
	{"register.any", "S6", .body = any},
	{"register.any-legacy", "S6", CHECK_LAST, .body = any_legacy},
};

const struct area any_registration_area = AREA(checks);
