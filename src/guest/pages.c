/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/pages.h"

#include "guest/vcpu.h"
#include "lib/boot.h"
#include "x86/insn.h"

/* Virtual address of the page that page_borrow() maps. */
#define BORROWED (PAGING_WINDOW_END - PAGE_SIZE)

#define ONE_TIB (UINT64_C(1) << 40)

extern uint8_t image_end[];

static const enum page_use *page_uses;
static uint64_t pool;  /* gpa of page 0 */
static uint64_t noise; /* of the last pages_reset() */
static uint64_t generation;

bool pages_init(void)
{
	pool = boot_find_memory((uint64_t)image_end, PAGES * PAGE_SIZE, PAGE_SIZE);
	return pool;
}

void pages_map(const enum page_use uses[PAGES])
{
	page_uses = uses;
	for (unsigned i = 0; i < PAGES; i++) {
		page_read_only(i, false);
		if (page_uses[i] != PAGE_DATA)
			page_user(i, false);
	}
}

uint64_t page_gpa(unsigned page)
{
	return pool + page * PAGE_SIZE;
}

/* The eight bytes that pages_reset() fills @page with. */
static uint64_t fill_word(unsigned page)
{
	return page_uses[page] == PAGE_CODE ? UINT64_C(0xcccccccccccccccc) : noise + page;
}

/*
 * No REP STOS: in an emulator a step of it costs more than a store.  The last word first: stores
 * are slow there until the page has no more code that ran, and a site may be at its end.
 */
static void fill_page(volatile uint64_t *to, uint64_t word)
{
	to[PAGE_SIZE / sizeof(*to) - 1] = word;
	for (const volatile uint64_t *end = to + PAGE_SIZE / sizeof(*to); to < end; to += 16) {
		to[0] = to[1] = to[2] = to[3] = word;
		to[4] = to[5] = to[6] = to[7] = word;
		to[8] = to[9] = to[10] = to[11] = word;
		to[12] = to[13] = to[14] = to[15] = word;
	}
}

void pages_reset(void)
{
	noise = random64();
	generation++;
	for (unsigned i = 0; i < PAGES; i++)
		fill_page((uint64_t *)page_bytes(i), fill_word(i));
}

void page_refill(unsigned page, unsigned from, unsigned to)
{
	for (; from < to; from += sizeof(uint64_t))
		*(volatile uint64_t *)(page_bytes(page) + from) = fill_word(page);
}

uint64_t pages_generation(void)
{
	return generation;
}

/* Whether all words of @from to @to are @word. */
static bool all_are(const uint64_t *from, const uint64_t *to, uint64_t word)
{
	for (; to - from >= 8; from += 8) {
		if (from[0] != word || from[1] != word || from[2] != word || from[3] != word ||
		    from[4] != word || from[5] != word || from[6] != word || from[7] != word)
			return false;
	}
	for (; from < to; from++) {
		if (*from != word)
			return false;
	}
	return true;
}

bool page_untouched(unsigned page, unsigned from, unsigned to)
{
	const uint8_t *bytes = page_bytes(page);
	uint64_t word = fill_word(page);
	const uint8_t *wanted = (const uint8_t *)&word;
	unsigned last = to & ~7u; /* the words end here */

	for (; from < to && from % sizeof(word); from++) {
		if (bytes[from] != wanted[from % sizeof(word)])
			return false;
	}
	if (from < last) {
		if (!all_are((const uint64_t *)(bytes + from), (const uint64_t *)(bytes + last),
			     word))
			return false;
		from = last;
	}
	for (; from < to; from++) {
		if (bytes[from] != wanted[from % sizeof(word)])
			return false;
	}
	return true;
}

/* The multiplier is odd, so no bit is lost. */
static inline __attribute__((always_inline)) uint64_t add_words(uint64_t sum, const uint64_t p[8])
{
	sum += p[0];
	sum += p[1];
	sum += p[2];
	sum += p[3];
	sum += p[4];
	sum += p[5];
	sum += p[6];
	sum += p[7];
	return sum * UINT64_C(0x9e3779b97f4a7c15);
}

/* Unrolled, for all of memory is summed up, and some machines interpret each instruction. */
uint64_t sum_words(const void *from, const void *to)
{
	const uint64_t *p = from, *const end = to;
	uint64_t sum = 0;

	for (; end - p >= 32; p += 32)
		sum = add_words(add_words(add_words(add_words(sum, p), p + 8), p + 16), p + 24);
	for (; p < end; p++)
		sum = (sum + *p) * 3;
	return sum;
}

uint64_t page_sum(unsigned page)
{
	return sum_words(page_bytes(page), page_bytes(page + 1));
}

void pages_sum(struct page_sums *sums)
{
	for (unsigned i = 0; i < PAGES; i++)
		sums->of[i] = page_sum(i);
}

void page_read_only(unsigned page, bool read_only)
{
	paging_map((uint64_t)page_bytes(page), page_gpa(page), read_only ? PAGE_RO : PAGE_RW);
}

void page_user(unsigned page, bool user)
{
	paging_map(page_entry(page), page_gpa(page), PAGE_RX | (user ? PTE_U : 0));
}

void page_code_writable(unsigned page, bool writable)
{
	paging_map(page_entry(page), page_gpa(page), PAGE_RX | (writable ? PTE_W : 0));
}

uint8_t *page_borrow(uint64_t gpa)
{
	paging_map(BORROWED, gpa, PAGE_RW);
	return (uint8_t *)BORROWED;
}

/* The first address above the CPU's physical addresses: 2^MAXPHYADDR. */
static uint64_t physical_end(void)
{
	uint32_t bits = 36;

	if (cpuid(0x80000000, 0).eax >= 0x80000008)
		bits = cpuid(0x80000008, 0).eax & 0xff;
	return UINT64_C(1) << bits;
}

unsigned outside_addresses(uint64_t addresses[ADDRESSES_MAX])
{
	uint64_t end = boot_memory_end();
	uint64_t last = physical_end() - PAGE_SIZE;
	unsigned n = 0;

	if (ONE_TIB >= end && last >= end) {
		addresses[n++] = ONE_TIB;
		addresses[n++] = last;
	}
	addresses[n++] = BIT(63) | BIT(52);
	return n;
}
