/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/access.h"

#include <stddef.h>

#include "guest/kvm/checks.h"
#include "lib/printf.h"
#include "x86/defs.h"

/*
 * The name of an access is only made when it is needed: formatting costs more than all the rest.
 */
#define WHAT_MAX 64

static const char *name_access(char what[WHAT_MAX], uint32_t msr, const uint64_t *value)
{
	if (value)
		format(what, WHAT_MAX, "WRMSR of %#x, value %#lx", msr, *value);
	else
		format(what, WHAT_MAX, "RDMSR of %#x", msr);
	return what;
}

bool get_msr(struct run *run, uint32_t msr, uint64_t *value)
{
	char what[WHAT_MAX];
	struct outcome o;

	interact_rdmsr(msr, &o);
	if (o.faulted)
		return expect_returned(run, name_access(what, msr, NULL), &o);
	expect(run, !((o.after.rax | o.after.rdx) >> 32),
	       "RDMSR of %#x: wanted the upper halves of RAX and RDX 0, got rax %#lx rdx %#lx", msr,
	       o.after.rax, o.after.rdx);
	*value = (uint32_t)o.after.rax | o.after.rdx << 32;
	return true;
}

bool set_msr(struct run *run, uint32_t msr, uint64_t value)
{
	char what[WHAT_MAX];
	struct outcome o;

	interact_wrmsr(msr, value, &o);
	return !o.faulted || expect_returned(run, name_access(what, msr, &value), &o);
}

void expect_msr(struct run *run, uint32_t msr, uint64_t wanted)
{
	uint64_t got;

	if (get_msr(run, msr, &got))
		expect(run, got == wanted, "RDMSR of %#x: wanted %#lx, got %#lx", msr, wanted, got);
}

bool expect_gp_or_0(struct run *run, uint32_t msr)
{
	struct outcome o;

	interact_rdmsr(msr, &o);
	if (o.faulted)
		expect_gp(run, "RDMSR", &o);
	else
		expect(run, !((uint32_t)o.after.rax | (uint32_t)o.after.rdx),
		       "RDMSR of %#x: wanted #GP(0) or 0, got edx %#x eax %#x", msr,
		       (uint32_t)o.after.rdx, (uint32_t)o.after.rax);
	return !o.faulted;
}

void expect_refused(struct run *run, uint32_t msr, uint64_t value)
{
	char what[WHAT_MAX];
	struct outcome o;

	interact_wrmsr(msr, value, &o);
	if (!o.faulted || o.fault.vector != VECTOR_GP || o.fault.error)
		expect_gp(run, name_access(what, msr, &value), &o);
}

void expect_bits_refused(struct run *run, uint32_t msr, uint64_t good, uint64_t reserved)
{
	for (unsigned i = 0; i < 64 && !run->failed; i++) {
		if (reserved & BIT(i))
			expect_refused(run, msr, good | BIT(i));
	}
	set_msr(run, msr, good);
}

void refill(void)
{
	page_refill(PAGE_A, 0, AROUND);
	page_refill(PAGE_B, 0, AROUND);
}

void expect_written(struct run *run, unsigned page, unsigned from, unsigned to)
{
	expect(run, !page_untouched(page, from, to),
	       "gpa %#lx: wanted the structure written, got nothing", page_gpa(page) + from);
}

uint64_t outside_gpa(void)
{
	uint64_t addresses[ADDRESSES_MAX];

	outside_addresses(addresses);
	return addresses[0];
}
