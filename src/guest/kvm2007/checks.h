/* SPDX-License-Identifier: GPL-2.0-only */
/* The areas of checks, and what they share. */
#ifndef GUEST_KVM2007_CHECKS_H
#define GUEST_KVM2007_CHECKS_H

#include "guest/compare.h"
#include "guest/kvm2007/registration.h"
#include "guest/vcpu.h"

/* The checks of one area, in the order in which they run. */
struct area {
	const struct check *checks;
	unsigned count;
};
#define AREA(checks)                                       \
	{                                                  \
		checks, sizeof(checks) / sizeof(checks[0]) \
	}

extern const struct area probe_area, state_area, register_area, patch_area, hypercall64_area,
	preserves_area, hypercall32_area, echo_area, every_call_area, later_area, nothing_else_area,
	memory_all_area, memory_area, any_registration_area, rare_state_area, anywhere_area,
	vcpu_area, vcpu_register_area, vcpu_call_area, end_area;

/* A registration from CPL 3: the body of register.cpl3. */
void register_cpl3(struct run *run);

/* And from compatibility mode: the body of register.from-compatibility. */
void register_compatibility(struct run *run);

/* Expects that a call through @site, which is unpatched, is #UD. */
void expect_undefined(struct run *run, const struct site *site);

/* Expects that a call from legacy mode returned.  Says whether it did. */
bool expect_returned32(struct run *run, const struct call32 *call);

/* Expects that no register of a call from legacy mode changed, as far as it was saved there. */
void expect_preserved32(struct run *run, const struct call32 *call);

/* A comparison on any vCPU, with noise as in comparison_begin(). */
struct any_comparison {
	struct comparison machine;
	struct machine usual;
};
void any_comparison_begin(struct any_comparison *c, uint64_t cr8);
void any_comparison_end(struct any_comparison *c);

/* Registrations of all kinds, by each vCPU in turn: the body of vcpu.register-any. */
void register_any_vcpu(struct run *run);

/* Expects that RDMSR of the magic ends as at the first contact, and changes nothing else. */
void expect_rdmsr_as_before(struct run *run);

/* Expects that calls through @site return -KVM2007_EINVAL, and change nothing else. */
void expect_calls_as_before(struct run *run, const struct site *site);

/* Expects the same of registers that legacy mode does not show; @c is around the stay there. */
void expect_hidden_kept32(struct run *run, const struct call32 *call, const struct comparison *c);

/* What the echo service returns for @args by the 64-bit convention. */
uint64_t echo_digest(const uint64_t args[6]);

/* Makes an echo call with random arguments.  Says whether the digest was right. */
bool expect_random_echo(struct run *run, const struct site *site);

/* Makes several by the 32-bit convention, in the first @modes modes of enum mode32 in turn. */
void expect_echoes32(struct run *run, const struct site *site, unsigned modes);

/* Whether the memory map has the page at @gpa as available. */
bool page_available(uint64_t gpa);

/* Before the first contact: takes note of memory for the checks of S10. */
void memory_note(const struct run *run);

/* Makes calls, of all magnitudes of indices; what else exits, but is no registration. */
void make_calls(struct run *run, const struct site *site);
void make_exits(void);

/* The diagnostics: what the host does with calls about which the ABI says nothing. */
void report_other_modes(struct run *run);

#endif
