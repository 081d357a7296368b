/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that the host may write.  Their gpas follow one another, so that a write beside a page
 * shows in its neighbour.  Their virtual addresses differ from their gpas.  They are numbered from
 * 0; an ABI says what each is for.
 */
#ifndef GUEST_PAGES_H
#define GUEST_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/paging.h"

#define PAGES 8

/* Code pages are filled with INT3, the others with noise; code runs on mixed pages, too. */
enum page_use { PAGE_DATA, PAGE_MIXED, PAGE_CODE };

/* Finds memory for all pages.  False: there is none. */
bool pages_init(void);

/* Maps each page for its use, with the rights that page_read_only() and page_user() change. */
void pages_map(const enum page_use uses[PAGES]);

/* Fills all pages, with new noise. */
void pages_reset(void);

/* Fills the bytes of @page from @from on, before @to, which are whole words, as they were. */
void page_refill(unsigned page, unsigned from, unsigned to);

/* How many times pages_reset() was called. */
uint64_t pages_generation(void);

uint64_t page_gpa(unsigned page);

/* The page's virtual addresses: one to read and write it, one to execute it, if it is for code. */
static inline uint8_t *page_bytes(unsigned page)
{
	return (uint8_t *)PAGING_WINDOW + page * PAGE_SIZE;
}

static inline uint64_t page_entry(unsigned page)
{
	return PAGING_WINDOW + 0x100000 + page * PAGE_SIZE;
}

/* Whether the bytes of @page from @from on, before @to, are as pages_reset() left them. */
bool page_untouched(unsigned page, unsigned from, unsigned to);

/* Writes to @addresses the gpas of pages that can't be memory.  Returns how many, at least 1. */
#define ADDRESSES_MAX 3
unsigned outside_addresses(uint64_t addresses[ADDRESSES_MAX]);

/* A checksum of @from to @to, which are whole words: a change of any one word changes it. */
uint64_t sum_words(const void *from, const void *to);

/* A checksum of @page; of each page. */
uint64_t page_sum(unsigned page);

struct page_sums {
	uint64_t of[PAGES];
};
void pages_sum(struct page_sums *sums);

/* Maps @page read-only for the guest itself, or writable again. */
void page_read_only(unsigned page, bool read_only);

/* Lets CPL 3 execute and read @page, or not. */
void page_user(unsigned page, bool user);

/* Lets code write @page where it runs, as an old host does through the guest's page tables. */
void page_code_writable(unsigned page, bool writable);

/* Maps the page at @gpa, writable, until the next call.  Returns its virtual address. */
uint8_t *page_borrow(uint64_t gpa);

#endif
