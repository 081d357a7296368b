/* SPDX-License-Identifier: GPL-2.0-only */
/* How calls are made (KC); hypercall.h has those that a check expects something of. */
#ifndef GUEST_KVM_CALL_H
#define GUEST_KVM_CALL_H

#include "guest/compare.h"

/* By instruction, page and mode; all that name no mode are made in 64-bit mode at CPL 0. */
enum call_kind {
	CALL_NATIVE, /* the instruction of the CPU's vendor */
	CALL_OTHER,  /* the other vendor's, on a page that the guest may write */
	CALL_OTHER_READ_ONLY,
	CALL_USER, /* from CPL 3 */
	CALL_COMPATIBILITY,
	CALL_UNPAGED, /* from legacy mode, as enum mode32 */
	CALL_PAGED,
	CALL_PAE,
	CALL_KINDS
};

bool is_legacy_call(enum call_kind kind);

#define CALL_OFFSET 0x100 /* of the instruction in its page, if that does not matter */

/* The last call, with the machine before and after it. */
extern struct last_call {
	enum call_kind kind;
	uint8_t *site; /* virtual address of the instruction, to read and write it */
	struct outcome outcome;
	struct comparison machine;
	struct call32 legacy; /* if it was from legacy mode */
} last_call;

/*
 * Makes a call with @gprs, and noise in all other registers; @offset is that of the instruction in
 * its page.  With IF = 1 under the watchdog.
 */
void make_call(enum call_kind kind, unsigned offset, const struct gprs *gprs);

/* Makes a native call without a look at the machine. */
void make_bare_call(const struct gprs *gprs);

/* The instruction of calls of @kind. */
#define CALL_SIZE 3
const uint8_t *call_bytes(enum call_kind kind);

/* Whether the last call's bytes are now the instruction of calls of @kind. */
bool site_has(enum call_kind kind);

#endif
