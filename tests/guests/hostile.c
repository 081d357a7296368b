/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest may try against its host.  Each attack runs as machine code in a page of its own,
 * inside an interaction, so that the fault that it deserves is an outcome like any other.
 */
#include "hostile.h"

#include <stdarg.h>
#include <stddef.h>

#include "abi/kvm_para.h"
#include "lib/multiboot.h"
#include "lib/panic.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/trap.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define INT3 0xcc
#define RET "\xc3"

/* Three pages of memory: code, para state, call site; and where each may be written or executed. */
enum page { PAGE_CODE, PAGE_STATE, PAGE_SITE, PAGES };

#define WRITABLE(page) (PAGING_WINDOW + (page) * PAGE_SIZE)
#define EXECUTABLE(page) (PAGING_WINDOW + 0x100000 + (page) * PAGE_SIZE)
#define ANYWHERE (PAGING_WINDOW_END - PAGE_SIZE)
#define GPA(page) (pool + (page) * PAGE_SIZE)

extern uint8_t image_end[];

static uint64_t pool;

/* ---- attacks and outcomes ------------------------------------------------------------------- */

struct outcome {
	bool faulted;
	uint64_t vector, error; /* if it did */
	uint64_t rax, rcx, rdx, rsi;
};

static struct outcome run_at(uint64_t target, struct gprs in)
{
	const struct trap_frame *f = &this_cpu()->in_flight.fault;
	struct call call = {.target = target, .in = in};

	call.in.rflags |= RFLAGS_RESERVED1;
	if (interact(&call))
		return (struct outcome){.rax = call.out.rax, .rcx = call.out.rcx,
					.rdx = call.out.rdx, .rsi = call.out.rsi};
	return (struct outcome){true, f->vector, f->error, f->rax, f->rcx, f->rdx, f->rsi};
}

static struct outcome run(const char *code, struct gprs in)
{
	char *page = (char *)WRITABLE(PAGE_CODE);
	size_t length = strlen(code);

	memset(page, INT3, 32);
	memcpy(page, code, length);
	memcpy(page + length, RET, 1);
	return run_at(EXECUTABLE(PAGE_CODE), in);
}

#define RUN(code, ...) run(code, (struct gprs){__VA_ARGS__})

static bool faulted(const struct outcome *o, unsigned vector)
{
	if (o->faulted && o->vector == vector && !o->error)
		return true;
	if (o->faulted)
		tap_diag("wanted exception %u(0), got %lu(%#lx)", vector, o->vector, o->error);
	else
		tap_diag("wanted exception %u(0), got none: rax %#lx rdx %#lx", vector, o->rax, o->rdx);
	return false;
}

static bool equal(const char *what, uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		tap_diag("%s: wanted %#lx, got %#lx", what, wanted, got);
	return got == wanted;
}

static bool came_back(const struct outcome *o)
{
	if (o->faulted)
		tap_diag("wanted no exception, got %lu(%#lx)", o->vector, o->error);
	return !o->faulted;
}

static struct tap *tap;

