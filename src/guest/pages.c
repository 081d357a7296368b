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

/* Whether the @n words at @at are all @word.  One instruction: some machines interpret each. */
static bool all_words(const uint8_t *at, uint64_t n, uint64_t word)
{
	bool same;

	/* CMP sets ZF: with an @n of 0 nothing is compared, and nothing differs. */
	__asm__ volatile("cmp %%rax, %%rax\n\trepe scasq"
			 : "+D"(at), "+c"(n), "=@cce"(same)
			 : "a"(word)
			 : "memory");
	return same;
}

bool page_untouched(unsigned page, unsigned from, unsigned to)
{
	const uint8_t *bytes = page_bytes(page);
	uint64_t word = fill_word(page);
	const uint8_t *wanted = (const uint8_t *)&word;

	for (; from < to && from % sizeof(word); from++) {
		if (bytes[from] != wanted[from % sizeof(word)])
			return false;
	}
	for (; from < to && to % sizeof(word); to--) {
		if (bytes[to - 1] != wanted[(to - 1) % sizeof(word)])
			return false;
	}
	return from >= to || all_words(bytes + from, (to - from) / sizeof(word), word);
}

#define FACTOR UINT64_C(0x9e3779b97f4a7c15) /* odd, so no bit is lost */

/*
 * Unrolled, and the factor in a register, for all of memory is summed up, and some machines
 * interpret each instruction.
 */
uint64_t sum_words(const void *from, const void *to)
{
	const uint64_t *p = from, *const end = to;
	const uint64_t *const eights = end - (uint64_t)(end - p) % 8;
	uint64_t factor = FACTOR, sum = 0;

	__asm__("" : "+r"(factor)); /* else it is loaded in each round */
	while (p < eights) {
		sum = (((sum + p[0]) * factor + p[1]) * factor + p[2]) * factor;
		sum = (((sum + p[3]) * factor + p[4]) * factor + p[5]) * factor;
		sum = ((sum + p[6]) * factor + p[7]) * factor;
		p += 8;
	}
	while (p < end)
		sum = (sum + *p++) * factor;
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
