/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's side of the ABI: its pages, and the three ways to reach the host. */
#ifndef GUEST_PARA_H
#define GUEST_PARA_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/kvm2007.h"
#include "x86/call32.h"
#include "x86/regs.h"

/*
 * Guest-physical pages, one behind the other.  Each state page stands between two
 * canaries; the two site pages adjoin, for a site that straddles them.
 */
enum para_page {
	PAGE_CANARY_0,
	PAGE_STATE_A,
	PAGE_CANARY_1,
	PAGE_STATE_B,
	PAGE_CANARY_2,
	PAGE_SITE_A,
	PAGE_SITE_B,
	PAGE_CANARY_3,
	PARA_PAGES,
};

/* A place for the host's call instruction, seen three ways. */
struct site {
	uint64_t gpa;
	uint8_t *bytes; /* virtual, writable */
	uint64_t entry; /* virtual, executable */
};

/* An unpatched site: UD2; RET and, for a host that writes it, the RET that stays (P2). */
#define SITE_SIZE 4

/* What an access to an MSR, or a call, came to. */
struct outcome {
	bool faulted;
	struct trap_frame fault;   /* if it did */
	struct gprs before, after; /* registers; after only if it did not */
	uint64_t target;           /* the code that ran */
};

/* Which instruction belongs at a site: by the CPU's vendor (P1). */
enum call_vendor { CALL_AMD, CALL_INTEL, CALL_EITHER };

/* Finds memory for the pages and maps them away from their gpas.  False if there is none. */
bool para_init(void);

/* Maps them (again), with the rights that they have where no check changed them. */
void para_map(void);

/* Fills all pages with new noise. */
void para_reset(void);

/* How many times it did. */
uint64_t para_resets(void);

uint64_t para_gpa(enum para_page page);
uint8_t *para_bytes(enum para_page page);
struct kvm_vcpu_para_state *para_state(enum para_page page);

/* Whether @page still holds para_reset()'s noise from byte @from to before byte @to. */
bool para_untouched(enum para_page page, unsigned from, unsigned to);

/* Takes away or gives back the guest's own right to write @page. */
void para_read_only(enum para_page page, bool read_only);

/* Maps the guest-physical page @gpa, and returns its virtual address, until the next call. */
uint8_t *para_map_any(uint64_t gpa);

/* An unpatched site at byte @offset of @page. */
struct site para_site(enum para_page page, unsigned offset);

/* Whether it is as para_site() left it; or holds the instruction of the CPU's vendor and a RET. */
bool site_unpatched(const struct site *site);
bool site_patched(const struct site *site);

enum call_vendor para_vendor(void);

/* Why it is CALL_EITHER. */
const char *para_vendor_doubt(void);

/* The instruction's three bytes; for CALL_EITHER those of AMD. */
const uint8_t *call_instruction(enum call_vendor whose);

/* Access an MSR, or call through @site, with noise in every register that has no say. */
void para_rdmsr(uint32_t msr, struct outcome *outcome);
void para_wrmsr(uint32_t msr, uint64_t value, struct outcome *outcome);
void para_call(const struct site *site, uint64_t index, const uint64_t args[6],
	       struct outcome *outcome);

/* As para_call(), with all registers chosen: rsp is ignored, rflags may hold any flag but TF. */
void para_call_gprs(const struct site *site, const struct gprs *gprs, struct outcome *outcome);

/*
 * The same from legacy mode: a call with the 32-bit convention, with noise in all that it
 * does not name and in the upper halves of what it does; and a registration.  False on a fault.
 */
void para_call32(const struct site *site, enum mode32 mode, uint32_t index, const uint32_t args[6],
		 uint32_t eflags, struct call32 *call);
void para_wrmsr32(uint32_t msr, uint64_t value, enum mode32 mode, struct call32 *call);

/*
 * para_call32() in two steps, for @n calls that share one way to legacy mode and back.  Noise above
 * 32 bits has the first alone.
 */
void para_prepare32(const struct site *site, enum mode32 mode, uint32_t index,
		    const uint32_t args[6], uint32_t eflags, struct call32 *call);
void para_calls32(struct call32 *calls, unsigned n);

/*
 * Runs the code at the virtual address @entry out of 64-bit mode by IRET, with @regs: at CPL 3, or in
 * compatibility mode.  @fault is the trap that ended it.
 */
enum other_mode { FROM_USER, FROM_COMPATIBILITY };
void para_enter(enum other_mode mode, uint64_t entry, const struct gprs *regs,
		struct trap_frame *fault);

/* Lets CPL 3 run and read @page, or no longer. */
void para_user(enum para_page page, bool user);

/* Noise in all registers, no flag set. */
struct gprs para_noise(void);

/* Pseudo-random numbers (SplitMix64): the same from the same seed.  Each vCPU has its own. */
void para_seed(uint64_t seed);
uint64_t para_random(void);

/* Whether each of the boot vCPU's calls is to leave a "# call" line; and such a line, if so, for one made by para_enter(). */
void para_trace(bool on);
void para_trace_call(const struct gprs *in, bool returned, uint64_t result);

#endif
