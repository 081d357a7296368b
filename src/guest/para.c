/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/para.h"

#include "lib/multiboot.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/paging.h"

#define INT3 0xcc

#define CPUID_VMX BIT(5) /* leaf 1 ECX */
#define CPUID_SVM BIT(2) /* leaf 8000_0001h ECX */

/* Virtual addresses: each page writable here, those that can hold a site executable there. */
#define WRITABLE   PAGING_WINDOW
#define EXECUTABLE (PAGING_WINDOW + 0x100000)
#define ANYWHERE   (PAGING_WINDOW_END - PAGE_SIZE)

extern uint8_t image_end[];

static const uint8_t unpatched[SITE_SIZE] = {0x0f, 0x0b, 0xc3, 0xc3}; /* UD2; RET; RET */
static const uint8_t instructions[][3] = {
	[CALL_AMD] = {0x0f, 0x01, 0xd9},   /* VMMCALL */
	[CALL_INTEL] = {0x0f, 0x01, 0xc1}, /* VMCALL */
	[CALL_EITHER] = {0x0f, 0x01, 0xd9},
};

static uint64_t pool;  /* gpa of the first page */
static uint64_t noise; /* what para_reset() last filled with */
static uint64_t resets;
static enum call_vendor vendor; /* CPUID exits: ask once */
static const char *doubt;       /* why it is CALL_EITHER */

static uint64_t virtual_page(uint64_t window, enum para_page page)
{
	return window + (uint64_t)page * PAGE_SIZE;
}

static bool holds_sites(enum para_page page)
{
	return page == PAGE_STATE_A || page == PAGE_STATE_B || page == PAGE_SITE_A ||
	       page == PAGE_SITE_B;
}

/* The CPU's maker, by the name that CPUID has for it. */
static enum call_vendor find_maker(void)
{
	static const struct {
		char name[13];
		enum call_vendor vendor;
	} vendors[] = {
		{"AuthenticAMD", CALL_AMD},   {"HygonGenuine", CALL_AMD},
		{"GenuineIntel", CALL_INTEL}, {"CentaurHauls", CALL_INTEL},
		{"  Shanghai  ", CALL_INTEL},
	};
	struct cpuid_regs id = cpuid(0, 0);
	uint32_t name[3] = {id.ebx, id.edx, id.ecx};

	for (unsigned i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
		if (!memcmp(name, vendors[i].name, sizeof(name)))
			return vendors[i].vendor;
	}
	return CALL_EITHER;
}

/* P1 speaks of the CPU that the VM runs on: if CPUID shows the other maker's SVM or VMX, its name is a guess. */
static enum call_vendor find_vendor(void)
{
	enum call_vendor maker = find_maker();
	bool svm = cpuid(0x80000000, 0).eax >= 0x80000001 && cpuid(0x80000001, 0).ecx & CPUID_SVM;
	bool vmx = cpuid(1, 0).ecx & CPUID_VMX;

	doubt = NULL;
	if (maker == CALL_EITHER)
		doubt = "unknown CPU vendor";
	else if (maker == CALL_AMD && vmx)
		doubt = "the CPU vendor is AMD or Hygon, but CPUID shows VMX";
	else if (maker == CALL_INTEL && svm)
		doubt = "the CPU vendor is Intel, Centaur or Zhaoxin, but CPUID shows SVM";
	return doubt ? CALL_EITHER : maker;
}

bool para_init(void)
{
	pool = multiboot_find_memory((uint64_t)image_end, PARA_PAGES * PAGE_SIZE, PAGE_SIZE);
	if (!pool)
		return false;
	vendor = find_vendor();
	para_map();
	return true;
}

void para_map(void)
{
	for (unsigned i = 0; i < PARA_PAGES; i++) {
		paging_map(virtual_page(WRITABLE, i), para_gpa(i), PAGE_RW);
		if (holds_sites(i))
			paging_map(virtual_page(EXECUTABLE, i), para_gpa(i), PAGE_RX);
	}
}

