/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C2, C4, C5, C32.2, S9: calls and registrations in states of the machine that most guests are
 * never in: code and stack at high addresses, other bits of control registers set; and what 32-bit
 * code can't see of the machine.
 */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "lib/string.h"
#include "x86/defs.h"
#include "x86/insn.h"

/* ---- high addresses ---- */

#define CALL_SIZE 3

/*
 * MOV RBP, RSP; MOV RSP, RBX; here two or three bytes reach the host; LEA RCX, [RIP]; MOV RBX, RSP;
 * MOV RSP, RBP; RET.  So RCX and RBX show where the host went on.
 */
static const uint8_t enter[] = {0x48, 0x89, 0xe5, 0x48, 0x89, 0xdc};
static const uint8_t leave[] = {0x48, 0x8d, 0x0d, 0,    0,    0,    0,
				0x48, 0x89, 0xe3, 0x48, 0x89, 0xec, 0xc3};
#define LEA_SIZE 7

/* The root's entry for the addresses from @alias on, which are in the upper half of them. */
static volatile uint64_t *root_entry(uint64_t alias)
{
	const uint64_t root = READ_REG(cr3) & -(uint64_t)PAGE_SIZE;

	return (volatile uint64_t *)root + (alias >> 39) % 512;
}

/* Writes the code around a call, or around a WRMSR.  Returns how long the instruction is. */
static unsigned write_code(struct run *run, bool wrmsr)
{
	static const uint8_t wrmsr_code[] = {0x0f, 0x30};
	struct site site = fresh_site_at(PAGE_SITE_B, sizeof(enter));
	const unsigned size = wrmsr ? sizeof(wrmsr_code) : CALL_SIZE;

	expect_registration(run, &site);
	state_of(PAGE_STATE_A)->hypercall_gpa = page_gpa(PAGE_SITE_A); /* not the running code */
	memcpy(page_bytes(PAGE_SITE_B), enter, sizeof(enter));
	if (wrmsr)
		memcpy(site.bytes, wrmsr_code, sizeof(wrmsr_code));
	memcpy(site.bytes + size, leave, sizeof(leave));
	return size;
}

/* All that is mapped is there a second time, from @alias on, in the upper half of all addresses. */
static void call_high(uint64_t alias, struct gprs *gprs, struct outcome *outcome)
{
	*root_entry(alias) = *root_entry(0);
	interact_call(alias + page_entry(PAGE_SITE_B), gprs, outcome);
	*root_entry(alias) = 0;
	WRITE_REG(cr3, READ_REG(cr3));
}

/* S5: the #GP is at the WRMSR, with the stack as it was. */
static void expect_gp_high(struct run *run, uint64_t alias, struct gprs *gprs)
{
	struct outcome outcome;

	gprs->rax = page_gpa(PAGE_STATE_A) + 8;
	call_high(alias, gprs, &outcome);
	expect(run, outcome.faulted && outcome.fault.vector == VECTOR_GP,
	       "WRMSR of a misaligned gpa: wanted #GP(0)");
	expect_equal(run, "rip", outcome.fault.rip, outcome.target + sizeof(enter));
	expect_equal(run, "rsp", outcome.fault.rsp, gprs->rbx);
}

static void high_addresses(struct run *run)
{
	const uint64_t alias = -(BIT(39) * (1 + random64() % 256));
	const uint64_t trap = page_entry(PAGE_SITE_A) + PAGE_SIZE / 2;
	const bool wrmsr = run->check->arg;
	const unsigned size = write_code(run, wrmsr);
	struct gprs gprs = noise_gprs();
	struct outcome outcome;

	if (run->failed)
		return;
	/* A RET of a host that went astray there leads to an INT3. */
	memcpy(page_bytes(PAGE_CANARY_0) + PAGE_SIZE / 2, &trap, sizeof(trap));
	gprs.rbx = alias + (uint64_t)page_bytes(PAGE_CANARY_0) + PAGE_SIZE / 2;
	gprs.rcx = wrmsr ? KVM2007_MSR_API_MAGIC : gprs.rcx;
	gprs.rax = wrmsr ? page_gpa(PAGE_STATE_A) : 0;
	gprs.rdx = wrmsr ? 0 : gprs.rdx;
	call_high(alias, &gprs, &outcome);
	if (!wrmsr)
		trace_call(&gprs, !outcome.faulted,
			   outcome.faulted ? outcome.fault.vector : outcome.after.rax);
	if (!expect_returned(run, "high code", &outcome))
		return;
	expect_equal(run, "rip", outcome.after.rcx,
		     outcome.target + sizeof(enter) + size + LEA_SIZE);
	expect_equal(run, "rsp", outcome.after.rbx, gprs.rbx);
	if (wrmsr)
		expect_gp_high(run, alias, &gprs);
}

/* ---- control registers ---- */

#define CR0_BITS (CR0_MP | BIT(2) | BIT(3) | CR0_NE | CR0_WP | BIT(18)) /* EM, TS; AM */
#define CR3_BITS (BIT(3) | PTE_PCD)                                     /* PWT */

