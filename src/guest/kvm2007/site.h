/* SPDX-License-Identifier: GPL-2.0-only */
/* How this ABI uses the pages of pages.h; and sites, where the host puts its call instruction. */
#ifndef GUEST_KVM2007_SITE_H
#define GUEST_KVM2007_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/kvm2007.h"
#include "guest/pages.h"

/*
 * Each state page lies between two canaries.  The two site pages are neighbours, for a site that
 * straddles them (P6).
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

/* A site, by its three addresses. */
struct site {
	uint64_t gpa;
	uint8_t *bytes; /* virtual, writable */
	uint64_t entry; /* virtual, executable */
};

/* An unpatched site is UD2, RET, RET.  The host writes three bytes: the last RET stays (P2). */
#define SITE_SIZE 4

/* Whose instruction the host must write: that of the CPU's vendor (P1). */
enum call_vendor { CALL_AMD, CALL_INTEL, CALL_EITHER };

/* Finds out the vendor; to be called before the functions below. */
void site_init(void);
enum call_vendor site_vendor(void);

/* Why the vendor is CALL_EITHER; NULL if it is not. */
const char *site_vendor_doubt(void);

/* The three bytes of the call instruction; for CALL_EITHER those of AMD's. */
const uint8_t *call_instruction(enum call_vendor vendor);

/* Writes an unpatched site at byte @offset of @page. */
struct site make_site(unsigned page, unsigned offset);

/* Writes back what make_site() wrote there. */
void site_restore(const struct site *site);

/* Whether it is as make_site() left it. */
bool site_unpatched(const struct site *site);

/* Whether it holds the vendor's instruction, then a RET. */
bool site_patched(const struct site *site);

#endif
