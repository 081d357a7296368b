/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/hypercall.h"

#include <stddef.h>

#include "guest/compare32.h"
#include "guest/kvm/checks.h"
#include "guest/select.h"
#include "guest/vcpu.h"
#include "guest/vendor.h"
#include "guest/watchdog.h"

/* The rule that is broken if a kind does not return; all are known to be about calls. */
static const struct check kinds[CALL_KINDS] = {
	[CALL_NATIVE] = {.name = "call", .rule = "KC1"},
	[CALL_OTHER] = {.name = "call by the other vendor's instruction", .rule = "KC7"},
	[CALL_OTHER_READ_ONLY] = {.name = "the same on a read-only page", .rule = "KC8"},
	[CALL_USER] = {.name = "call from CPL 3", .rule = "KC6"},
	[CALL_COMPATIBILITY] = {.name = "call from compatibility mode", .rule = "KC32.1"},
	[CALL_UNPAGED] = {.name = "call from legacy mode without paging", .rule = "KC32.1"},
	[CALL_PAGED] = {.name = "call from legacy mode with paging", .rule = "KC32.1"},
	[CALL_PAE] = {.name = "call from legacy mode with PAE", .rule = "KC32.1"},
};

static void expect_machine_kept(struct run *run)
{
	const struct outcome *o = &last_call.outcome;
	unsigned groups = ALL_GROUPS;

	if (is_legacy_call(last_call.kind)) {
		expect_preserved32(run, &last_call.legacy);
		expect_groups(run, &last_call.machine, LEGACY_GROUPS);
		return;
	}
	if (last_call.kind == CALL_USER) /* IRET to CPL 3 clears what is not for CPL 3 */
		groups &= ~(GROUP_BIT(SEGMENTS) | GROUP_BIT(BASES));
	expect_registers_kept(run, o, GPR_BIT(rax));
	expect_groups(run, &last_call.machine, groups);
}

/* A failure is one of KC3, not of what the check is about. */
static void expect_call_kept(struct run *run)
{
	static const struct check kept = {.name = "call", .rule = "KC3"};
	const struct check *check = run->check;

	run->check = &kept;
	expect_machine_kept(run);
	if (!run->failed)
		run->check = check;
}

struct gprs call_gprs(uint64_t index, const uint64_t args[4])
{
	struct gprs gprs = noise_gprs();

	gprs.rax = index;
	if (args) {
		gprs.rbx = args[0];
		gprs.rcx = args[1];
		gprs.rdx = args[2];
		gprs.rsi = args[3];
	}
	return gprs;
}

/* The first call of each kind, if there was one. */
static struct outcome first[CALL_KINDS];
static bool tried[CALL_KINDS];

bool calls_came_back(void)
{
	return tried[CALL_NATIVE] && !first[CALL_NATIVE].faulted;
}

static const char *why_not(const struct run *run, enum call_kind kind, bool watched)
{
	if (vendor_by_name() == VENDOR_UNKNOWN)
		return "unknown CPU vendor";
	if (is_legacy_call(kind) && !interact_mode32_works((enum mode32)(kind - CALL_UNPAGED)))
		return "this mode faults without a call";
	if (!watched && !run->options.strict && !is_named(run->check, &run->options))
		return "no timer, which would end a call that never returns";
	return NULL;
}

const struct outcome *first_call(struct run *run, enum call_kind kind)
{
	struct gprs gprs = call_gprs(KVM_HC_VAPIC_POLL_IRQ, NULL);
	const char *why;
	bool watched;

	if (tried[kind])
		return &first[kind];
	watched = watchdog_start();
	watchdog_stop();
	why = why_not(run, kind, watched);
	if (why) {
		skip(run, why);
		return NULL;
	}
	if (watched)
		gprs.rflags |= RFLAGS_IF;
	comparison_more(false);
	make_call(kind, CALL_OFFSET, &gprs);
	tried[kind] = true;
	first[kind] = last_call.outcome;
	if (!first[kind].faulted)
		expect_call_kept(run);
	return &first[kind];
}

/* A failure is one of the rule that there are such calls. */
bool calls_return(struct run *run, enum call_kind kind)
{
	const struct outcome *o = first_call(run, kind);
	const struct check *check = run->check;

	if (!o || run->failed)
		return false;
	run->check = &kinds[kind];
	if (!expect_returned(run, kinds[kind].name, o))
		return false;
	run->check = check;
	return true;
}

static bool return_kept(struct run *run, uint64_t *result)
{
	if (!expect_returned(run, "call", &last_call.outcome))
		return false;
	expect_call_kept(run);
	expect(run, site_has(last_call.kind), "the instruction: wanted it kept, got it changed");
	if (run->failed)
		check_diag("%s, index %#lx", kinds[last_call.kind].name,
			   last_call.outcome.before.rax);
	*result = last_call.outcome.after.rax;
	return !run->failed;
}

bool hypercall_at(struct run *run, enum call_kind kind, unsigned offset, uint64_t index,
		  const uint64_t args[4], uint64_t *result)
{
	struct gprs gprs = call_gprs(index, args);
	uint64_t noisy = COMPARED_FLAGS & ~RFLAGS_IF;

	if (!calls_return(run, kind))
		return false;
	if (kind == CALL_USER) /* which a host may run in a way of its own, without these */
		noisy &= ~(RFLAGS_IOPL | RFLAGS_NT);
	gprs.rflags |= random_flags() & noisy;
	make_call(kind, offset, &gprs);
	return return_kept(run, result);
}

bool hypercall(struct run *run, enum call_kind kind, uint64_t index, const uint64_t args[4],
	       uint64_t *result)
{
	return hypercall_at(run, kind, CALL_OFFSET, index, args, result);
}

bool result_of(struct run *run, const struct outcome *o, uint64_t *result)
{
	if (!expect_returned(run, "call", o))
		return false;
	expect_registers_kept(run, o, GPR_BIT(rax));
	*result = o->after.rax;
	return !run->failed;
}

bool hypercall_bare(struct run *run, uint64_t rflags, uint64_t index, const uint64_t args[4],
		    uint64_t *result)
{
	struct gprs gprs = call_gprs(index, args);

	if (!calls_return(run, CALL_NATIVE))
		return false;
	gprs.rflags |= rflags;
	make_bare_call(&gprs);
	return result_of(run, &last_call.outcome, result);
}

void expect_call(struct run *run, enum call_kind kind, uint64_t index, const uint64_t args[4],
		 uint64_t wanted)
{
	uint64_t result;

	if (kind >= CALL_COMPATIBILITY)
		wanted = (uint32_t)wanted;
	if (hypercall(run, kind, index, args, &result))
		expect(run, result == wanted, "%s, index %#lx: wanted %#lx, got %#lx",
		       kinds[kind].name, index, wanted, result);
}
