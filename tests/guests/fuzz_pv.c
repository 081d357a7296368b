/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps by interrupts and by what today's KVM ABI has for them, where one vCPU meddles with the
 * others: the timer, ends of interrupts, pages that the host takes away, kicks, and INITs.
 */
#include "fuzz.h"

#include "abi/kvm.h"
#include "lib/string.h"
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/msr.h"
#include "x86/smp.h"

#define TPR           0x080
#define PPR           0x0a0
#define EOI           0x0b0
#define ISR           0x100
#define LVT_TIMER     0x320
#define TIMER_COUNT   0x380
#define TIMER_CURRENT 0x390
#define TIMER_DIVIDE  0x3e0
#define MASKED        0x10000u
#define PERIODIC      0x20000u
#define SELF          0x40000u
#define BASE_X2APIC   BIT(10)
#define ICR_INIT      0x500u
#define ICR_STARTUP   0x600u

static const struct snippet wrmsr_code = SNIPPET("\x0f\x30"), out_code = SNIPPET("\xef");

/* Tries it; a refusal is a result, too. */
static void write_msr(struct fuzz *f, uint32_t msr, uint64_t value)
{
	run_snippet(f, &wrmsr_code,
		    (struct gprs){.rax = (uint32_t)value,
				  .rcx = msr,
				  .rdx = value >> 32,
				  .rflags = RFLAGS_RESERVED1});
}

/* Interrupts are on for a moment, which ends with the first that comes. */
static void open_window(struct fuzz *f)
{
	static const struct snippet windows[] = {
		SNIPPET("\xfb\x90\xfa"),                     /* NOP */
		SNIPPET("\xfb\xf3\x90\xf3\x90\xfa"),         /* PAUSE */
		SNIPPET("\xfb\xf4\xfa"),                     /* HLT */
		SNIPPET("\xfb\x0f\xa2\xfa"),                 /* CPUID, which exits */
		SNIPPET("\xfb\xb9\x40\0\0\0\xe2\xfe\xfa"),   /* LOOP to itself */
		SNIPPET("\xfb\x44\x0f\x22\xc0\x90\x90\xfa"), /* MOV to CR8 */
	};
	struct gprs in = any_gprs(f);

	in.rax &= 15;
	run_snippet(f, &windows[below(f, LENGTH(windows))], in);
}

static uint32_t interrupt_vector(struct fuzz *f)
{
	return 32 + (uint32_t)below(f, 224);
}

static void send_self(struct fuzz *f)
{
	if (f->x2apic)
		write_msr(f, 0x83f, interrupt_vector(f));
	else
		fuzz_apic_write(f, APIC_ICR, SELF | ICR_ASSERT | interrupt_vector(f));
}

/* ---- the timer ---- */

/*
 * Counts that are over at once.  But periods are not that short, not for a moment: QEMU (7.2) makes
 * up for each that it has missed, and would never be done.
 */
static void start_timer(struct fuzz *f)
{
	const bool periodic = once_in(f, 2);
	const uint64_t count = BIT(below(f, 12)) - below(f, 2);

	fuzz_apic_write(f, TIMER_COUNT, 0);
	fuzz_apic_write(f, TIMER_DIVIDE, (uint32_t)below(f, 16) & 0xb);
	fuzz_apic_write(f, LVT_TIMER,
			interrupt_vector(f) | (periodic ? PERIODIC : 0) |
				(once_in(f, 8) ? MASKED : 0));
	fuzz_apic_write(f, TIMER_COUNT, (uint32_t)(periodic ? count << 16 : count));
}

static void timer_step(struct fuzz *f)
{
	for (unsigned i = 0; fuzz_count > 1 && i < 4; i++) {
		start_timer(f);
		open_window(f);
		fuzz_apic_read(f, TIMER_CURRENT);
		if (once_in(f, 2))
			fuzz_apic_write(f, TPR, (uint32_t)below(f, 256));
		open_window(f);
	}
}

/* ---- APIC and PV EOI ---- */

/* The word is in memory that CPL 3 can write, so at times the guest lies to the host. */
static void register_eoi(struct fuzz *f)
{
	const uint64_t offset = 4 * below(f, PAGE_SIZE / 4);
	uint64_t gpa = fuzz_gpa(f, FUZZ_DATA) + offset;

	f->eoi = NULL;
	if (once_in(f, 4))
		gpa = any_gpa(f) & ~UINT64_C(3);
	else
		f->eoi = (uint8_t *)fuzz_va(f, VIEW_DATA) + offset;
	write_msr(f, KVM_MSR_PV_EOI_EN,
		  gpa | (once_in(f, 6) ? 0 : KVM_MSR_ENABLED) | (once_in(f, 16) ? 2 : 0));
}

