/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages of this ABI's checks, and the places in them for the host's call instruction. */
#ifndef GUEST_KVM2007_SITE_H
#define GUEST_KVM2007_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/kvm2007.h"
#include "guest/pages.h"

/*
 * Each state page stands between two canaries; the two site pages adjoin, for a site that straddles
 * them.
 */
enum {
	PAGE_CANARY_0,
	PAGE_STATE_A,
	PAGE_CANARY_1,
	PAGE_STATE_B,
	PAGE_CANARY_2,
	PAGE_SITE_A,
	PAGE_SITE_B,
	PAGE_CANARY_3,
};

_Static_assert(PAGE_CANARY_3 + 1 == PAGES, "guest/pages.h");

extern const enum page_use kvm2007_pages[PAGES];

/* A place for the host's call instruction, seen three ways. */
struct site {
	uint64_t gpa;
	uint8_t *bytes; /* virtual, writable */
	uint64_t entry; /* virtual, executable */
};

/* An unpatched site: UD2; RET and, for a host that writes it, the RET that stays (P2). */
#define SITE_SIZE 4

/* Which instruction belongs at a site: by the CPU's vendor (P1). */
enum call_vendor { CALL_AMD, CALL_INTEL, CALL_EITHER };

/* Finds out which; why it is CALL_EITHER. */
void site_init(void);
enum call_vendor site_vendor(void);
const char *site_vendor_doubt(void);

/* The instruction's three bytes; for CALL_EITHER those of AMD. */
const uint8_t *call_instruction(enum call_vendor vendor);

/* An unpatched site at byte @offset of @page. */
struct site make_site(unsigned page, unsigned offset);

/* Whether it is as make_site() left it; or holds the instruction of the CPU's vendor and a RET. */
bool site_unpatched(const struct site *site);
bool site_patched(const struct site *site);

#endif