static void begin(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void begin(const char *fmt, ...)
{
	static char name[48];
	va_list args;

	va_start(args, fmt);
	vformat(name, sizeof(name), fmt, args);
	va_end(args);
	tap_run(tap, name);
}

/* ---- instructions that the guest's CPU does not have ----------------------------------------- */

static const struct {
	const char *name, *code;
} instructions[] = {
	{"vmrun", "\x0f\x01\xd8"},   {"vmload", "\x0f\x01\xda"},  {"vmsave", "\x0f\x01\xdb"},
	{"stgi", "\x0f\x01\xdc"},    {"clgi", "\x0f\x01\xdd"},	  {"skinit", "\x0f\x01\xde"},
	{"invlpga", "\x0f\x01\xdf"}, {"monitor", "\x0f\x01\xc8"}, {"mwait", "\x0f\x01\xc9"},
	{"xsetbv", "\x0f\x01\xd1"},  {"rdtscp", "\x0f\x01\xf9"},  {"vmcall", "\x0f\x01\xc1"},
};

/* RAX: addresses where the host's own tables and the host itself may lie. */
static bool try_instruction(unsigned i)
{
	static const uint64_t addresses[] = {0, 0x100000, 0x180000, 0x1000000, 0xfee00000, BIT(36)};
	bool ok = true;

	begin("instruction.%s", instructions[i].name);
	for (unsigned a = 0; a < LENGTH(addresses); a++) {
		struct outcome o = RUN(instructions[i].code, .rax = addresses[a]);

		ok &= faulted(&o, VECTOR_UD) && equal("rax", o.rax, addresses[a]);
	}
	return ok;
}

/* ---- MSRs ------------------------------------------------------------------------------------ */

static const uint32_t msrs[] = {
	MSR_VM_CR, MSR_VM_HSAVE_PA, MSR_APIC_BASE,
	0xfe, 0x2ff, 0x200,	  /* MTRR_CAP, MTRR_DEF_TYPE, MTRR_PHYS_BASE0 */
	0x179, 0x17a, 0x400,	  /* MCG_CAP, MCG_STATUS, MC0_CTL */
	0xc0000103,		  /* TSC_AUX */
	0x3a, 0x480, 0x1d9, 0xda0, /* FEATURE_CONTROL, VMX_BASIC, DEBUG_CTL, XSS */
	0x800, 0x830,		  /* x2APIC */
	0xc0010010, 0xc0010015, 0xc0010111, 0xc0010112, /* SYSCFG, HWCR, SMM_BASE, SMM_ADDR */
	0, 0x2000, 0x12345678, 0x40000000, 0x4b564d00, 0xc0002000, 0xc0012000, 0xffffffff,
};

static struct outcome read_msr(uint32_t msr)
{
	return RUN("\x0f\x32", .rcx = msr, .rax = 0x5555, .rdx = 0xaaaa);
}

static struct outcome write_msr(uint32_t msr, uint64_t value)
{
	return RUN("\x0f\x30", .rcx = msr, .rax = (uint32_t)value, .rdx = value >> 32);
}

static bool try_rdmsr(unsigned i)
{
	struct outcome o;

	begin("rdmsr.%#x", msrs[i]);
	o = read_msr(msrs[i]);
	return faulted(&o, VECTOR_GP) && equal("rax", o.rax, 0x5555) && equal("rdx", o.rdx, 0xaaaa);
}

static bool try_wrmsr(unsigned i)
{
	static const uint64_t values[] = {0, 0x100000, UINT64_MAX};
	bool ok = true;

	begin("wrmsr.%#x", msrs[i]);
	for (unsigned v = 0; v < LENGTH(values); v++) {
		struct outcome o = write_msr(msrs[i], values[v]);

		ok &= faulted(&o, VECTOR_GP);
	}
	return ok;
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* Ports that are not given, or are so only in part; what to write there to do harm. */
static const struct {
	uint16_t port;
	uint8_t sizes; /* a bit each, as the size itself */
	uint32_t value;
} ports[] = {
	{0xe9, 7, 0x58585858}, /* the host's log */
	{0x402, 7, 0x58585858}, {0x80, 7, 0}, {0x61, 7, 3}, {0x70, 7, 0x8f},
	{0x64, 7, 0xfe}, {0x92, 7, 1}, {0xcf9, 7, 6}, /* reset */
	{0xcf8, 7, 0x80000000}, {0x510, 7, 0}, {0x514, 7, 0x100000}, {0x1f0, 7, 0},
	{0xf3, 6, 0x1010}, {0xf4, 6, 0x10}, /* reach over to the exit device, or beyond it */
	{0x3f6, 4, 0}, {0x3ff, 6, 0}, {0x603, 6, 0x2000}, {0x604, 4, 0x2000},
	{0, 7, 0}, {0xffff, 7, 0xffffffff},
};

static uint64_t size_mask(unsigned size)
{
	return (UINT64_C(1) << 8 * size) - 1;
}

static bool try_in(unsigned i)
{
	static const char *const codes[] = {[1] = "\xec", [2] = "\x66\xed", [4] = "\xed"};
	const uint64_t before = 0x5555555555555555;
	bool ok = true;

	begin("in.%#x", ports[i].port);
	for (unsigned size = 1; size <= 4; size *= 2) {
		struct outcome o;

		if (!(ports[i].sizes & size))
			continue;
		o = RUN(codes[size], .rdx = ports[i].port, .rax = before);
		ok &= came_back(&o) &&
		      equal("rax", o.rax,
			    size == 4 ? size_mask(4) : (before & ~size_mask(size)) | size_mask(size));
	}
	return ok;
}

static bool try_out(unsigned i)
{
	static const char *const codes[] = {[1] = "\xee", [2] = "\x66\xef", [4] = "\xef"};
	bool ok = true;

	begin("out.%#x", ports[i].port);
	for (unsigned size = 1; size <= 4; size *= 2) {
		struct outcome o;

		if (!(ports[i].sizes & size))
			continue;
		o = RUN(codes[size], .rdx = ports[i].port, .rax = ports[i].value);
		ok &= came_back(&o) && equal("rax", o.rax, ports[i].value);
	}
	return ok;
}

/* A string that is written to nobody moves on; one that is read would need our page tables. */
static const struct {
	const char *name, *code;
	uint64_t flags;
	int64_t moved; /* RSI */
	uint64_t left; /* RCX, of 5 */
} strings[] = {
	{"outsb", "\x6e", 0, 1, 5},
	{"outsl", "\x6f", 0, 4, 5},
	{"rep-outsb", "\xf3\x6e", 0, 5, 0},
	{"rep-outsw", "\x66\xf3\x6f", 0, 10, 0},
	{"rep-outsl", "\xf3\x6f", 0, 20, 0},
	{"rep-outsl-down", "\xf3\x6f", RFLAGS_DF, -20, 0},
};

static bool try_outs(unsigned i)
{
	const uint64_t rsi = WRITABLE(PAGE_STATE) + 64;
	struct outcome o;

	begin("%s", strings[i].name);
	o = RUN(strings[i].code, .rdx = 0xe9, .rcx = 5, .rsi = rsi, .rflags = strings[i].flags);
	return came_back(&o) && equal("rsi", o.rsi, rsi + (uint64_t)strings[i].moved) &&
	       equal("rcx", o.rcx, strings[i].left);
}

static const char *const ins[] = {"\x6c", "\x6d", "\xf3\x6c", "\xf3\x6d"};

static bool try_ins(unsigned i)
{
	struct outcome o;

	begin("ins.%u", i);
	o = RUN(ins[i], .rdx = 0xe9, .rcx = 5, .rdi = WRITABLE(PAGE_STATE));
	return faulted(&o, VECTOR_GP);
}

/* ---- registrations --------------------------------------------------------------------------- */

struct place {
	const char *name;
	uint64_t gpa;
	enum { ABSOLUTE, FROM_END, FROM_POOL } base;
};

static uint64_t place_gpa(const struct place *place)
{
	if (place->base == FROM_END)
		return multiboot_memory_end() + place->gpa;
	return place->base == FROM_POOL ? GPA(PAGE_STATE) + place->gpa : place->gpa;
}

static const struct place bad_pages[] = {
	{"hole-start", 0xa0000, ABSOLUTE},
	{"hole-end", 0xff000, ABSOLUTE},
	{"memory-end", 0, FROM_END},
	{"memory-end-8", (uint64_t)-8, FROM_END},
	{"high-bit-32", BIT(32), FROM_POOL},
	{"high-bit-63", BIT(63), FROM_POOL},
	{"2-32", BIT(32), ABSOLUTE},
	{"2-40", BIT(40), ABSOLUTE},
	{"2-52", BIT(52), ABSOLUTE},
	{"local-apic", 0xfee00000, ABSOLUTE},
	{"last-page", (uint64_t)-PAGE_SIZE, ABSOLUTE},
	{"last-byte", UINT64_MAX, ABSOLUTE},
	{"plus-1", 1, FROM_POOL},
	{"plus-8", 8, FROM_POOL},
	{"plus-2048", 2048, FROM_POOL},
	{"minus-1", (uint64_t)-1, FROM_POOL},
};

static bool try_page(unsigned i)
{
	struct outcome o;

	begin("register.%s", bad_pages[i].name);
	o = write_msr(MSR_KVM_API_MAGIC, place_gpa(&bad_pages[i]));
	return faulted(&o, VECTOR_GP);
}

static const struct place bad_sites[] = {
	{"hole", 0xa0000, ABSOLUTE},
	{"into-hole", 0x9fffe, ABSOLUTE},
	{"out-of-hole", 0xfffff, ABSOLUTE},
	{"memory-end", 0, FROM_END},
	{"memory-end-1", (uint64_t)-1, FROM_END},
	{"memory-end-2", (uint64_t)-2, FROM_END},
	{"2-32", BIT(32), ABSOLUTE},
	{"2-52", BIT(52), ABSOLUTE},
	{"last-byte", UINT64_MAX, ABSOLUTE},
	{"last-3-bytes", (uint64_t)-3, ABSOLUTE},
};

/* Of all pages of ours that a bad site's neighbours lie in. */
static uint64_t digest(void)
{
	const uint64_t pages[] = {0, 0x9f000, 0x100000, multiboot_memory_end() - PAGE_SIZE,
				  GPA(PAGE_SITE)};
	const uint64_t *words = (const uint64_t *)ANYWHERE;
	uint64_t sum = 0;

	for (unsigned i = 0; i < LENGTH(pages); i++) {
		paging_map(ANYWHERE, pages[i], PAGE_RO);
		for (unsigned w = 0; w < PAGE_SIZE / sizeof(*words); w++)
			sum = sum * 31 + words[w];
	}
	paging_unmap(ANYWHERE);
	return sum;
}

static uint32_t register_site(uint64_t site)
{
	volatile struct kvm_vcpu_para_state *state = (void *)WRITABLE(PAGE_STATE);
	struct outcome o;

	state->guest_version = KVM_PARA_API_VERSION;
	state->host_version = 0;
	state->size = sizeof(*state);
	state->ret = 0x5a5a5a5a;
	state->hypercall_gpa = site;
	o = write_msr(MSR_KVM_API_MAGIC, GPA(PAGE_STATE));
	return came_back(&o) ? state->ret : 0x5a5a5a5a;
}

static bool try_site(unsigned i)
{
	uint64_t before;

	begin("site.%s", bad_sites[i].name);
	before = digest();
	return equal("ret", register_site(place_gpa(&bad_sites[i])), (uint32_t)-KVM_EINVAL) &&
	       equal("digest", digest(), before);
}

/* ---- the rest, each in its own way ----------------------------------------------------------- */

static uint64_t efer(void)
{
	struct outcome o = read_msr(MSR_EFER);

	return o.rdx << 32 | o.rax;
}

static bool efer_shown(void)
{
	return equal("EFER but SCE, NXE", efer() & ~(EFER_SCE | EFER_NXE), EFER_LME | EFER_LMA);
}

static bool efer_refuses(uint64_t flipped)
{
	uint64_t before = efer();
	struct outcome o = write_msr(MSR_EFER, before ^ flipped);

	return faulted(&o, VECTOR_GP) && equal("EFER", efer(), before);
}

static bool efer_svme(void)
{
	return efer_refuses(EFER_SVME);
}

static bool efer_lme(void)
{
	return efer_refuses(EFER_LME);
}

static bool efer_reserved(void)
{
	bool ok = true;

	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(BIT(bit) & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)))
			ok &= efer_refuses(BIT(bit));
	}
	return ok;
}