static void eoi_step(struct fuzz *f)
{
	if (once_in(f, 2))
		register_eoi(f);
	for (unsigned i = 0; fuzz_count > 1 && i < 8; i++) {
		switch (below(f, 6)) {
		case 0:
			fuzz_apic_write(f, EOI, 0); /* perhaps of none */
			break;
		case 1:
			fuzz_apic_read(f, once_in(f, 2) ? PPR : ISR + 16 * (unsigned)below(f, 24));
			break;
		case 2:
			fuzz_apic_write(f, TPR, (uint32_t)below(f, 256));
			break;
		default:
			send_self(f);
			break;
		}
		open_window(f);
	}
}

/* ---- pages that the host takes away ---- */

/* Of any vCPU; of the page tables; of the code that runs; or none that the guest can lose. */
static uint64_t any_page(struct fuzz *f)
{
	const struct fuzz *other = &fuzzers[below(f, fuzz_count)];

	switch (below(f, 8)) {
	case 0:
		return READ_REG(cr3);
	case 1:
		return (uint64_t)any_page;
	case 2:
		return below(f, LARGE_PAGE_SIZE);
	case 3:
		return any_gpa(f);
	case 4:
		return fuzz_gpa(other, (enum fuzz_page)below(f, FUZZ_PAGES));
	default:
		return fuzz_gpa(f, (enum fuzz_page)below(f, FUZZ_PAGES));
	}
}

static void take_page(struct fuzz *f, uint64_t gpa)
{
	run_snippet(f, &out_code,
		    (struct gprs){.rax = gpa / PAGE_SIZE,
				  .rdx = fuzz_options->pageout,
				  .rflags = RFLAGS_RESERVED1});
}

static void enable_async_pf(struct fuzz *f, uint64_t gpa)
{
	write_msr(f, KVM_MSR_ASYNC_PF_INT, interrupt_vector(f));
	write_msr(f, KVM_MSR_ASYNC_PF_EN,
		  (gpa & ~UINT64_C(63)) |
			  (once_in(f, 4) ? below(f, 64)
					 : KVM_MSR_ENABLED | KVM_ASYNC_PF_SEND_ALWAYS |
						   KVM_ASYNC_PF_DELIVERY_AS_INT));
}

/* Any page fault of the host's ends the snippet, and so does the interrupt that follows. */
static void page_step(struct fuzz *f)
{
	static const struct snippet touch = SNIPPET("\xfb\x90\x48\x8b\x06\x90\xfa");
	const uint64_t offset = 64 * below(f, PAGE_SIZE / 64);
	struct kvm_vcpu_pv_apf_data *area = (void *)(fuzz_va(f, VIEW_STATE) + offset);

	if (once_in(f, 2))
		enable_async_pf(f, once_in(f, 4) ? any_gpa(f) : fuzz_gpa(f, FUZZ_STATE) + offset);
	for (unsigned i = 0; i < 2; i++) {
		take_page(f, once_in(f, 2) ? fuzz_gpa(f, FUZZ_DATA) : any_page(f));
		run_snippet(
			f, &touch,
			(struct gprs){.rsi = fuzz_va(f, VIEW_DATA), .rflags = RFLAGS_RESERVED1});
		open_window(f);
		area->flags = 0;
		area->token = once_in(f, 8) ? 1 : 0;
		write_msr(f, KVM_MSR_ASYNC_PF_ACK, once_in(f, 8) ? any_value(f) : 1);
	}
}

/* ---- kicks ---- */

/* Whether there is such a call, in today's ABI. */
bool fuzz_kick(struct fuzz *f, uint64_t apic_id)
{
	const struct snippet call = the_call();
	struct gprs out = {.rax = 1};

	run_snippet_to(f, &call,
		       (struct gprs){.rax = KVM_HC_KICK_CPU,
				     .rbx = any_value(f),
				     .rcx = apic_id,
				     .rflags = RFLAGS_RESERVED1},
		       &out);
	return !out.rax;
}

/*
 * HLT with interrupts off needs a kick.  vCPU 0, whom nobody may leave waiting, sends one to itself
 * first; the others wait for any, and in the end vCPU 0 kicks them all.
 */
static void kick_step(struct fuzz *f)
{
	static const struct snippet hlt = SNIPPET("\xf4");
	const uint64_t id = once_in(f, 4) ? any_value(f) : below(f, fuzz_count + 1);

	if (!fuzz_kick(f, id) || !once_in(f, 3))
		return;
	if (f->id || fuzz_kick(f, this_cpu()->apic_id))
		run_snippet(f, &hlt, (struct gprs){.rflags = RFLAGS_RESERVED1});
}

/* ---- INITs, and start-up IPIs for code that goes on with all this in real mode ---- */

#define TRAP_AT 0xff0u /* where all traps and interrupts lead */

static void put(uint8_t **to, const void *bytes, unsigned length)
{
	memcpy(*to, bytes, length);
	*to += length;
}

#define EAX 0xb8u /* opcodes of MOV of an immediate */
#define ECX 0xb9u
#define EDX 0xbau
#define EBX 0xbbu
#define ESI 0xbeu

