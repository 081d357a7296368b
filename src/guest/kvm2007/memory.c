/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S10: a registration or a call writes nowhere but where the ABI says: not around the stack
 * pointer, not in the image, and not in memory that the guest never named.
 */
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "guest/select.h"
#include "lib/multiboot.h"
#include "lib/string.h"
#include "x86/insn.h"

/* linker.ld, boot/entry.asm */
extern const uint8_t image_start[], rodata_end[], image_end[];
extern const uint64_t boot_pd[512], boot_pt[2 * 512];

/* ---- around the stack pointer ---- */

/*
 * Code that makes an interaction with RSP in the middle of a canary: MOV RBP, RSP; MOV RSP, RBX;
 * the instruction, at most three bytes; MOV RSP, RBP; RET.
 */
static const uint8_t enter[] = {0x48, 0x89, 0xe5, 0x48, 0x89, 0xdc};
static const uint8_t leave[] = {0x48, 0x89, 0xec, 0xc3};
static const uint8_t rdmsr_code[] = {0x0f, 0x32};
static const uint8_t wrmsr_code[] = {0x0f, 0x30};

#define CALL_SIZE    3
#define STACK_PAGE   PAGE_CANARY_0
#define STACK_OFFSET 0x800
#define CODE_PAGE    PAGE_SITE_B

static void expect_stack_kept(struct run *run, const char *what)
{
	expect(run, page_untouched(STACK_PAGE, 0, STACK_OFFSET),
	       "%s: wanted nothing written below RSP", what);
	expect(run, page_untouched(STACK_PAGE, STACK_OFFSET, PAGE_SIZE),
	       "%s: wanted nothing written from RSP on", what);
}

static struct gprs canary_gprs(void)
{
	struct gprs gprs = noise_gprs();

	gprs.rbx = (uint64_t)page_bytes(STACK_PAGE) + STACK_OFFSET;
	return gprs;
}

static void access_msr(struct run *run, const uint8_t code[2], uint64_t value)
{
	uint8_t *to = page_bytes(CODE_PAGE);
	struct gprs gprs = canary_gprs();
	struct outcome outcome;

	memcpy(to, enter, sizeof(enter));
	memcpy(to + sizeof(enter), code, 2);
	memcpy(to + sizeof(enter) + 2, leave, sizeof(leave));
	gprs.rcx = KVM2007_MSR_API_MAGIC;
	gprs.rax = (uint32_t)value;
	gprs.rdx = value >> 32;
	interact_call(page_entry(CODE_PAGE), &gprs, &outcome);
	expect_stack_kept(run, code == rdmsr_code ? "RDMSR" : "WRMSR");
}

/*
 * Writes code with a site in it, and registers that.  A host may write a RET after the call: the
 * guest replaces it.  False: the check has failed.
 */
static bool make_call_code(struct run *run, const uint8_t *before, unsigned before_size,
			   const uint8_t *after, unsigned after_size)
{
	struct site site = fresh_site_at(CODE_PAGE, before_size);
	struct answer answer;

	register_site(&site, &answer);
	expect(run, site_patched(&site), "no registration, so no call: the site is not patched");
	memcpy(page_bytes(CODE_PAGE), before, before_size);
	memcpy(site.bytes + CALL_SIZE, after, after_size);
	return !run->failed;
}

static void call_on_canary(struct run *run, uint64_t index)
{
	const struct site code = {.entry = page_entry(CODE_PAGE)};
	struct gprs gprs = canary_gprs();
	struct outcome outcome;

	gprs.rax = index;
	hypercall64_gprs(&code, &gprs, &outcome);
	expect_stack_kept(run, "call");
}

static void stack(struct run *run)
{
	struct registration all[REGISTRATIONS_MAX];
	struct answer answer;

	for (unsigned ending = 0; ending < ENDINGS; ending++) {
		struct site site = fresh_site();

		if (!registrations((enum ending)ending, page_gpa(PAGE_STATE_A), site.gpa, all))
			continue;
		registration_prepare(&all[0], state_of(PAGE_STATE_A), &answer);
		access_msr(run, wrmsr_code, all[0].page);
	}
	access_msr(run, rdmsr_code, 0);
	if (!make_call_code(run, enter, sizeof(enter), leave, sizeof(leave)))
		return;
	call_on_canary(run, 0);
	call_on_canary(run, random64());
	if (run->options.has_echo)
		call_on_canary(run, run->options.echo);
}

/* Expects of a call with the stack as it should be that it returns, with ESP kept. */
static bool expect_sane_call(struct run *run, const struct site *site, const uint64_t args[6])
{
	struct call32 call;

	hypercall32(site, MODE32_UNPAGED, 0, args, 0, &call);
	if (!expect_returned32(run, &call))
		return false;
	expect_equal(run, "esp", (uint32_t)call.out.rsp, (uint32_t)call.in.rsp);
	return !run->failed;
}

