/* SPDX-License-Identifier: GPL-2.0-only */
#include "attack.h"

#include <stdarg.h>

#include "lib/boot.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/panic.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/trap.h"

#define INT3     0xcc
#define RET      "\xc3"
#define ANYWHERE (PAGING_WINDOW_END - PAGE_SIZE)

extern uint8_t image_end[];

static uint64_t pool; /* gpa of the first page */
static struct tap *tap;
static const char *skipped;

uint64_t attack_gpa(enum attack_page page)
{
	return pool + page * PAGE_SIZE;
}

struct attack_result run_at(uint64_t target, struct gprs in)
{
	const struct trap_frame *f = &this_cpu()->attempt.fault;
	struct call call = {.target = target, .in = in};

	call.in.rflags |= RFLAGS_RESERVED1;
	if (attempt_call(&call))
		return (struct attack_result){.rax = call.out.rax,
					      .rcx = call.out.rcx,
					      .rdx = call.out.rdx,
					      .rsi = call.out.rsi};
	return (struct attack_result){true, f->vector, f->error, f->rax, f->rcx, f->rdx, f->rsi};
}

struct attack_result run_code(const char *code, struct gprs in)
{
	char *page = (char *)WRITABLE(PAGE_CODE);
	size_t length = strlen(code);

	memset(page, INT3, 32);
	memcpy(page, code, length);
	memcpy(page + length, RET, 1);
	return run_at(EXECUTABLE(PAGE_CODE), in);
}

bool faulted(const struct attack_result *o, unsigned vector)
{
	if (o->faulted && o->vector == vector && !o->error)
		return true;
	if (o->faulted)
		tap_diag("wanted exception %u(0), got %lu(%#lx)", vector, o->vector, o->error);
	else
		tap_diag("wanted exception %u(0), got none: rax %#lx rdx %#lx", vector, o->rax,
			 o->rdx);
	return false;
}

bool on_intel(void)
{
	struct cpuid_regs vendor = cpuid(0, 0);

	return !memcmp(&vendor.ebx, "Genu", 4);
}

bool equal(const char *what, uint64_t got, uint64_t wanted)
{
	if (got != wanted)
		tap_diag("%s: wanted %#lx, got %#lx", what, wanted, got);
	return got == wanted;
}

bool came_back(const struct attack_result *o)
{
	if (o->faulted)
		tap_diag("wanted no exception, got %lu(%#lx)", o->vector, o->error);
	return !o->faulted;
}

void begin(const char *fmt, ...)
{
	static char name[48];
	va_list args;

	va_start(args, fmt);
	vformat(name, sizeof(name), fmt, args);
	va_end(args);
	tap_run(tap, name);
	console_flush(); /* if the attack succeeds, this is the last line */
}

struct attack_result read_msr(uint32_t msr)
{
	return RUN("\x0f\x32", .rcx = msr, .rax = 0x5555, .rdx = 0xaaaa);
}

struct attack_result write_msr(uint32_t msr, uint64_t value)
{
	return RUN("\x0f\x30", .rcx = msr, .rax = (uint32_t)value, .rdx = value >> 32);
}

uint64_t digest(void)
{
	const uint64_t pages[] = {0, 0x9f000, 0x100000, boot_memory_end() - PAGE_SIZE,
				  attack_gpa(PAGE_SITE)};
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

bool skip(const char *reason)
{
	skipped = reason;
	return true;
}

static void map_pages(void)
{
	pool = boot_find_memory((uint64_t)image_end, PAGES * PAGE_SIZE, PAGE_SIZE);
	if (!pool)
		panic("no memory");
	for (unsigned i = 0; i < PAGES; i++) {
		paging_map(WRITABLE(i), attack_gpa(i), PAGE_RW);
		paging_map(EXECUTABLE(i), attack_gpa(i), PAGE_RX);
		memset((void *)WRITABLE(i), INT3, PAGE_SIZE);
	}
}

static void run_attack(const struct attacks *attacks, unsigned i)
{
	bool ok;

	skipped = NULL;
	ok = attacks->try(i);
	if (skipped)
		tap_skip(tap, tap->running, skipped);
	else if (ok)
		tap_ok(tap, tap->running);
	else
		tap_not_ok(tap, tap->running, NULL);
}

void run_attacks(struct tap *report, const struct attacks *const *tables)
{
	unsigned plan = 0;

	tap = report;
	map_pages();
	for (unsigned t = 0; tables[t]; t++) {
		for (const struct attacks *a = tables[t]; a->count; a++)
			plan += a->count;
	}
	tap_plan(tap, plan, NULL);
	for (unsigned t = 0; tables[t]; t++) {
		for (const struct attacks *a = tables[t]; a->count; a++) {
			for (unsigned i = 0; i < a->count; i++)
				run_attack(a, i);
		}
	}
	end_run(tap, tap_verdict(tap, true));
}
