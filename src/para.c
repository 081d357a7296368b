/* SPDX-License-Identifier: GPL-2.0-only */
#include "para.h"

#include "lib/console.h"
#include "lib/multiboot.h"
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
extern const uint8_t op_rdmsr[], op_wrmsr[], op_wrmsr32[];

static const uint8_t unpatched[SITE_SIZE] = {0x0f, 0x0b, 0xc3, 0xc3}; /* UD2; RET; RET */
static const uint8_t instructions[][3] = {
	[CALL_AMD] = {0x0f, 0x01, 0xd9},   /* VMMCALL */
	[CALL_INTEL] = {0x0f, 0x01, 0xc1}, /* VMCALL */
	[CALL_EITHER] = {0x0f, 0x01, 0xd9},
};

static uint64_t pool;  /* gpa of the first page */
static uint64_t noise; /* what para_reset() last filled with */
static uint64_t resets;
static uint64_t random; /* state of the generator */
static bool tracing;
static enum call_vendor vendor; /* CPUID exits: ask once */

static uint64_t virtual_page(uint64_t window, enum para_page page)
{
	return window + (uint64_t)page * PAGE_SIZE;
}

static bool holds_sites(enum para_page page)
{
	return page == PAGE_STATE_A || page == PAGE_STATE_B || page == PAGE_SITE_A ||
	       page == PAGE_SITE_B;
}

static enum call_vendor find_vendor(void)
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

bool para_init(void)
{
	pool = multiboot_find_memory((uint64_t)image_end, PARA_PAGES * PAGE_SIZE, PAGE_SIZE);
	if (!pool)
		return false;
	vendor = find_vendor();
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
	resets++;
	for (unsigned i = 0; i < PARA_PAGES; i++)
		fill_words(para_bytes(i), page_noise(i), PAGE_SIZE / sizeof(uint64_t));
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

struct gprs para_noise(void)
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
	struct gprs gprs = para_noise();

	gprs.rcx = msr | gprs.rcx << 32;
	run((uint64_t)op_rdmsr, &gprs, outcome);
}

void para_wrmsr(uint32_t msr, uint64_t value, struct outcome *outcome)
{
	struct gprs gprs = para_noise();

	/* The instruction reads ECX, EAX and EDX: the noise above them has no say. */
	gprs.rcx = msr | gprs.rcx << 32;
	gprs.rax = (uint32_t)value | gprs.rax << 32;
	gprs.rdx = value >> 32 | gprs.rdx << 32;
	run((uint64_t)op_wrmsr, &gprs, outcome);
}

void para_call(const struct site *site, uint64_t index, const uint64_t args[6],
	       struct outcome *outcome)
{
	struct gprs gprs = para_noise();

	gprs.rax = index;
	gprs.rdi = args[0];
	gprs.rsi = args[1];
	gprs.rdx = args[2];
	gprs.rcx = args[3];
	gprs.r8 = args[4];
	gprs.r9 = args[5];
	para_call_gprs(site, &gprs, outcome);
}

void para_trace_call(const struct gprs *in, bool returned, uint64_t result)
{
	if (tracing)
		tap_diag("call 64 %#lx %#lx %#lx %#lx %#lx %#lx %#lx = %s%#lx", in->rax, in->rdi,
			 in->rsi, in->rdx, in->rcx, in->r8, in->r9, returned ? "" : "exception ",
			 result);
}

void para_call_gprs(const struct site *site, const struct gprs *gprs, struct outcome *outcome)
{
	run(site->entry, gprs, outcome);
	if (outcome->faulted)
		para_trace_call(gprs, false, outcome->fault.vector);
	else
		para_trace_call(gprs, true, outcome->after.rax);
}

static bool run32(uint64_t target, enum mode32 mode, const struct gprs *gprs, struct call32 *call)
{
	call->target = (uint32_t)target;
	call->in = *gprs;
	console_flush();
	return interact32(call, mode);
}

/* @value with its low half replaced. */
static uint64_t with_low(uint64_t value, uint32_t low)
{
	return (value & ~UINT64_C(0xffffffff)) | low;
}

static void trace32(uint32_t index, const uint32_t args[6], const struct call32 *call)
{
	tap_diag("call 32 %#x %#x %#x %#x %#x %#x %#x = %s%#x", index, args[0], args[1], args[2],
		 args[3], args[4], args[5], call->faulted ? "exception " : "",
		 call->faulted ? call32_vector(call) : (unsigned)call->out.rax);
}

bool para_call32(const struct site *site, enum mode32 mode, uint32_t index, const uint32_t args[6],
		 uint32_t eflags, struct call32 *call)
{
	struct gprs gprs = para_noise();
	bool returned;

	gprs.rbx = with_low(gprs.rbx, index);
	gprs.rax = args[0];
	gprs.rcx = args[1];
	gprs.rdx = args[2];
	gprs.rsi = with_low(gprs.rsi, args[3]);
	gprs.rdi = with_low(gprs.rdi, args[4]);
	gprs.rbp = with_low(gprs.rbp, args[5]);
	gprs.rflags |= eflags;
	returned = run32(mode == MODE32_UNPAGED ? site->gpa : site->entry, mode, &gprs, call);
	if (tracing)
		trace32(index, args, call);
	return returned;
}

bool para_wrmsr32(uint32_t msr, uint64_t value, enum mode32 mode, struct call32 *call)
{
	struct gprs gprs = para_noise();

	gprs.rcx = msr;
	gprs.rax = (uint32_t)value;
	gprs.rdx = value >> 32;
	return run32((uint64_t)op_wrmsr32, mode, &gprs, call);
}

void para_enter(enum strange_mode mode, uint64_t entry, const struct gprs *regs,
		struct trap_frame *fault)
{
	struct iret_call call = {.regs = *regs, .rip = entry, .cs = SEL_CODE32, .ss = SEL_DATA};

	if (mode == STRANGE_USER) {
		call.cs = SEL_USER_CODE64 | RPL_USER;
		call.ss = SEL_USER_DATA | RPL_USER;
	}
	console_flush();
	interact_by_iret(&call);
	*fault = this_cpu()->in_flight.fault;
}

void para_user(enum para_page page, bool user)
{
	paging_map(virtual_page(EXECUTABLE, page), para_gpa(page), PAGE_RX | (user ? PTE_U : 0));
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
