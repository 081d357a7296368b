/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * D3, P3, S1, S5, S8, S9: state pages and sites at the ends of memory; accesses of the neighbours
 * of the magic MSR after a registration; and what the first registration of all left alone.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "lib/boot.h"
#include "lib/string.h"
#include "x86/defs.h"

/* ---- the first contact ---- */

/* What happens only once is not seen by any later check. */
static void first_clean(struct run *run)
{
	const struct first_contact *first = &first_contact;

	expect_registers_kept(run, &first->rdmsr, GPR_BIT(rax) | GPR_BIT(rdx));
	expect_registers_kept(run, &first->wrmsr, 0);
	expect(run, first->rest_kept, "bytes 24-4095 of the first page: wanted them unchanged");
}

/* ---- neighbours of the magic MSR ---- */

void write_neighbours(uint64_t value)
{
	const uint32_t magic = KVM2007_MSR_API_MAGIC;

	for (unsigned bit = 0; bit < 32; bit++)
		wrmsr_returns(magic ^ 1u << bit, value);
	wrmsr_returns(magic - 1, value); /* ^ 1 is magic + 1 */
}

/* A host may answer for any MSR, but not as for the magic. */
static void neighbours_later(struct run *run)
{
	struct page_sums before;
	struct answer answer;
	struct site site = fresh_site();

	expect_registration(run, &site);
	site_restore(&site);
	prepare_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
	pages_sum(&before);
	write_neighbours(page_gpa(PAGE_STATE_A));
	expect_pages_kept(run, &before);
}

/* ---- anywhere in memory ---- */

/* The lowest and the highest page of available memory. */
struct ends {
	uint64_t lowest, highest;
};

static bool widen(const struct boot_region *region, void *arg)
{
	struct ends *ends = arg;
	const uint64_t end = (region->base + region->length) & -(uint64_t)PAGE_SIZE;

	if (region->type != BOOT_MEMORY_AVAILABLE || region->length < 2 * PAGE_SIZE)
		return true;
	if (region->base % PAGE_SIZE == 0 && region->base < ends->lowest)
		ends->lowest = region->base;
	if (end - PAGE_SIZE > ends->highest)
		ends->highest = end - PAGE_SIZE;
	return true;
}

/* Where other data may be in use: what is written there is written back. */
#define SAVED 64

/* Registers the page at @gpa.  Afterwards a call goes on as before. */
static void expect_page_works(struct run *run, uint64_t gpa)
{
	struct kvm_vcpu_para_state *state = (struct kvm_vcpu_para_state *)page_borrow(gpa);
	struct site site = fresh_site();
	struct answer answer;
	uint8_t saved[SAVED];
	uint64_t sum;

	memcpy(saved, state, sizeof(saved));
	prepare_state(state, KVM2007_API_VERSION, site.gpa, &answer);
	sum = sum_words(state, state + 1);
	register_gpa(gpa, &answer);
	expect_registers_kept(run, &answer.wrmsr, 0);
	expect_success(run, &answer, &site);
	expect_equal(run, "host_version", state->host_version, first_contact.host_version);
	undo_answer(&answer);
	if (!run->failed)
		expect_call_as_before(run, &site);
	/* S5: misaligned there is no better than elsewhere. */
	register_gpa(gpa + 8, &answer);
	expect_gp(run, "WRMSR of a misaligned gpa", &answer.wrmsr);
	expect(run, sum_words(state, state + 1) == sum, "page %#lx: wanted the rest of it kept",
	       gpa);
	memcpy(state, saved, sizeof(saved));
}

/* Registers a site in the page at @gpa. */
static void expect_site_works(struct run *run, uint64_t gpa, unsigned offset)
{
	uint8_t *bytes = page_borrow(gpa) + offset;
	struct site site = {.gpa = gpa + offset, .bytes = bytes};
	uint8_t saved[SITE_SIZE + 2];

	pages_reset();
	memcpy(saved, bytes, sizeof(saved));
	site_restore(&site);
	expect_registration(run, &site);
	memcpy(bytes, saved, sizeof(saved));
}

static void expect_works(struct run *run, uint64_t gpa)
{
	expect_site_works(run, gpa, 0x800);
	expect_site_works(run, gpa, SITE_OFFSET);
	expect_page_works(run, gpa);
	if (run->failed)
		check_diag("page %#lx", gpa);
}

static void ends_of_memory(struct run *run)
{
	struct ends ends = {.lowest = UINT64_MAX};

	if (!boot_each_region(widen, &ends) || ends.lowest == UINT64_MAX) {
		skip(run, "the memory map has no memory");
		return;
	}
	expect_works(run, ends.lowest);
	expect_works(run, ends.lowest + PAGE_SIZE);
	expect_works(run, ends.highest);
}

/* Not a page of code: a host that breaks another rule there would end the run. */
static void in_image(struct run *run)
{
	static uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

	expect_works(run, (uint64_t)page);
}

static const struct check checks[] = {
	{"probe.first-clean", "S9", .body = first_clean},
	{"probe.neighbours-later", "D3", .body = neighbours_later},
	{"register.ends-of-memory", "P3", .body = ends_of_memory},
	{"register.in-image", "S5", .body = in_image},
	{"register.from-compatibility", "S1", .body = register_compatibility},
};

const struct area anywhere_area = AREA(checks);