/*
 * Without paging, where all registers but ESP are index and arguments: MOV [saved], ESP; MOV ESP,
 * top; the call; MOV ESP, [saved]; RET.  A trap on this stack would be the end, so a call on the
 * usual one is tried first.
 */
static void stack_32(struct run *run)
{
	static const uint64_t args[6];
	const uint32_t saved = (uint32_t)page_gpa(CODE_PAGE) + 0x800;
	const uint32_t top = (uint32_t)page_gpa(STACK_PAGE) + STACK_OFFSET;
	uint8_t enter32[] = {0x89, 0x25, 0, 0, 0, 0, 0xbc, 0, 0, 0, 0};
	uint8_t leave32[] = {0x8b, 0x25, 0, 0, 0, 0, 0xc3};
	struct call32 call;
	struct site site;

	memcpy(enter32 + 2, &saved, sizeof(saved));
	memcpy(enter32 + 7, &top, sizeof(top));
	memcpy(leave32 + 2, &saved, sizeof(saved));
	if (!register_default(run, &site) || !expect_sane_call(run, &site, args) ||
	    !make_call_code(run, enter32, sizeof(enter32), leave32, sizeof(leave32)))
		return;
	hypercall32_prepare(&site, MODE32_UNPAGED, 1, args, 0, &call);
	call.target = (uint32_t)page_gpa(CODE_PAGE);
	hypercalls32(&call, 1);
	if (expect_returned32(run, &call))
		expect_stack_kept(run, "call");
}

/* ---- all other memory ---- */

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

/* Entries of page tables, without the bits that the CPU sets: accessed, dirty. */
static uint64_t sum_table(const volatile uint64_t *entry, unsigned n)
{
	uint64_t sum = 0;

	while (n--)
		sum = (sum + (*entry++ & ~UINT64_C(0x60))) * 3;
	return sum;
}

static uint64_t sum_tables(void)
{
	const uint64_t root = READ_REG(cr3) & -(uint64_t)PAGE_SIZE;
	const struct cpu *cpu = this_cpu();

	return sum_words(cpu->gdt, cpu->gdt + sizeof(cpu->gdt) / sizeof(cpu->gdt[0])) +
	       sum_table((const uint64_t *)root, 512) + 3 * sum_table(boot_pd, 512) +
	       5 * sum_table(boot_pt, 1024);
}

static void tables(struct run *run)
{
	const uint64_t before = sum_tables();

	interact_in_all_ways(run);
	expect(run, sum_tables() == before, "GDT and page tables: wanted them unchanged");
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

static uint64_t chunk_sums[CHUNKS_MAX];
static bool memory_noted;

/* The lowest page of memory from @from on that is free, and not the image's or the pages'. */
static uint64_t free_page(uint64_t from)
{
	uint64_t page = multiboot_find_memory(from, PAGE_SIZE, PAGE_SIZE);

	if (page >= (uint64_t)image_start && page < (uint64_t)image_end)
		return free_page((uint64_t)image_end);
	if (page >= page_gpa(0) && page < page_gpa(PAGES))
		return free_page(page_gpa(PAGES));
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

/* No other vCPU has been started yet, so that nobody uses what is free. */
static void all_memory(struct run *run)
{
	uint64_t page = free_page(PAGE_SIZE);

	if (!memory_noted) {
		skip(run, "more than 256 MiB of memory");
		return;
	}
	interact_in_all_ways(run);
	for (unsigned chunk = 0; page; chunk++) {
		uint64_t first = page;

		expect(run, sum_chunk(&page) == chunk_sums[chunk],
		       "memory from %#lx on: wanted it as before the first contact", first);
	}
}

static const char slow[] = "takes long: name it in only=, or strict";

static const struct check checks[] = {
	{"memory.all", "S10", CHECK_NAMED, .body = all_memory, .todo = slow},
	{"memory.stack", "S10", .body = stack},
	{"memory.stack-legacy", "S10", CHECK_LEGACY, .body = stack_32},
	{"memory.tables", "S10", .body = tables},
};

const struct area memory_area = AREA(checks);

void memory_note(const struct run *run)
{
	const struct options *o = &run->options;
	uint64_t page = free_page(PAGE_SIZE);

	image_sum = sum_words(image_start, rodata_end);
	if (!is_selected(&checks[0], o) || !(o->strict || is_named(&checks[0], o)))
		return;
	for (unsigned chunk = 0; page && chunk < CHUNKS_MAX; chunk++)
		chunk_sums[chunk] = sum_chunk(&page);
	memory_noted = !page;
}

/* The last check of the run, for what all others did. */
static const struct check end_checks[] = {
	{"memory.image", "S10", CHECK_LAST, .body = image_at_end},
};

const struct area end_area = AREA(end_checks);
