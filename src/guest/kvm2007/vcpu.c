/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S7: a state page belongs to one vCPU.  So what a vCPU registers and calls does not depend on what
 * others do at the same time.
 */
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "guest/kvm2007/vcpu_pages.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "x86/insn.h"

#define CALLS    20   /* by each vCPU, to see that they work */
#define STAYS_32 12   /* stays in legacy mode, by each vCPU */
#define RACES    1200 /* calls of all vCPUs together, to see a race, which takes a coincidence */

static unsigned races(const struct run *run)
{
	return RACES / run->vcpus + 1;
}

static void register_own(struct run *run, struct vcpu_pages *own)
{
	vcpu_pages_register(own, KVM2007_API_VERSION);
	expect_success(run, &own->answer, &own->site);
}

/* A call with noise in all registers. */
static bool make_call(struct run *run, const struct vcpu_pages *own, struct outcome *outcome)
{
	struct gprs gprs = noise_gprs();

	gprs.rax = 0;
	gprs.rflags |= random64() & (ARITHMETIC_FLAGS | RFLAGS_DF);
	hypercall64_gprs(&own->site, &gprs, outcome);
	return expect_returned(run, "call", outcome);
}

static void call_own(struct run *run, struct vcpu_pages *own)
{
	struct outcome outcome;

	if (make_call(run, own, &outcome))
		expect_equal(run, "rax", outcome.after.rax, (uint64_t)-KVM2007_EINVAL);
}

static void call_preserving(struct run *run, struct vcpu_pages *own)
{
	struct outcome outcome;

	if (make_call(run, own, &outcome))
		expect_registers_kept(run, &outcome, GPR_BIT(rax));
}

static void call_echo(struct run *run, struct vcpu_pages *own)
{
	expect_random_echo(run, &own->site);
}

/*
 * In each turn half of the vCPUs: those whose numbers have a certain bit clear, or set.  For any
 * two vCPUs there is a turn that has only one of them.
 */
static unsigned turn;

static bool is_in_turn(unsigned id)
{
	return (id >> turn / 2 & 1) == (turn & 1);
}

static void register_in_turn(struct run *run, struct vcpu_pages *own)
{
	if (is_in_turn(this_cpu()->id))
		register_own(run, own);
}

static void register_if_first(struct run *run, struct vcpu_pages *own)
{
	if (!this_cpu()->id)
		register_own(run, own);
}

static bool register_all(struct run *run)
{
	vcpu_pages_reset(run);
	return on_each_vcpu(run, register_own);
}

static void expect_own_pages(struct run *run, struct vcpu_pages *own)
{
	expect(run, own == this_cpu()->own, "wanted a vCPU's own pages");
}

/* All vCPUs that the user wants start, and return from a function. */
static void start(struct run *run)
{
	unsigned n = vcpus_start(run);
	unsigned wanted = (unsigned)run->options.cpus;
	const char *why = processors_why();

	if (why && n < wanted) /* the host broke no promise */
		panic("vCPUs: wanted %u (cpus=), got %u: %s", wanted, n, why);
	expect(run, !wanted || n == wanted, "vCPUs: wanted %u, got %u", wanted, n);
	if (n > 1) {
		tap_diag("vCPUs: %u", n);
		on_each_vcpu(run, expect_own_pages);
	} else if (!run->failed) {
		if (why)
			tap_diag("vCPUs: 1: %s", why);
		skip(run, one_vcpu_reason);
	}
}

static void register_late(struct run *run, struct vcpu_pages *own)
{
	struct outcome read;
	uint64_t gpa;

	interact_rdmsr(KVM2007_MSR_API_MAGIC, &read);
	gpa = (uint32_t)read.after.rax | read.after.rdx << 32;
	for (unsigned id = 0; id < run->vcpus && !read.faulted; id++)
		expect(run, gpa != (uint64_t)&vcpu_pages(id)->state,
		       "RDMSR: wanted no page, got vCPU %u's", id);
	register_own(run, own);
}

static void register_others_late(struct run *run, struct vcpu_pages *own)
{
	if (this_cpu()->id && is_in_turn(this_cpu()->id))
		register_late(run, own);
}

/*
 * S7: a vCPU that has not registered has no page, even if others have; and it can register later.
 * No check before this one may register the other vCPUs: they can't unregister (S8).
 */
static void late(struct run *run)
{
	vcpu_pages_reset(run);
	on_each_vcpu(run, register_if_first);
	for (turn = 0; turn < 2; turn++)
		on_each_vcpu(run, register_others_late);
	expect_vcpu_pages_untouched(run);
}

/* S7: each vCPU registers its own page, which changes no other vCPU's. */
static void pages(struct run *run)
{
	for (turn = 0; (run->vcpus - 1) >> turn / 2 && !run->failed; turn++) {
		vcpu_pages_reset(run);
		on_each_vcpu(run, register_in_turn);
		expect_vcpu_pages_untouched(run);
	}
	if (!run->failed && race_vcpus(run, register_own, races(run) / 4))
		expect_vcpu_pages_untouched(run);
}

