/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S7, and what follows from it: a page belongs to one vCPU, and what one vCPU registers and calls
 * does not depend on what the others do at the same time.
 */
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/vcpu_pages.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "x86/insn.h"

/* How many times: enough to see that it works; and enough for races, which need a coincidence. */
#define CALLS    20
#define RACES    1200 /* by all vCPUs together */
#define STAYS_32 12

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

	if (make_call(run, own, &outcome)) {
		expect_gprs(run, &outcome.before, &outcome.after, GPR_BIT(rax));
		expect_flags(run, outcome.before.rflags, outcome.after.rflags);
	}
}

static void call_echo(struct run *run, struct vcpu_pages *own)
{
	expect_random_echo(run, &own->site);
}

/*
 * Half of the vCPUs: those whose numbers have one bit set, or clear.  For any two vCPUs there is a
 * turn of only one of them.
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

/* Every vCPU registers its site. */
static bool register_all(struct run *run)
{
	vcpu_pages_reset(run);
	return on_each_vcpu(run, register_own, 1);
}

static void expect_own_pages(struct run *run, struct vcpu_pages *own)
{
	expect(run, own == this_cpu()->own, "wanted a vCPU's own pages");
}

/* All the vCPUs that the user wants start, and return from a function. */
static void start(struct run *run)
{
	unsigned n = vcpus_start(run);
	unsigned wanted = (unsigned)run->options.cpus;
	const char *why = processors_why();

	if (why && n < wanted) /* no promise of the host's is broken */
		panic("vCPUs: wanted %u (cpus=), got %u: %s", wanted, n, why);
	expect(run, !wanted || n == wanted, "vCPUs: wanted %u, got %u", wanted, n);
	if (n > 1) {
		tap_diag("vCPUs: %u", n);
		on_each_vcpu(run, expect_own_pages, 1);
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
		expect(run, vcpu_pages(id) == own || gpa != (uint64_t)&vcpu_pages(id)->state,
		       "RDMSR: wanted no other's page, got vCPU %u's", id);
	register_own(run, own);
}

static void register_others_late(struct run *run, struct vcpu_pages *own)
{
	if (this_cpu()->id && is_in_turn(this_cpu()->id))
		register_late(run, own);
}

/*
 * S7: a vCPU that has not registered has no page, even if others have; and it can register later.
 * No check before may register these vCPUs, for there is no way to unregister (S8).
 */
static void late(struct run *run)
{
	vcpu_pages_reset(run);
	on_each_vcpu(run, register_if_first, 1);
	for (turn = 0; turn < 2; turn++)
		on_each_vcpu(run, register_others_late, 1);
	expect_vcpu_pages_untouched(run);
}

/* S7: each vCPU registers its own page, which does not touch another vCPU's. */
static void pages(struct run *run)
{
	for (turn = 0; (run->vcpus - 1) >> turn / 2 && !run->failed; turn++) {
		vcpu_pages_reset(run);
		on_each_vcpu(run, register_in_turn, 1);
		expect_vcpu_pages_untouched(run);
	}
	if (!run->failed && on_each_vcpu(run, register_own, races(run) / 4))
		expect_vcpu_pages_untouched(run);
}

static void call_unless_last(struct run *run, struct vcpu_pages *own)
{
	if (this_cpu()->id < run->vcpus - 1)
		call_own(run, own);
}

static void refuse_last(struct run *run, struct vcpu_pages *own)
{
	call_unless_last(run, own);
	if (this_cpu()->id == run->vcpus - 1) {
		vcpu_pages_register(own, UINT32_MAX);
		expect_refusal(run, &own->answer, &own->site);
	}
}

/* S7: one vCPU is refused; the others' pages and calls are as before. */
static void refusal(struct run *run)
{
	if (!register_all(run))
		return;
	for (unsigned id = 0; id < run->vcpus; id++)
		vcpu_pages_prepare(vcpu_pages(id), KVM2007_API_VERSION);
	vcpu_pages(run->vcpus - 1)->site = make_site(PAGE_SITE_B, 0x200);
	if (on_each_vcpu(run, refuse_last, CALLS)) /* meanwhile, and afterwards */
		on_each_vcpu(run, call_unless_last, 1);
	expect_vcpu_pages_untouched(run);
}

/* P1: the host patches the site, with a site for each vCPU. */
static void own_sites(struct run *run)
{
	if (register_all(run))
		on_each_vcpu(run, call_own, CALLS);
}

/* P1: likewise, with one site for all vCPUs. */
static void shared_site(struct run *run)
{
	vcpu_pages_reset(run);
	vcpu_pages_share_site(run, make_site(PAGE_SITE_B, 0x100));
	if (on_each_vcpu(run, register_own, 1))
		on_each_vcpu(run, call_own, CALLS);
}

static void expect_own_undefined(struct run *run, struct vcpu_pages *own)
{
	expect_undefined(run, &own->site);
}

/* A serializing instruction makes code visible that another CPU changed: SDM volume 3, 9.1.3. */
static void call_after_serializing(struct run *run, struct vcpu_pages *own)
{
	WRITE_REG(cr3, READ_REG(cr3));
	call_own(run, own);
}

/* P5: every vCPU sees the new bytes, even if it has executed the old ones. */
static void hot_site(struct run *run)
{
	if (!register_all(run))
		return;
	vcpu_pages_share_site(run, make_site(PAGE_SITE_B, 0x300));
	if (on_each_vcpu(run, expect_own_undefined, 50) && on_each_vcpu(run, register_if_first, 1))
		on_each_vcpu(run, call_after_serializing, 2);
}

/* C1: each vCPU's parameters arrive, and its result comes back to it. */
static void echo(struct run *run)
{
	if (register_all(run))
		on_each_vcpu(run, call_echo, races(run));
}

static void odd_register_even_call(struct run *run, struct vcpu_pages *own)
{
	if (this_cpu()->id & 1)
		register_own(run, own);
	else
		call_preserving(run, own);
}

/* S6: registration may be repeated, while others call. */
static void re_register(struct run *run)
{
	if (register_all(run) && on_each_vcpu(run, odd_register_even_call, races(run)))
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

/* C1 and C32.1: the convention depends on the mode of the vCPU that calls. */
static void conventions(struct run *run)
{
	if (register_all(run))
		on_each_vcpu(run, odd_legacy_even_long, STAYS_32);
}

/* C2: no other register changes, whatever is in the registers of other vCPUs. */
static void preserves_gprs(struct run *run)
{
	if (register_all(run))
		on_each_vcpu(run, call_preserving, races(run));
}

static const struct check checks[] = {
	{"vcpu.start", "S7", .body = start},
	/* Next, because afterwards every vCPU has registered. */
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
