/* SPDX-License-Identifier: GPL-2.0-only */
/* S10: of tables, of the image, and of memory that the guest never named. */
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "guest/select.h"
#include "lib/boot.h"
#include "lib/processors.h"
#include "x86/insn.h"

/* linker.ld, boot/entry.asm */
extern const uint8_t image_start[], rodata_end[], image_end[];
extern const uint64_t boot_pd[512], boot_pt[2 * 512];

/* Registrations with each ending, calls, and what else exits. */
static void interact_in_all_ways(struct run *run)
{
	struct registration all[REGISTRATIONS_MAX];
	struct answer answer;
	struct site site;

	for (unsigned ending = ENDINGS; ending--;) { /* at last with ACCEPTED */
		unsigned n;

		site = fresh_site();
		n = registrations((enum ending)ending, page_gpa(PAGE_STATE_A), site.gpa, all);
		for (unsigned i = 0; i < n; i++) {
			registration_prepare(&all[i], state_of(PAGE_STATE_A), &answer);
			registration_make(&all[i], 0, &answer);
		}
	}
	make_exits();
	if (site_patched(&site))
		make_calls(run, &site);
}

/* Page tables, with entries of 64 or 32 bits, without what the CPU sets: accessed, dirty. */
static uint64_t sum_table(const volatile uint64_t *entry, unsigned n)
{
	uint64_t sum = 0;

	while (n--)
		sum = (sum + (*entry++ & ~UINT64_C(0x6000000060))) * 3;
	return sum;
}

static uint64_t sum_tables(void)
{
	const uint64_t root = READ_REG(cr3) & -(uint64_t)PAGE_SIZE;
	const struct cpu *cpu = this_cpu();

	return sum_words(cpu->gdt, cpu->gdt + sizeof(cpu->gdt) / sizeof(cpu->gdt[0])) +
	       sum_words(&cpu->tss, &cpu->tss + 1) + sum_table((const uint64_t *)root, 512) +
	       3 * sum_table(boot_pd, 512) + 5 * sum_table(boot_pt, 1024);
}

static void tables(struct run *run)
{
	const uint64_t before = sum_tables();

	interact_in_all_ways(run);
	expect(run, sum_tables() == before, "GDT and page tables: wanted them unchanged");
}

/* Those of legacy mode, and the GDT there. */
static uint64_t sum_tables_32(void)
{
	return sum_tables() + 7 * sum_table((const uint64_t *)directory32, 512) +
	       9 * sum_table((const uint64_t *)table32, 512) + 11 * sum_table(pointers_pae, 512);
}

static void tables_32(struct run *run)
{
	struct call32 call;
	struct site site;
	uint64_t before;

	if (!register_default(run, &site))
		return;
	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++)
		hypercall32(&site, mode, 0, no_args, 0, &call); /* fills the tables */
	before = sum_tables_32();
	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++) {
		hypercall32(&site, mode, 1, no_args, 0, &call);
		expect(run, sum_tables_32() == before,
		       "legacy mode's GDT and page tables: wanted them unchanged");
	}
}

static uint64_t image_sum; /* of code and constants, before the first contact */

static void image_at_end(struct run *run)
{
	expect(run, sum_words(image_start, rodata_end) == image_sum,
	       "the image's code and constants: wanted them as before the first contact");
}

/* Checksums of memory before the first contact: one for each MiB, of at most so many. */
#define CHUNKS_MAX  256
#define CHUNK_PAGES 256

static uint64_t chunk_sums[CHUNKS_MAX], page_zero_sum;
static bool memory_noted;

/* The lowest page from @from on that is free: not the image's, nor the pages', nor a vCPU's. */
static uint64_t free_page(uint64_t from)
{
	uint64_t page = boot_find_memory(from, PAGE_SIZE, PAGE_SIZE), end;
	const uint64_t vcpus = processors_memory(&end);

	if (page >= (uint64_t)image_start && page < (uint64_t)image_end)
		return free_page((uint64_t)image_end);
	if (page >= page_gpa(0) && page < page_gpa(PAGES))
		return free_page(page_gpa(PAGES));
	if (page >= vcpus && page < end)
		return free_page(end);
	return page;
}

/* Makes the sum of up to CHUNK_PAGES pages from *@page on, which becomes the page after them. */
static uint64_t sum_chunk(uint64_t *page)
{
	uint64_t sum = 0;

	for (unsigned n = 0; *page && n < CHUNK_PAGES; n++) {
		const uint8_t *bytes = page_borrow(*page);

		sum = sum * 3 + sum_words(bytes, bytes + PAGE_SIZE);
		*page = free_page(*page + PAGE_SIZE);
	}
	return sum;
}

/* free_page() does not find page 0. */
static uint64_t sum_page_zero(void)
{
	const uint8_t *bytes = page_borrow(0);

	return page_available(0) ? sum_words(bytes, bytes + PAGE_SIZE) : 0;
}

uint64_t memory_sum(void)
{
	uint64_t page = free_page(PAGE_SIZE), sum = sum_page_zero();

	while (page)
		sum = sum * 3 + sum_chunk(&page);
	return sum;
}

static void expect_memory_kept(struct run *run)
{
	uint64_t page = free_page(PAGE_SIZE);

	if (!memory_noted) {
		skip(run, "more than 256 MiB of memory");
		return;
	}
	expect(run, sum_page_zero() == page_zero_sum,
	       "page 0: wanted it as before the first contact");
	for (unsigned chunk = 0; page; chunk++) {
		uint64_t first = page;

		expect(run, sum_chunk(&page) == chunk_sums[chunk],
		       "memory from %#lx on: wanted it as before the first contact", first);
	}
}

/* No other vCPU has been started yet, so that nobody uses what is free. */
static void all_memory(struct run *run)
{
	interact_in_all_ways(run);
	expect_memory_kept(run);
}

/* For what all checks did, those of legacy mode too. */
static void all_memory_at_end(struct run *run)
{
	if (run->vcpus > 1)
		skip(run, "other vCPUs use what was free");
	else
		expect_memory_kept(run);
}

static const struct check checks[] = {
	{"memory.all", "S10", CHECK_NAMED, .body = all_memory, .todo = TODO_TAKES_LONG},
	{"memory.tables", "S10", .body = tables},
	{"memory.tables-legacy", "S10", CHECK_LEGACY, .body = tables_32},
};

const struct area memory_all_area = AREA(checks);

/* The last checks of the run, for what all others did. */
static const struct check end_checks[] = {
	{"memory.all-at-end", "S10", CHECK_NAMED | CHECK_LAST, .body = all_memory_at_end,
	 .todo = TODO_TAKES_LONG},
	{"memory.image", "S10", CHECK_LAST, .body = image_at_end},
};

const struct area end_area = AREA(end_checks);

static bool wants_all(const struct check *check, const struct options *o)
{
	return is_selected(check, o) && (o->strict || is_named(check, o));
}

void memory_note(const struct run *run)
{
	const struct options *o = &run->options;
	uint64_t page;

	image_sum = sum_words(image_start, rodata_end);
	if (!wants_all(&checks[0], o) && !wants_all(&end_checks[0], o))
		return;
	page = free_page(PAGE_SIZE);
	for (unsigned chunk = 0; page && chunk < CHUNKS_MAX; chunk++)
		chunk_sums[chunk] = sum_chunk(&page);
	page_zero_sum = sum_page_zero();
	memory_noted = !page;
}