static bool efer_as_read(void)
{
	struct outcome o = write_msr(MSR_EFER, efer());

	return came_back(&o);
}

static bool cpuid_svm(void)
{
	return equal("8000_0001h ECX bit 2", cpuid(0x80000001, 0).ecx & BIT(2), 0);
}

/* Monitor, x2APIC, XSAVE, OSXSAVE; APIC; RDTSCP. */
static bool cpuid_hidden(void)
{
	return equal("1 ECX", cpuid(1, 0).ecx & (BIT(3) | BIT(21) | BIT(26) | BIT(27)), 0) &
	       equal("1 EDX", cpuid(1, 0).edx & BIT(9), 0) &
	       equal("8000_0001h EDX", cpuid(0x80000001, 0).edx & BIT(27), 0);
}

static bool cpuid_zero(void)
{
	static const uint32_t leaves[] = {0x8000000a, 0x8000001f, 7, 0xb, 0xd, 0x40000000,
					  0x40000001, 0xc0000000, 0xffffffff};
	bool ok = true;

	for (unsigned i = 0; i < LENGTH(leaves); i++) {
		struct cpuid_regs r = cpuid(leaves[i], 0);

		ok &= equal("leaf", r.eax | r.ebx | r.ecx | r.edx ? leaves[i] : 0, 0);
	}
	return ok;
}

