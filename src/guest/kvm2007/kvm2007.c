/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI of 2007, with its areas of checks in the order in which they run.  Names of checks never
 * change: logs, options and other people's scripts hold them.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"

static const struct area *const areas[] = {
	&probe_area,
	&state_area,
	&register_area,
	&first_call_area,
	&patch_area,
	&hypercall64_area,
	&preserves_area,
	&hypercall32_area,
	&echo_area,
	&every_call_area,
	&later_area,
	&nothing_else_area,
	&memory_all_area,
	&memory_area,
	&any_registration_area,
	&rare_state_area,
	&value_area,
	&anywhere_area,
	&vcpu_area,
	&vcpu_register_area,
	&vcpu_call_area,
	&end_area,
	NULL,
};

static const struct check *check(unsigned n)
{
	static struct place place;

	return areas_check(areas, &place, n);
}

static void map_pages(void)
{
	pages_map(kvm2007_pages);
}

static const struct check discovery = {"discovery", "D2", .body = discover};
static const struct check call_check = {"sane-call", "C5", .body = sane_call};
static const struct check diagnostics = {"diagnostics", "C6", .body = report_other_modes};

static const char *const todo_reasons[] = {
	[TODO_ADVICE] = "recommended, not promised",
	[TODO_DEVIATION] = "every mainline host of the day faulted on RDMSR",
	[TODO_STRADDLING] = "may hit foreign memory: name it",
	[TODO_TAKES_LONG] = "takes long: name it",
};

const struct guest_abi kvm2007_abi = {
	.name = "kvm2007",
	.host = &kvm2007_host,
	.check = check,
	.todo_reasons = todo_reasons,
	.map_pages = map_pages,
	.discovery = &discovery,
	.diagnostics = &diagnostics,
	.sane_call = &call_check,
	.beside = &kvm2007_beside,
};
