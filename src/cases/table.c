/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every check, in the order in which it runs.  Names are stable: logs, options and
 * other people's scripts hold them.  Rules are those of the ABI (README.md).
 */
#include "cases/cases.h"

static const char deviation[] = "every mainline host of the day faulted on RDMSR";
static const char robustness[] = "recommended, not promised";
static const char straddling[] =
	"a host of the day may hit foreign memory: name it in only=, or strict";

const struct check checks[] = {
	{"probe.presence", "D2", probe_presence, 0, NULL},
	{"probe.rdmsr", "D1", probe_rdmsr, CHECK_OPTIONAL, deviation},
	{"probe.rdmsr-clean", "D1", probe_rdmsr_clean, 0, NULL},
	{"probe.wrmsr-clean", "S1", probe_wrmsr_clean, 0, NULL},
	{"probe.neighbour-rdmsr", "D3", probe_neighbour_rdmsr, 0, NULL},
	{"probe.neighbour-wrmsr", "D3", probe_neighbour_wrmsr, 0, NULL},

	{"state.host-version", "S2", state_host_version, 0, NULL},
	{"state.host-version-refused", "S2", state_host_version_refused, 0, NULL},
	{"state.ret", "S3", state_ret, 0, NULL},
	{"state.ret-refused", "S3", state_ret_refused, 0, NULL},
	{"state.guest-fields", "S4", state_guest_fields, 0, NULL},
	{"state.rest", "S4", state_rest, 0, NULL},
	{"state.canaries", "S4", state_canaries, 0, NULL},
	{"state.size", "S4", state_size, 0, NULL},

	{"register.success", "V2", register_success, 0, NULL},
	{"register.same-page", "S6", register_same_page, 0, NULL},
	{"register.other-page", "S6", register_other_page, 0, NULL},
	{"register.other-site", "S6", register_other_site, 0, NULL},
	{"register.page-zero", "S8", register_page_zero, 0, NULL},
	{"register.old-version", "V2", register_old_version, 0, NULL},
	{"register.newer-2", "V1", register_newer_2, 0, NULL},
	{"register.newer-7fffffff", "V1", register_newer_7fffffff, 0, NULL},
	{"register.newer-80000000", "V1", register_newer_80000000, 0, NULL},
	{"register.newer-ffffffff", "V1", register_newer_ffffffff, 0, NULL},
	{"register.misaligned", "S5", register_misaligned, 0, NULL},
	{"register.outside", "S5", register_outside, 0, NULL},
	{"register.high-bits", "S5", register_high_bits, 0, NULL},
	{"register.site-outside", "P4", register_site_outside, 0, NULL},
	{"register.after-newer", "V3", register_after_newer, 0, NULL},
	{"register.after-misaligned", "V3", register_after_misaligned, 0, NULL},
	{"register.after-outside", "V3", register_after_outside, 0, NULL},
	{"register.after-site-outside", "V3", register_after_site_outside, 0, NULL},

	{"patch.instruction", "P1", patch_instruction, 0, NULL},
	{"patch.around", "P2", patch_around, 0, NULL},
	{"patch.at-once", "P5", patch_at_once, 0, NULL},
	{"patch.hot-site", "P5", patch_hot_site, 0, NULL},
	{"patch.page-start", "P3", patch_page_start, 0, NULL},
	{"patch.page-middle", "P3", patch_page_middle, 0, NULL},
	{"patch.page-end", "P3", patch_page_end, 0, NULL},
	{"patch.odd", "P3", patch_odd, 0, NULL},
	{"patch.in-state-page", "P3", patch_in_state_page, 0, NULL},
	{"patch.read-only", "P3", patch_read_only, 0, NULL},
	{"patch.refused", "P7", patch_refused, 0, NULL},
	{"patch.straddle", "P6", patch_straddle, CHECK_OPTIONAL | CHECK_NAMED, straddling},
	{"patch.other-vendor", "C7", patch_other_vendor, 0, NULL},

	{"hypercall64.args-0", "C1", hypercall64_args_0, 0, NULL},
	{"hypercall64.args-1", "C1", hypercall64_args_1, 0, NULL},
	{"hypercall64.args-2", "C1", hypercall64_args_2, 0, NULL},
	{"hypercall64.args-3", "C1", hypercall64_args_3, 0, NULL},
	{"hypercall64.args-4", "C1", hypercall64_args_4, 0, NULL},
	{"hypercall64.args-5", "C1", hypercall64_args_5, 0, NULL},
	{"hypercall64.args-6", "C1", hypercall64_args_6, 0, NULL},
	{"hypercall64.index-0", "C3", hypercall64_index_0, 0, NULL},
	{"hypercall64.index-1", "C3", hypercall64_index_1, 0, NULL},
	{"hypercall64.index-nr", "C3", hypercall64_index_nr, 0, NULL},
	{"hypercall64.index-bit31", "C4", hypercall64_index_bit31, CHECK_OPTIONAL, robustness},
	{"hypercall64.index-bit32", "C4", hypercall64_index_bit32, CHECK_OPTIONAL, robustness},
	{"hypercall64.index-bit63", "C4", hypercall64_index_bit63, CHECK_OPTIONAL, robustness},
	{"hypercall64.index-all-ones", "C4", hypercall64_index_all_ones, CHECK_OPTIONAL,
	 robustness},
	{"hypercall64.continues", "C5", hypercall64_continues, 0, NULL},

	{"hypercall64.keeps-gprs", "C2", keeps_gprs, 0, NULL},
	{"hypercall64.keeps-rsp", "C2", keeps_rsp, 0, NULL},
	{"hypercall64.keeps-flags", "C2", keeps_flags, 0, NULL},
	{"hypercall64.keeps-segments", "C2", keeps_segments, 0, NULL},
	{"hypercall64.keeps-bases", "C2", keeps_bases, 0, NULL},
	{"hypercall64.keeps-tables", "C2", keeps_tables, 0, NULL},
	{"hypercall64.keeps-syscall", "C2", keeps_syscall, 0, NULL},
	{"hypercall64.keeps-control", "C2", keeps_control, 0, NULL},
	{"hypercall64.keeps-cr2", "C2", keeps_cr2, 0, NULL},
	{"hypercall64.keeps-debug", "C2", keeps_debug, 0, NULL},
	{"hypercall64.keeps-x87", "C2", keeps_x87, 0, NULL},
	{"hypercall64.keeps-mxcsr", "C2", keeps_mxcsr, 0, NULL},
	{"hypercall64.keeps-xmm", "C2", keeps_xmm, 0, NULL},
	{"hypercall64.timer", "C2", keeps_timer, 0, NULL},

	{"echo.rdi", "C1", echo_rdi, CHECK_ECHO, NULL},
	{"echo.rsi", "C1", echo_rsi, CHECK_ECHO, NULL},
	{"echo.rdx", "C1", echo_rdx, CHECK_ECHO, NULL},
	{"echo.rcx", "C1", echo_rcx, CHECK_ECHO, NULL},
	{"echo.r8", "C1", echo_r8, CHECK_ECHO, NULL},
	{"echo.r9", "C1", echo_r9, CHECK_ECHO, NULL},
	{"echo.bits", "C1", echo_bits, CHECK_ECHO, NULL},
	{"echo.random", "C1", echo_random, CHECK_ECHO, NULL},
};

const unsigned check_count = sizeof(checks) / sizeof(checks[0]);