/* XSETBV again, now that CR4 would allow it. */
static bool xsetbv_allowed(void)
{
	uint64_t cr4 = READ_REG(cr4);
	struct outcome o = RUN("\x0f\x22\xe0", .rax = cr4 | CR4_OSXSAVE);
	struct outcome x = RUN("\x0f\x01\xd1", .rax = 7);

	if (o.faulted)
		tap_diag("CR4.OSXSAVE: exception %lu(%#lx)", o.vector, o.error);
	WRITE_REG(cr4, cr4);
	return faulted(&x, VECTOR_UD);
}

/* INVD discards what other CPUs' caches, and the host's, have not written back. */
static bool invd(void)
{
	uint64_t before = digest();
	struct outcome o = RUN("\x0f\x08");

	return came_back(&o) && equal("digest", digest(), before);
}

static bool wbinvd(void)
{
	struct outcome o = RUN("\x0f\x09");

	return came_back(&o);
}

/* After all of this an honest call still works. */
static bool call_works(void)
{
	uint8_t *site = (uint8_t *)WRITABLE(PAGE_SITE);
	struct outcome o;

	memcpy(site, "\x0f\x0b\xc3\xc3", 4);
	if (!equal("ret", register_site(GPA(PAGE_SITE)), 0) ||
	    !equal("patched", (uint64_t)memcmp(site, "\x0f\x01\xd9\xc3", 4), 0))
		return false;
	o = run_at(EXECUTABLE(PAGE_SITE), (struct gprs){.rax = 0});
	return came_back(&o) && equal("rax", o.rax, (uint64_t)-KVM_EINVAL);
}

