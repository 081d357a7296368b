/* SPDX-License-Identifier: GPL-2.0-only */
/* KC11, KH7: what hosts do with calls in different ways, none of which is wrong. */
#include "guest/kvm/checks.h"
#include "guest/kvm/hypercall.h"
#include "lib/string.h"

/* KC11: a single step over a call is a trap after it. */
static void report_step(void)
{
	static const uint8_t begin[] = {
		0x9c,                               /* PUSHFQ */
		0x48, 0x81, 0x0c, 0x24, 0, 1, 0, 0, /* OR QWORD [RSP], TF */
		0x9d,                               /* POPFQ: it counts from the next one on */
	};
	static const uint8_t end[] = {0x90, 0xc3}; /* NOP, RET */
	const unsigned after = sizeof(begin) + CALL_SIZE;
	uint8_t *code = page_bytes(PAGE_SITE_A);
	struct gprs gprs = noise_gprs();
	struct outcome o;

	memcpy(code, begin, sizeof(begin));
	memcpy(code + sizeof(begin), call_bytes(CALL_NATIVE), CALL_SIZE);
	memcpy(code + after, end, sizeof(end));
	gprs.rax = KVM_HC_VAPIC_POLL_IRQ;
	interact_call(page_entry(PAGE_SITE_A), &gprs, &o);
	if (!o.faulted || o.fault.vector != VECTOR_DB)
		report("vmcall.step", "no-trap");
	else
		report("vmcall.step", "%s", o.fault.rip == o.target + after ? "after" : "late");
}

/* KH7: what is wrong with a range, if the VMM wants to hear of them at all. */
static void report_map_gpa(void)
{
	const uint64_t wrong[][4] = {
		{page_gpa(PAGE_A) + 1, 1, 0, 0},
		{page_gpa(PAGE_A), 0, 0, 0},
		{page_gpa(PAGE_A), UINT64_MAX / PAGE_SIZE, 0, 0},
	};
	long results[3];

	for (unsigned i = 0; i < 3; i++) {
		struct gprs gprs = call_gprs(KVM_HC_MAP_GPA_RANGE, wrong[i]);

		make_bare_call(&gprs);
		if (last_call.outcome.faulted)
			return;
		results[i] = (long)last_call.outcome.after.rax;
	}
	report("calls.map-gpa", "misaligned %ld, empty %ld, wrapped %ld", results[0], results[1],
	       results[2]);
}

void calls_report(void)
{
	if (!calls_came_back())
		return;
	report_step();
	report_map_gpa();
}
