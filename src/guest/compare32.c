/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/compare32.h"

#include "guest/compare.h"

struct outcome outcome32(const struct call32 *call)
{
	return (struct outcome){.faulted = call->faulted,
				.fault = {.vector = call32_vector(call),
					  .error = call->fault_error,
					  .rip = call->fault_eip}};
}

bool expect_returned32(struct run *run, const struct call32 *call)
{
	struct outcome o;

	if (!call->faulted)
		return true;
	o = outcome32(call);
	return expect_returned(run, "call", &o);
}

static struct gprs low_halves(const struct gprs *gprs)
{
	struct gprs low = {0};
	const uint64_t *from = &gprs->rax;
	uint64_t *to = &low.rax;

	for (unsigned i = 0; i < 8; i++)
		to[i] = (uint32_t)from[i];
	return low;
}

void expect_gprs32(struct run *run, const struct call32 *call)
{
	struct gprs before = low_halves(&call->in);
	struct gprs after = low_halves(&call->out);

	expect_gprs(run, &before, &after, GPR_BIT(rax));
}

void expect_segments32(struct run *run, const struct call32 *call)
{
	static const char names[][3] = {"cs", "ss", "ds", "es", "fs", "gs"};
	static const char used[][3] = {"ss", "es", "fs", "gs"}; /* in the order of through */

	for (unsigned i = 0; i < 6; i++)
		expect_equal(run, names[i], call->segments[i], call32_segments[i]);
	for (unsigned i = 0; i < 4; i++)
		expect(run, call->through[i] == call->target,
		       "%s: wanted base, limit and rights kept, got %#x for %#x from memory",
		       used[i], call->through[i], call->target);
	expect_equal(run, "fs_base", call->out_fs_base, 0);
	expect_equal(run, "gs_base", call->out_gs_base, 0);
}

void expect_control32(struct run *run, const struct call32 *call)
{
	expect_equal(run, "cr0", call->out_cr0, call->cr0);
	expect_equal(run, "cr3", call->out_cr3, call->cr3);
	expect_equal(run, "cr4", call->out_cr4, call->cr4);
	if (!call->next)
		expect_equal(run, "efer", call->out_efer, call->efer);
}

void expect_preserved32(struct run *run, const struct call32 *call)
{
	expect_gprs32(run, call);
	expect_flags(run, call->in.rflags, call->out.rflags);
	expect_segments32(run, call);
	expect_control32(run, call);
}
