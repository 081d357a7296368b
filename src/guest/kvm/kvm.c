/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Today's ABI, with its areas of checks in the order in which they run.  Names of checks never
 * change: logs, options and other people's scripts hold them.
 */
#include <stddef.h>

#include "guest/kvm/checks.h"

static const struct area *const areas[] = {
	&cpuid_area,         &msr_area,       &msr_kept_area, &wallclock_area, &kvmclock_area,
	&kvmclock_time_area, &steal_area,     &poll_area,     &migration_area, &pveoi_area,
	&eoi_area,           &asyncpf_area,   &wake_area,     &away_area,      &vmcall_area,
	&vmcall32_area,      &calls_area,     &pairing_area,  &smp_eoi_area,   &smp_msr_area,
	&smp_clock_area,     &smp_steal_area, &smp_init_area, &smp_calls_area, &smp_send_area,
	&smp_kick_area,      &kvm_end_area,   NULL,
};

static const struct check *check(unsigned n)
{
	static struct place place;

	return areas_check(areas, &place, n);
}

static void map_pages(void)
{
	static const enum page_use uses[PAGES] = {
		[PAGE_SITE_A] = PAGE_CODE,
		[PAGE_SITE_B] = PAGE_MIXED,
	};

	pages_map(uses);
}

static const struct check discovery = {"kvm-discovery", "KD1", .body = kvm_discover};
static const struct check call_check = {"kvm-sane-call", "KC1", .body = kvm_sane_call};
static const struct check diagnostics = {"kvm-diagnostics", "KD7", .body = kvm_report};

static const char *const todo_reasons[] = {
	[TODO_NEWER] = "a newer host may have assigned it",
};

const struct guest_abi kvm_abi = {
	.name = "kvm",
	.host = &kvm_host,
	.check = check,
	.todo_reasons = todo_reasons,
	.map_pages = map_pages,
	.discovery = &discovery,
	.diagnostics = &diagnostics,
	.sane_call = &call_check,
};
