/* SPDX-License-Identifier: GPL-2.0-only */
/* C2, C32.2: calls of each vCPU, of any index, change no register but RAX, and no page. */
#include "guest/abi.h"
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "guest/kvm2007/vcpu_pages.h"
#include "x86/defs.h"

#define CALLS 20 /* by each vCPU */

/* Registers all vCPUs, and writes sentinels to their pages again.  False: the check has failed. */
static void register_own(struct run *run, struct vcpu_pages *own)
{
	vcpu_pages_register(own, KVM2007_API_VERSION);
	expect_success(run, &own->answer, &own->site);
	vcpu_pages_prepare(own, KVM2007_API_VERSION);
}

static uint64_t some_index(const struct run *run)
{
	if (run->options.has_echo && random64() % 4 == 0)
		return run->options.echo;
	return random64() >> (33 + random64() % 31);
}

/* Any vCPU's site. */
static const struct site *some_site(const struct run *run)
{
	return &vcpu_pages((unsigned)(random64() % run->vcpus))->site;
}

static void compare_call(struct run *run, struct vcpu_pages *own)
{
	const uint64_t index = some_index(run);
	uint64_t result = (uint64_t)-KVM2007_EINVAL;
	struct comparison64 c;

	(void)own;
	compare_call64(&c, some_site(run), index, random_flags(), random64() % 16);
	if (run->options.has_echo && index == run->options.echo)
		result = echo_of(&c.call.before);
	expect_compared64(run, &c, result);
	expect_rdmsr_as_before(run);
}

static void compare_call_32(struct run *run, struct vcpu_pages *own)
{
	struct comparison c;
	struct call32 call;

	(void)own;
	comparison_begin(&c, random64() % 16);
	hypercall32(some_site(run), random64() % 2 ? MODE32_UNPAGED : MODE32_PAE,
		    (uint32_t)some_index(run), no_args, (uint32_t)random_flags(), &call);
	comparison_end(&c);
	if (!expect_returned32(run, &call))
		return;
	if (!run->options.has_echo || (uint32_t)call.in.rbx != run->options.echo)
		expect_equal(run, "eax", (uint32_t)call.out.rax, (uint32_t)-KVM2007_EINVAL);
	expect_preserved32(run, &call);
	expect_hidden_kept32(run, &call, &c);
}

static void register_32(struct run *run, struct vcpu_pages *own)
{
	struct call32 call;

	site_restore(&own->site);
	interact_wrmsr32(KVM2007_MSR_API_MAGIC, (uint64_t)&own->state, MODE32_UNPAGED, 0, &call);
	if (!expect_returned32(run, &call))
		return;
	expect_equal(run, "host_version", own->state.host_version, first_contact.host_version);
	expect_equal(run, "ret", own->state.ret, 0);
	expect_patched(run, &own->site);
	expect_preserved32(run, &call);
	vcpu_pages_prepare(own, KVM2007_API_VERSION);
}

static void on_all(struct run *run, vcpu_fn *first, vcpu_fn *calls)
{
	vcpu_pages_reset(run);
	if (on_each_vcpu(run, first) && race_vcpus(run, calls, CALLS))
		expect_vcpu_pages_untouched(run);
}

static void preserves(struct run *run)
{
	on_all(run, register_own, compare_call);
}

/* S1: and the registrations are from legacy mode, too. */
static void preserves_32(struct run *run)
{
	on_all(run, register_32, compare_call_32);
}

/* What else it changes is for other checks. */
static void register_and_call(struct run *run, struct vcpu_pages *own)
{
	struct comparison64 c;

	vcpu_pages_register(own, KVM2007_API_VERSION);
	compare_call64(&c, &own->site, some_index(run), 0, 0);
}

/* S10: what the guest never named is kept. */
static void memory(struct run *run)
{
	const uint64_t before = memory_sum();

	vcpu_pages_reset(run);
	race_vcpus(run, register_and_call, CALLS);
	expect(run, memory_sum() == before, "memory that no vCPU uses: wanted it kept");
}

/* What another ABI's checks do with this one: neither disturbs the other. */
static void expect_own_kept(struct run *run, struct vcpu_pages *own)
{
	expect(run, vcpu_state_untouched(own), "state page: wanted it kept");
	compare_call(run, own);
}

const struct beside kvm2007_beside = {vcpu_pages_reset, register_own, expect_own_kept};

static const struct check checks[] = {
	{"vcpu.register-any", "S6", CHECK_VCPUS, .body = register_any_vcpu},
	{"vcpu.keeps-all", "C2", CHECK_VCPUS, .body = preserves},
	{"vcpu.memory", "S10", CHECK_VCPUS | CHECK_NAMED, .body = memory, .todo = TODO_TAKES_LONG},
	{"vcpu.keeps-all-legacy", "C32.2", CHECK_VCPUS | CHECK_LEGACY, .body = preserves_32},
};

const struct area vcpu_call_area = AREA(checks);