static void put_move(uint8_t **to, unsigned opcode, uint64_t value)
{
	const uint8_t code[] = {0x66, (uint8_t)opcode};
	const uint32_t immediate = (uint32_t)value;

	put(to, code, sizeof(code));
	put(to, &immediate, sizeof(immediate));
}

static void put_part(struct fuzz *f, uint8_t **to)
{
	static const struct snippet others[] = {
		SNIPPET("\xf3\x90"), SNIPPET("\xfb\xf4"), SNIPPET("\xfa\xf4"),
		SNIPPET("\x0f\xa2"), SNIPPET("\xfb\x90"), SNIPPET("\xfa"),
	};
	const struct snippet call = the_call(), *other = &others[below(f, LENGTH(others))];
	const struct fuzz *of = &fuzzers[below(f, fuzz_count)];
	const uint64_t gpa = fuzz_gpa(of, FUZZ_STATE) + 64 * below(f, PAGE_SIZE / 64);
	const uint64_t number = below(f, 13);

	put_move(to, EDX, 0);
	switch (below(f, 4)) {
	case 0:
		put_move(to, ECX, KVM_MSR_WALL_CLOCK + below(f, 9));
		put_move(to, EAX, once_in(f, 4) ? any_gpa(f) : gpa | 1);
		put(to, "\x0f\x30", 2); /* WRMSR */
		break;
	case 1:
		put_move(to, EAX, number);
		put_move(to, EBX, number == KVM_HC_CLOCK_PAIRING ? gpa : below(f, 16));
		put_move(to, ECX, below(f, fuzz_count));
		put_move(to, ESI, interrupt_vector(f));
		put(to, call.bytes, call.length);
		break;
	case 2:
		put_move(to, EDX, fuzz_options->pageout);
		put_move(to, EAX, any_page(f) / PAGE_SIZE);
		put(to, "\x66\xef", 2); /* OUT */
		break;
	default:
		put(to, other->bytes, other->length);
		break;
	}
}

/* Written once, for another vCPU may run it at any time. */
void fuzz_prepare_starts(struct fuzz *f)
{
	const uint64_t va = fuzz_va(f, VIEW_GAME);

	for (unsigned page = START_PAGE; page < START_PAGE + START_PAGES; page++) {
		uint8_t *to = (uint8_t *)va;

		paging_map(va, page * PAGE_SIZE, PAGE_RW);
		for (unsigned i = 0; i < 24; i++)
			put_part(f, &to);
		put(&to, "\xf3\x90\xeb\xfc", 4);                        /* PAUSE, and again */
		memcpy((uint8_t *)va + TRAP_AT, "\xfa\xf4\xeb\xfc", 4); /* CLI, HLT, and again */
	}
	paging_map(va, 0, PAGE_RW);
	for (unsigned i = 0; i < 256; i++)
		((uint32_t *)va)[i] = START_PAGE << 24 | TRAP_AT;
	paging_unmap(va);
}

static void send_command(struct fuzz *f, uint32_t command, uint32_t to)
{
	if (f->x2apic) {
		wrmsr(0x830, (uint64_t)to << 32 | command);
		return;
	}
	fuzz_apic_write(f, APIC_ICR_DESTINATION, to << 24);
	fuzz_apic_write(f, APIC_ICR, command);
}

/* One that is lost already gets it more often.  Nobody sends vCPU 0 one here, which ends all. */
static void init_step(struct fuzz *f)
{
	struct fuzz *target;

	if (fuzz_count == 1)
		return;
	target = &fuzzers[1 + below(f, fuzz_count - 1)];
	if (!target->lost && !once_in(f, 12))
		return;
	target->lost = true;
	send_command(f, ICR_ASSERT | ICR_INIT, smp_cpu(target->id)->apic_id);
	if (!once_in(f, 4))
		send_command(f,
			     ICR_ASSERT | ICR_STARTUP |
				     (START_PAGE + (uint32_t)below(f, START_PAGES)),
			     smp_cpu(target->id)->apic_id);
	if (once_in(f, 2))
		fuzz_kick(f, smp_cpu(target->id)->apic_id);
}

/* ---- the APIC's base, by which it also changes its mode ---- */

static void base_step(struct fuzz *f)
{
	uint64_t base;

	if (!msr_read(MSR_APIC_BASE, &base))
		return;
	write_msr(f, MSR_APIC_BASE, base ^ BIT(below(f, once_in(f, 4) ? 64 : 13)));
	if (msr_read(MSR_APIC_BASE, &base))
		f->x2apic = fuzz_count > 1 && base & BASE_X2APIC;
}

const struct fuzz_step fuzz_pv_steps[] = {
	{"timer", timer_step, 15}, {"eoi", eoi_step, 15},  {"page", page_step, 8},
	{"kick", kick_step, 10},   {"init", init_step, 8}, {"base", base_step, 5},
	{NULL, NULL, 0},
};
