/* SPDX-License-Identifier: GPL-2.0-only */
#include "para.h"

#include "lib/console.h"
#include "lib/multiboot.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "lib/tap.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap.h"

#define INT3 0xcc

/* Virtual addresses: each page writable here, those that can hold a site executable there. */
#define WRITABLE   PAGING_WINDOW
#define EXECUTABLE (PAGING_WINDOW + 0x100000)
#define ANYWHERE   (PAGING_WINDOW_END - PAGE_SIZE)

extern uint8_t image_end[];
extern const uint8_t op_rdmsr[], op_wrmsr[];

static const uint8_t unpatched[SITE_SIZE] = {0x0f, 0x0b, 0xc3, 0xc3}; /* UD2; RET; RET */
static const uint8_t instructions[][3] = {
	[CALL_AMD] = {0x0f, 0x01, 0xd9},   /* VMMCALL */
	[CALL_INTEL] = {0x0f, 0x01, 0xc1}, /* VMCALL */
	[CALL_EITHER] = {0x0f, 0x01, 0xd9},
};

static uint64_t pool;   /* gpa of the first page */
static uint64_t noise;  /* what para_reset() last filled with */
static uint64_t random; /* state of the generator */
static bool tracing;

static uint64_t virtual_page(uint64_t window, enum para_page page)
{
	return window + (uint64_t)page * PAGE_SIZE;
}

static bool holds_sites(enum para_page page)
{
	return page == PAGE_STATE_A || page == PAGE_STATE_B || page == PAGE_SITE_A ||
	       page == PAGE_SITE_B;
}

bool para_init(void)
{
	pool = multiboot_find_memory((uint64_t)image_end, PARA_PAGES * PAGE_SIZE, PAGE_SIZE);
	if (!pool)
		return false;
	for (unsigned i = 0; i < PARA_PAGES; i++) {
		paging_map(virtual_page(WRITABLE, i), para_gpa(i), PAGE_RW);
		if (holds_sites(i))
			paging_map(virtual_page(EXECUTABLE, i), para_gpa(i), PAGE_RX);
	}
	return true;
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

void para_reset(void)
{
	noise = para_random();
	for (unsigned i = 0; i < PARA_PAGES; i++)
		fill_words(para_bytes(i), page_noise(i), PAGE_SIZE / sizeof(uint64_t));
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

static bool holds(const struct site *site, enum call_vendor vendor)
{
	return !memcmp(site->bytes, instructions[vendor], 3) && site->bytes[3] == unpatched[3];
}

bool site_patched(const struct site *site)
{
	enum call_vendor vendor = para_vendor();

	if (vendor == CALL_EITHER)
		return holds(site, CALL_AMD) || holds(site, CALL_INTEL);
	return holds(site, vendor);
}

const uint8_t *call_instruction(enum call_vendor vendor)
{
	return instructions[vendor];
}

enum call_vendor para_vendor(void)
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

static void run(uint64_t target, const struct gprs *gprs, struct outcome *outcome)
{
	struct call call;

	call.target = target;
	call.in = *gprs;
	console_flush(); /* what the host does may be the last thing that happens */
	outcome->faulted = !interact(&call);
	if (outcome->faulted)
		outcome->fault = this_cpu()->in_flight.fault;
	outcome->before = call.in;
	outcome->after = call.out;
}

static struct gprs noisy_gprs(void)
{
	struct gprs gprs;
	uint64_t *reg = &gprs.rax;

	for (unsigned i = 0; i < 16; i++)
		reg[i] = para_random();
	gprs.rflags = RFLAGS_RESERVED1;
	return gprs;
}

void para_rdmsr(uint32_t msr, struct outcome *outcome)
{
	struct gprs gprs = noisy_gprs();

	gprs.rcx = msr | gprs.rcx << 32;
	run((uint64_t)op_rdmsr, &gprs, outcome);
}

void para_wrmsr(uint32_t msr, uint64_t value, struct outcome *outcome)
{
	struct gprs gprs = noisy_gprs();

	/* The instruction reads ECX, EAX and EDX: the noise above them has no say. */
	gprs.rcx = msr | gprs.rcx << 32;
	gprs.rax = (uint32_t)value | gprs.rax << 32;
	gprs.rdx = value >> 32 | gprs.rdx << 32;
	run((uint64_t)op_wrmsr, &gprs, outcome);
}

void para_call(const struct site *site, uint64_t index, const uint64_t args[6],
	       struct outcome *outcome)
{
	struct gprs gprs = noisy_gprs();

	gprs.rax = index;
	gprs.rdi = args[0];
	gprs.rsi = args[1];
	gprs.rdx = args[2];
	gprs.rcx = args[3];
	gprs.r8 = args[4];
	gprs.r9 = args[5];
	para_call_gprs(site, &gprs, outcome);
}

static void trace(const struct gprs *in, const struct outcome *outcome)
{
	char result[24];

	if (outcome->faulted)
		format(result, sizeof(result), "exception %u", (unsigned)outcome->fault.vector);
	else
		format(result, sizeof(result), "%#lx", outcome->after.rax);
	tap_diag("call 64 %#lx %#lx %#lx %#lx %#lx %#lx %#lx = %s", in->rax, in->rdi, in->rsi,
		 in->rdx, in->rcx, in->r8, in->r9, result);
}

void para_call_gprs(const struct site *site, const struct gprs *gprs, struct outcome *outcome)
{
	run(site->entry, gprs, outcome);
	if (tracing)
		trace(gprs, outcome);
}

void para_seed(uint64_t seed)
{
	random = seed;
}

uint64_t para_random(void)
{
	uint64_t z = random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void para_trace(bool on)
{
	tracing = on;
}
