/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that the host may write, one after the other in guest-physical memory: whatever it writes
 * beside the page that it was to write shows in the next one.  Their virtual addresses differ from
 * their gpas.  An ABI numbers them, from 0 on, and says what each is for.
 */
#ifndef GUEST_PAGES_H
#define GUEST_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/paging.h"

#define PAGES 8

/* A page of code is filled with INT3, the others with noise.  Pages of mixed use hold code, too. */
enum page_use { PAGE_DATA, PAGE_MIXED, PAGE_CODE };

/* Finds memory for all of them.  False if there is none. */
bool pages_init(void);

/* Maps each for its use, with the rights that it has where no check changed them. */
void pages_map(const enum page_use uses[PAGES]);

/* Fills all pages, with new noise; how many times it did. */
void pages_reset(void);
uint64_t pages_generation(void);

uint64_t page_gpa(unsigned page);

/* Its virtual addresses: where it is writable; where it can be executed, if it may hold code. */
static inline uint8_t *page_bytes(unsigned page)
{
	return (uint8_t *)PAGING_WINDOW + page * PAGE_SIZE;
}

static inline uint64_t page_entry(unsigned page)
{
	return PAGING_WINDOW + 0x100000 + page * PAGE_SIZE;
}

/* Whether @page is as pages_reset() left it from byte @from to before byte @to. */
bool page_untouched(unsigned page, unsigned from, unsigned to);

/* Takes away or gives back the guest's own right to write @page. */
void page_read_only(unsigned page, bool read_only);

/* Lets CPL 3 run and read @page, or no longer. */
void page_user(unsigned page, bool user);

/* Maps the guest-physical page @gpa, and returns its virtual address, until the next call. */
uint8_t *page_borrow(uint64_t gpa);

#endif