static const struct {
	const char *name;
	bool (*try)(void);
} singles[] = {
	{"efer.shown", efer_shown},
	{"efer.svme", efer_svme},
	{"efer.lme", efer_lme},
	{"efer.reserved", efer_reserved},
	{"efer.as-read", efer_as_read},
	{"cpuid.svm", cpuid_svm},
	{"cpuid.hidden", cpuid_hidden},
	{"cpuid.zero", cpuid_zero},
	{"xsetbv.allowed", xsetbv_allowed},
	{"invd", invd},
	{"wbinvd", wbinvd},
	{"call", call_works},
};

static bool try_single(unsigned i)
{
	begin("%s", singles[i].name);
	return singles[i].try();
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const struct {
	unsigned count;
	bool (*try)(unsigned i);
} attacks[] = {
	{LENGTH(instructions), try_instruction},
	{LENGTH(msrs), try_rdmsr},
	{LENGTH(msrs), try_wrmsr},
	{LENGTH(ports), try_in},
	{LENGTH(ports), try_out},
	{LENGTH(strings), try_outs},
	{LENGTH(ins), try_ins},
	{LENGTH(bad_pages), try_page},
	{LENGTH(bad_sites), try_site},
	{LENGTH(singles), try_single},
};

static void map_pages(void)
{
	pool = multiboot_find_memory((uint64_t)image_end, PAGES * PAGE_SIZE, PAGE_SIZE);
	if (!pool)
		panic("no memory");
	for (unsigned i = 0; i < PAGES; i++) {
		paging_map(WRITABLE(i), GPA(i), PAGE_RW);
		paging_map(EXECUTABLE(i), GPA(i), PAGE_RX);
		memset((void *)WRITABLE(i), INT3, PAGE_SIZE);
	}
}

void hostile(struct tap *report)
{
	unsigned plan = 0;

	tap = report;
	map_pages();
	for (unsigned a = 0; a < LENGTH(attacks); a++)
		plan += attacks[a].count;
	tap_plan(tap, plan, NULL);
	for (unsigned a = 0; a < LENGTH(attacks); a++) {
		for (unsigned i = 0; i < attacks[a].count; i++) {
			bool ok = attacks[a].try(i);
			const char *name = tap->running;

			if (ok)
				tap_ok(tap, name);
			else
				tap_not_ok(tap, name, NULL);
		}
	}
}