uint64_t para_gpa(enum para_page page)
{
	return pool + (uint64_t)page * PAGE_SIZE;
}

uint8_t *para_bytes(enum para_page page)
{
	return (uint8_t *)virtual_page(WRITABLE, page);
}

struct kvm_vcpu_para_state *para_state(enum para_page page)
{
	return (struct kvm_vcpu_para_state *)virtual_page(WRITABLE, page);
}

/* What para_reset() fills @page with, eight bytes at a time. */
static uint64_t page_noise(enum para_page page)
{
	return page == PAGE_SITE_A || page == PAGE_SITE_B ? UINT64_C(0xcccccccccccccccc)
							  : noise + page;
}

/* By eight words: an emulator pays less for a store than for a step of a string instruction. */
static void fill_page(volatile uint64_t *to, uint64_t word)
{
	for (const volatile uint64_t *end = to + PAGE_SIZE / sizeof(*to); to < end; to += 8) {
		to[0] = to[1] = to[2] = to[3] = word;
		to[4] = to[5] = to[6] = to[7] = word;
	}
}

void para_reset(void)
{
	noise = para_random();
	resets++;
	for (unsigned i = 0; i < PARA_PAGES; i++)
		fill_page((uint64_t *)para_bytes(i), page_noise(i));
}

uint64_t para_resets(void)
{
	return resets;
}

bool para_untouched(enum para_page page, unsigned from, unsigned to)
{
	const uint8_t *bytes = para_bytes(page);
	uint64_t word = page_noise(page);
	const uint8_t *wanted = (const uint8_t *)&word;

	for (; from < to && from % sizeof(word); from++) {
		if (bytes[from] != wanted[from % sizeof(word)])
			return false;
	}
	for (; to - from >= sizeof(word) && from < to; from += sizeof(word)) {
		if (*(const uint64_t *)(bytes + from) != word)
			return false;
	}
	for (; from < to; from++) {
		if (bytes[from] != wanted[from % sizeof(word)])
			return false;
	}
	return true;
}

void para_read_only(enum para_page page, bool read_only)
{
	paging_map(virtual_page(WRITABLE, page), para_gpa(page), read_only ? PAGE_RO : PAGE_RW);
}

uint8_t *para_map_any(uint64_t gpa)
{
	paging_map(ANYWHERE, gpa, PAGE_RW);
	return (uint8_t *)ANYWHERE;
}

struct site para_site(enum para_page page, unsigned offset)
{
	struct site site = {
		.gpa = para_gpa(page) + offset,
		.bytes = para_bytes(page) + offset,
		.entry = virtual_page(EXECUTABLE, page) + offset,
	};

	/* Code that runs on behind the RET faults at once, wherever the page's noise is not INT3. */
	memset(site.bytes, INT3, SITE_SIZE + 2);
	memcpy(site.bytes, unpatched, SITE_SIZE);
	return site;
}

bool site_unpatched(const struct site *site)
{
	return !memcmp(site->bytes, unpatched, SITE_SIZE);
}

static bool holds(const struct site *site, enum call_vendor whose)
{
	return !memcmp(site->bytes, instructions[whose], 3) && site->bytes[3] == unpatched[3];
}

bool site_patched(const struct site *site)
{
	if (vendor == CALL_EITHER)
		return holds(site, CALL_AMD) || holds(site, CALL_INTEL);
	return holds(site, vendor);
}

const uint8_t *call_instruction(enum call_vendor whose)
{
	return instructions[whose];
}

enum call_vendor para_vendor(void)
{
	return vendor;
}

const char *para_vendor_doubt(void)
{
	return doubt;
}

void para_user(enum para_page page, bool user)
{
	paging_map(virtual_page(EXECUTABLE, page), para_gpa(page), PAGE_RX | (user ? PTE_U : 0));
}

void para_seed(uint64_t seed)
{
	this_cpu()->random = seed;
}

uint64_t para_random(void)
{
	uint64_t z = this_cpu()->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}