/* TSD, DE; MCE, PGE, PCE: hosts of the day know no higher ones than bit 10. */
#define CR4_BITS (BIT(2) | BIT(3) | CR4_PSE | BIT(6) | BIT(7) | BIT(8) | CR4_OSXMMEXCPT)

struct control {
	uint64_t cr0, cr3, cr4;
};

static void read_control(struct control *c)
{
	*c = (struct control){READ_REG(cr0), READ_REG(cr3), READ_REG(cr4)};
}

static void write_control(const struct control *c)
{
	WRITE_REG(cr4, c->cr4);
	WRITE_REG(cr3, c->cr3);
	WRITE_REG(cr0, c->cr0);
}

static void interact_with_control(struct run *run, const struct site *site,
				  const struct control *with)
{
	struct control usual, before, after;
	struct outcome call, registration;

	read_control(&usual);
	write_control(with);
	read_control(&before);
	hypercall64(site, 0, no_args, &call);
	interact_wrmsr(KVM2007_MSR_API_MAGIC, page_gpa(PAGE_STATE_A), &registration);
	read_control(&after);
	write_control(&usual);
	expect_returned(run, "call", &call);
	expect_returned(run, "registration", &registration);
	expect_equal(run, "cr0", after.cr0, before.cr0);
	expect_equal(run, "cr3", after.cr3, before.cr3);
	expect_equal(run, "cr4", after.cr4, before.cr4);
}

/* With each of the bits as it is not usually, and all of them at once. */
static void control(struct run *run)
{
	struct control usual;
	struct site site;

	if (!register_default(run, &site))
		return;
	read_control(&usual);
	for (unsigned bit = 0; bit <= 32 && !run->failed; bit++) {
		uint64_t mask = bit < 32 ? BIT(bit) : UINT64_MAX;
		struct control with = {usual.cr0 ^ (mask & CR0_BITS), usual.cr3 ^ (mask & CR3_BITS),
				       usual.cr4 ^ (mask & CR4_BITS)};

		if (memcmp(&with, &usual, sizeof(with)))
			interact_with_control(run, &site, &with);
	}
}

/* ---- what legacy mode does not show ---- */

void expect_hidden_kept32(struct run *run, const struct call32 *call, const struct comparison *c)
{
	expect(run, !memcmp(call->out_idtr, &idt32_register, sizeof(call->out_idtr)),
	       "idtr: wanted it kept");
	expect_equal(run, "cr8", c->after.cr8, c->before.cr8);
	expect_equal(run, "kernel_gs_base", c->after.kernel_gs_base, c->before.kernel_gs_base);
}

/* A stay in @mode, with calls of several indices.  IF is set: other such checks keep it clear. */
static void stay_32(struct run *run, const struct site *site, enum mode32 mode)
{
	const uint64_t indices[] = {0, random64() % BIT(31), run->options.echo};
	const unsigned n = run->options.has_echo ? 3 : 2;
	struct call32 calls[3];
	struct comparison c;

	comparison_begin(&c, 1 + random64() % 15);
	for (unsigned i = 0; i < n; i++)
		hypercall32_prepare(site, mode, (uint32_t)indices[i], no_args, RFLAGS_IF,
				    &calls[i]);
	hypercalls32(calls, n);
	comparison_end(&c);
	for (unsigned i = 0; i < n && expect_returned32(run, &calls[i]); i++) {
		expect_preserved32(run, &calls[i]);
		expect_hidden_kept32(run, &calls[i], &c);
	}
}

static void hidden_32(struct run *run)
{
	struct site site;

	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE && !run->failed; mode++) {
		if (register_default(run, &site))
			stay_32(run, &site, mode);
	}
}

/* ---- handled calls ---- */

/* C4: an index is not cut to 32 bits. */
static void echo_bit32(struct run *run)
{
	struct outcome call;
	struct site site;

	if (!register_default(run, &site))
		return;
	hypercall64(&site, run->options.echo | BIT(32), no_args, &call);
	if (expect_returned(run, "call", &call))
		expect_equal(run, "rax", call.after.rax, (uint64_t)-KVM2007_EINVAL);
}

static void echo_with_if(struct run *run)
{
	struct gprs gprs = noise_gprs();
	struct outcome call;
	struct site site;

	if (!register_default(run, &site))
		return;
	gprs.rax = run->options.echo;
	gprs.rflags |= RFLAGS_IF;
	hypercall64_gprs(&site, &gprs, &call);
	if (expect_returned(run, "echo call", &call))
		expect_flags(run, call.before.rflags, call.after.rflags);
}

static const struct check checks[] = {
	{"hypercall64.high", "C5", .body = high_addresses, .arg = false},
	{"register.high", "S9", .body = high_addresses, .arg = true},
	{"hypercall64.keeps-modes", "C2", .body = control},
	{"echo.index-bit32", "C4", CHECK_ECHO, .body = echo_bit32, .todo = TODO_ADVICE},
	{"echo.keeps-if", "C2", CHECK_ECHO, .body = echo_with_if},
	{"hypercall32.keeps-hidden", "C32.2", CHECK_LEGACY, .body = hidden_32},
};

const struct area rare_state_area = AREA(checks);
