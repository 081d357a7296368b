/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/access.h"

#include "guest/kvm/checks.h"
#include "lib/printf.h"
#include "x86/defs.h"

#define WHAT_MAX 64

static void name_access(char what[WHAT_MAX], uint32_t msr, uint64_t value)
{
	format(what, WHAT_MAX, "WRMSR of %#x, value %#lx", msr, value);
}

bool get_msr(struct run *run, uint32_t msr, uint64_t *value)
{
	char what[WHAT_MAX];
	struct outcome o;

	interact_rdmsr(msr, &o);
	format(what, sizeof(what), "RDMSR of %#x", msr);
	if (!expect_returned(run, what, &o))
		return false;
	expect_registers_kept(run, &o, GPR_BIT(rax) | GPR_BIT(rdx));
	expect(run, !(o.after.rax >> 32) && !(o.after.rdx >> 32),
	       "%s: wanted the upper halves of RAX and RDX 0, got rax %#lx rdx %#lx", what,
	       o.after.rax, o.after.rdx);
	*value = (uint32_t)o.after.rax | o.after.rdx << 32;
	return true;
}

bool set_msr(struct run *run, uint32_t msr, uint64_t value)
{
	char what[WHAT_MAX];
	struct outcome o;

	interact_wrmsr(msr, value, &o);
	name_access(what, msr, value);
	if (!expect_returned(run, what, &o))
		return false;
	expect_registers_kept(run, &o, 0);
	return true;
}

void expect_msr(struct run *run, uint32_t msr, uint64_t wanted)
{
	char what[WHAT_MAX];
	uint64_t got;

	format(what, sizeof(what), "RDMSR of %#x", msr);
	if (get_msr(run, msr, &got))
		expect_equal(run, what, got, wanted);
}

void expect_refused(struct run *run, uint32_t msr, uint64_t value)
{
	char what[WHAT_MAX];
	struct outcome o;

	interact_wrmsr(msr, value, &o);
	name_access(what, msr, value);
	expect_gp(run, what, &o);
}

void expect_bits_refused(struct run *run, uint32_t msr, uint64_t good, uint64_t reserved)
{
	for (unsigned i = 0; i < 64 && !run->failed; i++) {
		if (reserved & BIT(i))
			expect_refused(run, msr, good | BIT(i));
	}
	set_msr(run, msr, good);
}

uint64_t outside_gpa(void)
{
	uint64_t addresses[ADDRESSES_MAX];

	outside_addresses(addresses);
	return addresses[0];
}
