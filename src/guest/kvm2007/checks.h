/* SPDX-License-Identifier: GPL-2.0-only */
/* The areas of checks, and what they share. */
#ifndef GUEST_KVM2007_CHECKS_H
#define GUEST_KVM2007_CHECKS_H

#include "guest/areas.h"
#include "guest/compare.h"
#include "guest/compare32.h"
#include "guest/kvm2007/registration.h"
#include "guest/vcpu.h"

extern const struct area probe_area, state_area, register_area, first_call_area, patch_area,
	hypercall64_area, preserves_area, hypercall32_area, echo_area, every_call_area, later_area,
	nothing_else_area, memory_all_area, memory_area, any_registration_area, rare_state_area,
	value_area, anywhere_area, vcpu_area, vcpu_register_area, vcpu_call_area, end_area;

/* What another ABI's checks do with this one: abi.h. */
extern const struct beside kvm2007_beside;

/* Why a check's failure is TODO, or why it has to be named. */
enum { TODO_ADVICE = 1, TODO_DEVIATION, TODO_STRADDLING, TODO_TAKES_LONG };

/* A registration from CPL 3: the body of register.cpl3. */
void register_cpl3(struct run *run);

/* And from compatibility mode: the body of register.from-compatibility. */
void register_compatibility(struct run *run);

/* Fails unless a 64-bit call has come back; makes one if none has. */
void sane_call(struct run *run);

/* Expects that a call through @site, which is unpatched, is #UD. */
void expect_undefined(struct run *run, const struct site *site);

/* A 64-bit call, and the machine before and after it. */
struct comparison64 {
	struct comparison machine;
	struct outcome call;
};

/* Makes a call with noise in all registers, the flags @rflags, and @cr8. */
void compare_call64(struct comparison64 *c, const struct site *site, uint64_t index,
		    uint64_t rflags, uint64_t cr8);

/* Expects that it returned @result, and changed no other register. */
void expect_compared64(struct run *run, const struct comparison64 *c, uint64_t result);

/* Registrations of all kinds, by each vCPU in turn: the body of vcpu.register-any. */
void register_any_vcpu(struct run *run);

/* Expects that RDMSR of the magic ends as at the first contact, and changes nothing else. */
void expect_rdmsr_as_before(struct run *run);

/* Expects that a call through @site returns -KVM2007_EINVAL, and changes nothing else. */
void expect_call_as_before(struct run *run, const struct site *site);

/* The sum of all memory that is free. */
uint64_t memory_sum(void);

/* WRMSR of @value to all MSRs whose numbers differ from the magic by one, or by one bit. */
void write_neighbours(uint64_t value);

/* Expects the same of registers that legacy mode does not show; @c is around the stay there. */
void expect_hidden_kept32(struct run *run, const struct call32 *call, const struct comparison *c);

/* What the echo service returns for a 64-bit call with the registers @in. */
uint64_t echo_of(const struct gprs *in);

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
