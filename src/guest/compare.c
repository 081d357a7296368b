/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/compare.h"

#include "guest/pages.h"
#include "guest/vcpu.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/msr.h"

uint64_t random_flags(void)
{
	uint64_t flags = random64() & COMPARED_FLAGS;

	return flags & RFLAGS_AC ? flags | RFLAGS_IOPL : flags & ~(uint64_t)RFLAGS_IOPL;
}

void compare_init(void)
{
	/* A PAT that no reset leaves: no page table uses its last entry. */
	if (machine_has_pat())
		msr_write(MSR_PAT, rdmsr(MSR_PAT) ^ BIT(56));
	machine_save(&this_vcpu()->usual);
	this_vcpu()->restored_at = UINT64_MAX; /* never: EFER and PAT have not been read */
}

void compare_restore(void)
{
	machine_load(&this_vcpu()->usual);
}

void comparison_more(bool follow)
{
	this_vcpu()->more_follow = follow;
}

void comparison_begin(struct comparison *c, uint64_t cr8)
{
	struct guest_vcpu *vcpu = this_vcpu();
	bool touched = vcpu->interactions != vcpu->restored_at; /* else nobody could change it */

	if (touched)
		compare_restore();
	machine_load_noise(random64, random_fill, cr8);
	machine_save(&c->before);
	if (touched && !vcpu->in_series) {
		machine_save_exiting(&c->before);
	} else {
		c->before.efer = vcpu->last_efer;
		c->before.pat = vcpu->last_pat;
	}
}

void comparison_end(struct comparison *c)
{
	struct guest_vcpu *vcpu = this_vcpu();

	machine_save(&c->after);
	vcpu->in_series = vcpu->more_follow;
	if (vcpu->in_series) {
		c->after.efer = c->before.efer;
		c->after.pat = c->before.pat;
	} else {
		machine_save_exiting(&c->after);
	}
	vcpu->last_efer = c->after.efer;
	vcpu->last_pat = c->after.pat;
	compare_restore();
	vcpu->restored_at = vcpu->interactions;
	c->made = true;
}

void expect_gprs(struct run *run, const struct gprs *before, const struct gprs *after,
		 unsigned except)
{
	static const char names[][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
	const uint64_t *wanted = &before->rax;
	const uint64_t *got = &after->rax;

	for (unsigned i = 0; i < 16; i++) {
		if (!(except & 1u << i))
			expect_equal(run, names[i], got[i], wanted[i]);
	}
}

static void format_bytes(char *text, const uint8_t *bytes, unsigned n)
{
	while (n--)
		text += format(text, 3, "%02x", bytes[n]);
}

/* Expects that the @n-th register of @r's kind is the same. */
static void expect_register(struct run *run, const struct comparison *c,
			    const struct machine_register *r, unsigned n)
{
	const uint8_t *wanted = (const uint8_t *)&c->before + r->offset + 16 * n;
	const uint8_t *got = (const uint8_t *)&c->after + r->offset + 16 * n;
	char name[16], wanted_text[33], got_text[33];

	if (!memcmp(wanted, got, r->size))
		return;
	format(name, sizeof(name), r->count ? "%s%u" : "%s", r->name, n);
	format_bytes(wanted_text, wanted, r->size);
	format_bytes(got_text, got, r->size);
	fail_check(run, "%s: wanted 0x%s, got 0x%s", name, wanted_text, got_text);
}

void expect_groups(struct run *run, const struct comparison *c, unsigned groups)
{
	if (!memcmp(&c->before, &c->after, sizeof(c->before)))
		return; /* nearly always: one by one takes twenty times as many instructions */
	for (unsigned i = 0; i < machine_register_count; i++) {
		const struct machine_register *r = &machine_registers[i];
		unsigned n = 0;

		if (!(groups & 1u << r->group))
			continue;
		do
			expect_register(run, c, r, n);
		while (++n < r->count);
	}
}

void expect_flags(struct run *run, uint64_t wanted, uint64_t got)
{
	static const struct {
		char name[8];
		uint32_t mask;
	} flags[] = {
		{"CF", RFLAGS_CF},     {"PF", RFLAGS_PF}, {"AF", RFLAGS_AF}, {"ZF", RFLAGS_ZF},
		{"SF", RFLAGS_SF},     {"OF", RFLAGS_OF}, {"DF", RFLAGS_DF}, {"IF", RFLAGS_IF},
		{"IOPL", RFLAGS_IOPL}, {"NT", RFLAGS_NT}, {"AC", RFLAGS_AC}, {"ID", RFLAGS_ID},
	};

	for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		expect_equal(run, flags[i].name, got & flags[i].mask, wanted & flags[i].mask);
}

struct gprs trap_gprs(const struct trap_frame *f)
{
	return (struct gprs){f->rax, f->rcx, f->rdx, f->rbx, f->rsp,   f->rbp,
			     f->rsi, f->rdi, f->r8,  f->r9,  f->r10,   f->r11,
			     f->r12, f->r13, f->r14, f->r15, f->rflags};
}

void expect_registers_kept(struct run *run, const struct outcome *o, unsigned written)
{
	struct gprs at_fault = trap_gprs(&o->fault);
	const struct gprs *after = o->faulted ? &at_fault : &o->after;

	at_fault.rsp += sizeof(uint64_t); /* as if the code that was called had returned */
	if (o->faulted)
		expect_equal(run, "rip", o->fault.rip, o->target);
	expect_gprs(run, &o->before, after, o->faulted ? 0 : written);
	expect_flags(run, o->before.rflags, after->rflags);
}

void expect_kept(struct run *run, unsigned page, unsigned from, unsigned to)
{
	expect(run, page_untouched(page, from, to),
	       "gpa %#lx to %#lx: wanted nothing written there", page_gpa(page) + from,
	       page_gpa(page) + to - 1);
}

void expect_page_kept(struct run *run, unsigned page)
{
	expect_kept(run, page, 0, PAGE_SIZE);
}
