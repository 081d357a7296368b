/* SPDX-License-Identifier: GPL-2.0-only */
/* KH7: what hosts do with calls in different ways, none of which is wrong. */
#include "guest/kvm/checks.h"
#include "guest/kvm/hypercall.h"

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
	if (calls_came_back())
		report_map_gpa();
}
