/* SPDX-License-Identifier: GPL-2.0-only */
/* The bodies of the checks, by area; table.c holds their names, rules and order. */
#ifndef CASES_CASES_H
#define CASES_CASES_H

#include "check.h"
#include "x86/machine.h"

void probe_rdmsr(struct run *run);
void probe_rdmsr_clean(struct run *run);
void probe_wrmsr_clean(struct run *run);
void probe_neighbour_rdmsr(struct run *run);
void probe_neighbour_wrmsr(struct run *run);
void probe_presence(struct run *run);

void state_host_version(struct run *run);
void state_host_version_refused(struct run *run);
void state_ret(struct run *run);
void state_ret_refused(struct run *run);
void state_guest_fields(struct run *run);
void state_rest(struct run *run);
void state_canaries(struct run *run);
void state_size(struct run *run);

void register_success(struct run *run);
void register_same_page(struct run *run);
void register_other_page(struct run *run);
void register_other_site(struct run *run);
void register_old_version(struct run *run);
void register_newer_2(struct run *run);
void register_newer_7fffffff(struct run *run);
void register_newer_80000000(struct run *run);
void register_newer_ffffffff(struct run *run);
void register_misaligned(struct run *run);
void register_outside(struct run *run);
void register_high_bits(struct run *run);
void register_site_outside(struct run *run);
void register_page_zero(struct run *run);
void register_from_unpaged(struct run *run);
void register_from_paged(struct run *run);
void register_cpl3(struct run *run);
void register_after_newer(struct run *run);
void register_after_misaligned(struct run *run);
void register_after_outside(struct run *run);
void register_after_site_outside(struct run *run);

void patch_instruction(struct run *run);
void patch_around(struct run *run);
void patch_at_once(struct run *run);
void patch_hot_site(struct run *run);
void patch_page_start(struct run *run);
void patch_page_middle(struct run *run);
void patch_page_end(struct run *run);
void patch_odd(struct run *run);
void patch_in_state_page(struct run *run);
void patch_read_only(struct run *run);
void patch_refused(struct run *run);
void patch_straddle(struct run *run);
void patch_other_vendor(struct run *run);

void hypercall64_args_0(struct run *run);
void hypercall64_args_1(struct run *run);
void hypercall64_args_2(struct run *run);
void hypercall64_args_3(struct run *run);
void hypercall64_args_4(struct run *run);
void hypercall64_args_5(struct run *run);
void hypercall64_args_6(struct run *run);
void hypercall64_index_0(struct run *run);
void hypercall64_index_1(struct run *run);
void hypercall64_index_nr(struct run *run);
void hypercall64_index_bit31(struct run *run);
void hypercall64_index_bit32(struct run *run);
void hypercall64_index_bit63(struct run *run);
void hypercall64_index_all_ones(struct run *run);
void hypercall64_continues(struct run *run);

/* C2's flags. */
#define COMPARED_FLAGS                                                                       \
	(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF | RFLAGS_DF | \
	 RFLAGS_IF | RFLAGS_IOPL | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID)

/* Remembers the machine as it is before the first interaction with the host; and puts it back so. */
void keeps_init(void);
void keeps_restore(void);

/* One call, and the machine around it. */
struct comparison {
	bool made;
	struct outcome call; /* of a 64-bit call */
	struct machine before, after;
};

/*
 * Around the call: noise in the machine's registers, and what became of it.  The machine is in order
 * before and after, whatever the host did to it then or earlier.
 */
void keeps_begin(struct comparison *c, uint64_t cr8);
void keeps_end(struct comparison *c);

/* What differs between keeps_begin() and keeps_end(); flags that differ. */
void expect_group(struct run *run, const struct comparison *c, enum machine_group group);
void expect_flags(struct run *run, uint64_t wanted, uint64_t got);

void keeps_gprs(struct run *run);
void keeps_rsp(struct run *run);
void keeps_flags(struct run *run);
void keeps_segments(struct run *run);
void keeps_bases(struct run *run);
void keeps_tables(struct run *run);
void keeps_syscall(struct run *run);
void keeps_control(struct run *run);
void keeps_cr2(struct run *run);
void keeps_debug(struct run *run);
void keeps_x87(struct run *run);
void keeps_mxcsr(struct run *run);
void keeps_xmm(struct run *run);
void keeps_timer(struct run *run);

void hypercall32_args_0(struct run *run);
void hypercall32_args_1(struct run *run);
void hypercall32_args_2(struct run *run);
void hypercall32_args_3(struct run *run);
void hypercall32_args_4(struct run *run);
void hypercall32_args_5(struct run *run);
void hypercall32_args_6(struct run *run);
void hypercall32_paging(struct run *run);
void hypercall32_pae(struct run *run);
void hypercall32_index_0(struct run *run);
void hypercall32_index_1(struct run *run);
void hypercall32_index_bit31(struct run *run);
void hypercall32_index_all_ones(struct run *run);
void hypercall32_keeps_gprs(struct run *run);
void hypercall32_keeps_flags(struct run *run);
void hypercall32_keeps_segments(struct run *run);
void hypercall32_keeps_control(struct run *run);
void hypercall32_keeps_x87(struct run *run);
void hypercall32_keeps_sse(struct run *run);
void hypercall32_keeps_rest(struct run *run);

void echo_rdi(struct run *run);
void echo_rsi(struct run *run);
void echo_rdx(struct run *run);
void echo_rcx(struct run *run);
void echo_r8(struct run *run);
void echo_r9(struct run *run);
void echo_bits(struct run *run);
void echo_random(struct run *run);

void echo32_eax(struct run *run);
void echo32_ecx(struct run *run);
void echo32_edx(struct run *run);
void echo32_esi(struct run *run);
void echo32_edi(struct run *run);
void echo32_ebp(struct run *run);
void echo32_stale(struct run *run);
void echo32_random(struct run *run);

/*
 * Echo calls with random arguments: one; or several by the 32-bit convention, in the first @modes of
 * enum mode32.
 */
bool expect_random_echo(struct run *run, const struct site *site);
void expect_echoes32(struct run *run, const struct site *site, unsigned modes);

void vcpu_start(struct run *run);
void vcpu_late(struct run *run);
void vcpu_pages(struct run *run);
void vcpu_refusal(struct run *run);
void vcpu_own_sites(struct run *run);
void vcpu_shared_site(struct run *run);
void vcpu_hot_site(struct run *run);
void vcpu_echo(struct run *run);
void vcpu_re_register(struct run *run);
void vcpu_conventions(struct run *run);
void vcpu_keeps_gprs(struct run *run);

/* What a host does with calls that the ABI says nothing about: diagnostics, no verdict. */
void survey(void);

#endif
