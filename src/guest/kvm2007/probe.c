/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * D1-D3, S1: the magic MSR is the probe for a host, its neighbours are not, and an access to it
 * changes no more than any RDMSR or WRMSR does.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "x86/defs.h"

static void presence(struct run *run)
{
	const struct first_contact *first = &first_contact;

	expect(run, first->answered, "WRMSR of the magic: wanted the page written, got no answer");
	if (first->answered)
		tap_diag("host: version %u, RDMSR %s", first->host_version,
			 first->rdmsr.faulted ? "faults" : "answers");
}

static void rdmsr_returns(struct run *run)
{
	expect_returned(run, "RDMSR of the magic", &first_contact.rdmsr);
}

static void expect_no_side_effects(struct run *run, const char *what, const struct outcome *o,
				   unsigned written)
{
	if (o->faulted)
		expect_gp(run, what, o);
	expect_registers_kept(run, o, written);
}

static void rdmsr_clean(struct run *run)
{
	struct outcome rdmsr;

	interact_rdmsr(KVM2007_MSR_API_MAGIC, &rdmsr);
	expect_no_side_effects(run, "RDMSR of the magic", &rdmsr, GPR_BIT(rax) | GPR_BIT(rdx));
}

static void wrmsr_clean(struct run *run)
{
	struct site site = fresh_site();
	struct answer answer;

	register_site(&site, &answer);
	expect_no_side_effects(run, "WRMSR of the magic", &answer.wrmsr, 0);
	expect_kept(run, PAGE_STATE_A, STATE_HEAD, PAGE_SIZE);

	register_gpa(page_gpa(PAGE_STATE_A) + 8, &answer);
	expect_no_side_effects(run, "WRMSR of a misaligned gpa", &answer.wrmsr, 0);
}

static uint64_t rdmsr_value(const struct outcome *o)
{
	return (uint32_t)o->after.rax | o->after.rdx << 32;
}

/* D3: a host may answer for any MSR that it does not know, but not with the magic's value. */
static void neighbour_rdmsr(struct run *run)
{
	struct outcome magic, neighbour;
	struct site site = fresh_site();
	struct answer answer;

	register_site(&site, &answer);
	interact_rdmsr(KVM2007_MSR_API_MAGIC, &magic);
	for (int distance = -1; distance <= 1; distance += 2) {
		interact_rdmsr(KVM2007_MSR_API_MAGIC + (uint32_t)distance, &neighbour);
		if (neighbour.faulted || magic.faulted)
			continue;
		expect(run, !rdmsr_value(&magic) || rdmsr_value(&neighbour) != rdmsr_value(&magic),
		       "RDMSR of magic %d: wanted another answer than the magic's", distance);
	}
}

static void neighbour_wrmsr(struct run *run)
{
	expect(run, !first_contact.neighbour_answered,
	       "WRMSR of a neighbour: wanted page and site as they were, got them written");
}

static const struct check checks[] = {
	{"probe.presence", "D2", .body = presence},
	{"probe.rdmsr", "D1", .body = rdmsr_returns, .todo = TODO_DEVIATION},
	{"probe.rdmsr-clean", "D1", .body = rdmsr_clean},
	{"probe.wrmsr-clean", "S1", .body = wrmsr_clean},
	{"probe.neighbour-rdmsr", "D3", .body = neighbour_rdmsr},
	{"probe.neighbour-wrmsr", "D3", .body = neighbour_wrmsr},
};

const struct area probe_area = AREA(checks);