static bool is_last(const struct run *run)
{
	return this_cpu()->id == run->vcpus - 1;
}

/* The last vCPU's own site is not patched. */
static void call_patched(struct run *run, struct vcpu_pages *own)
{
	call_own(run, is_last(run) ? vcpu_pages(0) : own);
}

static void refuse_last(struct run *run, struct vcpu_pages *own)
{
	call_patched(run, own);
	if (is_last(run)) {
		vcpu_pages_register(own, UINT32_MAX);
		expect_refusal(run, &own->answer, &own->site);
	}
}

/* S7: a refusal of one vCPU does not change the others' pages and calls. */
static void refusal(struct run *run)
{
	if (!needs_newer(run))
		return;
	if (!register_all(run))
		return;
	for (unsigned id = 0; id < run->vcpus; id++)
		vcpu_pages_prepare(vcpu_pages(id), KVM2007_API_VERSION);
	vcpu_pages(run->vcpus - 1)->site = make_site(PAGE_SITE_B, 0x200);
	if (race_vcpus(run, refuse_last, CALLS)) /* at the same time; and later: */
		on_each_vcpu(run, call_patched);
	expect_vcpu_pages_untouched(run);
}

/* P1: each vCPU calls through a site of its own. */
static void own_sites(struct run *run)
{
	if (register_all(run))
		race_vcpus(run, call_own, CALLS);
}

/* P1: all vCPUs register one site, and call through it. */
static void shared_site(struct run *run)
{
	vcpu_pages_reset(run);
	vcpu_pages_share_site(run, make_site(PAGE_SITE_B, 0x100));
	if (on_each_vcpu(run, register_own))
		race_vcpus(run, call_own, CALLS);
}

static void expect_own_undefined(struct run *run, struct vcpu_pages *own)
{
	expect_undefined(run, &own->site);
}

/* Code that another CPU changed is visible after a serializing instruction: SDM volume 3, 9.1.3. */
static void call_after_serializing(struct run *run, struct vcpu_pages *own)
{
	WRITE_REG(cr3, READ_REG(cr3));
	call_own(run, own);
}

/* P5: every vCPU executes the new bytes, even if it has executed the old ones. */
static void hot_site(struct run *run)
{
	if (!register_all(run))
		return;
	vcpu_pages_share_site(run, make_site(PAGE_SITE_B, 0x300));
	if (race_vcpus(run, expect_own_undefined, 50) && on_each_vcpu(run, register_if_first))
		race_vcpus(run, call_after_serializing, 2);
}

/* C1: the arguments of each vCPU arrive, and it gets its own result. */
static void echo(struct run *run)
{
	if (register_all(run))
		race_vcpus(run, call_echo, races(run));
}

static void odd_register_even_call(struct run *run, struct vcpu_pages *own)
{
	if (this_cpu()->id & 1)
		register_own(run, own);
	else
		call_preserving(run, own);
}

/* S6: a vCPU may register again, while others call. */
static void re_register(struct run *run)
{
	if (register_all(run) && race_vcpus(run, odd_register_even_call, races(run)))
		expect_vcpu_pages_untouched(run);
}

static void odd_legacy_even_long(struct run *run, struct vcpu_pages *own)
{
	if (this_cpu()->id & 1) {
		expect_echoes32(run, &own->site, 1);
		return;
	}
	for (unsigned i = 0; i < STAYS_32; i++)
		expect_random_echo(run, &own->site);
}

/* C1, C32.1: the mode of the calling vCPU decides which convention it uses. */
static void conventions(struct run *run)
{
	if (register_all(run))
		race_vcpus(run, odd_legacy_even_long, STAYS_32);
}

/* C2: no register but RAX changes, whatever the registers of other vCPUs hold. */
static void preserves_gprs(struct run *run)
{
	if (register_all(run))
		race_vcpus(run, call_preserving, races(run));
}

static const struct check checks[] = {
	{"vcpu.start", "S7", .body = start},
	/* The first check that registers the other vCPUs. */
	{"vcpu.late", "S7", CHECK_VCPUS, .body = late},
	{"vcpu.pages", "S7", CHECK_VCPUS, .body = pages},
	{"vcpu.refusal", "S7", CHECK_VCPUS, .body = refusal},
	{"vcpu.own-sites", "P1", CHECK_VCPUS, .body = own_sites},
	{"vcpu.shared-site", "P1", CHECK_VCPUS, .body = shared_site},
	{"vcpu.hot-site", "P5", CHECK_VCPUS, .body = hot_site},
	{"vcpu.echo", "C1", CHECK_VCPUS | CHECK_ECHO, .body = echo},
	{"vcpu.re-register", "S6", CHECK_VCPUS, .body = re_register},
	{"vcpu.conventions", "C32.1", CHECK_VCPUS | CHECK_ECHO | CHECK_LEGACY, .body = conventions},
	{"vcpu.keeps-gprs", "C2", CHECK_VCPUS, .body = preserves_gprs},
};

const struct area vcpu_area = AREA(checks);
