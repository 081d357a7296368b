/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz.h"

#include "lib/boot.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "lib/random.h"
#include "lib/serial.h"
#include "lib/string.h"
#include "x86/apic.h"
#include "x86/call32.h"
#include "x86/deadline.h"
#include "x86/insn.h"
#include "x86/msr.h"
#include "x86/smp.h"
#include "x86/timer.h"
#include "x86/trap.h"

#define ERROR_IDT   2 /* in a #GP's error code: there is no gate for the vector */
#define BASE_X2APIC BIT(10)
#define MSR_X2APIC  0x800
#define EOI         0x0b0
#define TPR         0x080
#define SPURIOUS    0x0f0
#define LVT_TIMER   0x320
#define LVT_LINT0   0x350
#define LVT_EXTINT  0x700
#define TIMER_COUNT 0x380
#define MASKED      0x10000
#define BOTH_PICS   8

extern uint8_t image_end[];

struct fuzz fuzzers[FUZZ_MAX];
unsigned fuzz_count = 1;

const struct fuzz_options *fuzz_options;

/* ---- the APIC ---- */

uint32_t fuzz_apic_read(const struct fuzz *f, unsigned offset)
{
	uint32_t value;

	if (f->x2apic)
		return (uint32_t)rdmsr(MSR_X2APIC + offset / 16);
	__asm__ volatile("movl (%1), %0"
			 : "=r"(value)
			 : "r"(fuzz_va(f, VIEW_APIC) + offset)
			 : "memory");
	return value;
}

void fuzz_apic_write(const struct fuzz *f, unsigned offset, uint32_t value)
{
	if (f->x2apic)
		wrmsr(MSR_X2APIC + offset / 16, value);
	else
		__asm__ volatile("movl %0, (%1)"
				 :
				 : "r"(value), "r"(fuzz_va(f, VIEW_APIC) + offset)
				 : "memory");
}

/* ---- traps ---- */

/* By PV EOI's bit, if that is set and chance wants it. */
static bool end_by_bit(const struct fuzz *f)
{
	return f->eoi && rdtsc() & 64 &&
	       __atomic_fetch_and(f->eoi, (uint8_t)~1u, __ATOMIC_RELAXED) & 1;
}

static void acknowledge(void)
{
	const struct fuzz *f = &fuzzers[this_cpu()->id];

	if (!f->id)
		timer_acknowledge(BOTH_PICS);
	if (fuzz_count > 1 && !end_by_bit(f))
		fuzz_apic_write(f, EOI, 0);
}

/*
 * Interrupts come at any time; whatever else comes in an attempt ends that.  One without a gate is
 * a #GP, in whose error code QEMU, unlike a CPU, does not set EXT.  So INT of such a vector looks
 * the same: it is acknowledged, too, which does no harm.
 */
static void handle_trap(struct trap_frame *frame)
{
	struct attempt *attempt = &this_cpu()->attempt;
	bool interrupt = frame->vector >= IRQ_VECTOR ||
			 (frame->vector == VECTOR_GP && frame->error & ERROR_IDT);

	if (interrupt)
		acknowledge();
	/* DR7's breakpoints and its GD, until restore() has cleared them. */
	if (frame->vector == VECTOR_DB && !attempt->active)
		return;
	if (attempt->active) {
		attempt->active = false;
		attempt->fault = *frame;
		trap_return_to(frame, &attempt->guard);
	} else if (!interrupt) {
		panic_trap(frame);
	}
}

void check_trap(void)
{
	struct trap_frame *fault = &this_cpu()->attempt.fault;

	if (fault->vector == VECTOR_NMI)
		panic("fuzz: an NMI at rip %#lx", fault->rip);
	fault->vector = 0;
}

void run_snippet_to(struct fuzz *f, const struct snippet *snippet, struct gprs in, struct gprs *out)
{
	/* Now and then at the page's end, after which nothing is executable. */
	uint64_t at = once_in(f, 8) ? PAGE_SIZE - snippet->length - 1 : 0x100;
	uint8_t *code = (uint8_t *)fuzz_va(f, VIEW_CODE_RW) + at;
	struct call call = {.target = fuzz_va(f, VIEW_CODE_RX) + at, .in = in};

	memset(code, 0xcc, PAGE_SIZE - at < 32 ? PAGE_SIZE - at : 32); /* INT3 */
	memcpy(code, snippet->bytes, snippet->length);
	code[snippet->length] = 0xc3; /* RET */
	if (attempt_call(&call))
		*out = call.out;
	check_trap();
}

void run_snippet(struct fuzz *f, const struct snippet *snippet, struct gprs in)
{
	struct gprs out;

	run_snippet_to(f, snippet, in, &out);
}

struct snippet the_call(void)
{
	struct cpuid_regs vendor = cpuid(0, 0);
	bool intel = !memcmp(&vendor.ebx, "Genu", 4);

	return (struct snippet){3, {0x0f, 0x01, intel ? 0xc1 : 0xd9}};
}

/* ---- a vCPU's run ---- */

/* What a step may have changed.  Interrupts are off, so none comes before this. */
static void restore(struct fuzz *f)
{
	machine_load(&f->machine);
	WRITE_REG(cr3, f->machine.cr3);
	WRITE_SEL(ss, SEL_DATA); /* legacy mode needs its size */
	if (fuzz_count == 1)
		return;
	fuzz_apic_write(f, SPURIOUS, 0x1ff);
	/* The PICs' interrupts, and so the timer that ends random code, are for vCPU 0. */
	fuzz_apic_write(f, LVT_LINT0, f->id ? MASKED : LVT_EXTINT);
	fuzz_apic_write(f, LVT_TIMER, MASKED);
	fuzz_apic_write(f, TIMER_COUNT, 0);
	if (once_in(f, 2)) /* else the next step finds them as they are */
		return;
	fuzz_apic_write(f, TPR, 0);
	fuzz_apic_write(f, EOI, 0);
}

static const struct fuzz_step *choose(struct fuzz *f)
{
	static const struct fuzz_step *const tables[] = {
		fuzz_io_steps,  fuzz_instruction_steps, fuzz_machine_steps, fuzz_apic_steps,
		fuzz_kvm_steps, fuzz_code_steps,        fuzz_pv_steps};
	unsigned total = 0;
	uint64_t at;

	for (unsigned t = 0; t < LENGTH(tables); t++) {
		for (const struct fuzz_step *step = tables[t]; step->name; step++)
			total += step->weight;
	}
	at = below(f, total);
	for (unsigned t = 0;; t++) {
		for (const struct fuzz_step *step = tables[t]; step->name; step++) {
			if (at < step->weight)
				return step;
			at -= step->weight;
		}
	}
}

static void run_steps(struct fuzz *f)
{
	machine_save(&f->machine);
	for (uint64_t i = 0; i < fuzz_options->count; i++) {
		const struct fuzz_step *step = choose(f);

		if (fuzz_options->trace && !f->id) {
			tap_diag("step %lu %s %#lx", i, step->name, f->random);
			console_flush();
			serial_flush();
		}
		step->run(f);
		restore(f);
	}
	f->done = true;
}

/* ---- the run ---- */

static void prepare(struct fuzz *f, unsigned id, uint64_t seed, uint64_t pool)
{
	static const struct {
		enum fuzz_view view;
		enum fuzz_page page;
		uint64_t rights;
	} maps[] = {
		{VIEW_CODE_RW, FUZZ_CODE, PAGE_RW},         {VIEW_CODE_RX, FUZZ_CODE, PAGE_RX},
		{VIEW_CODE_USER, FUZZ_CODE, PTE_W | PTE_U}, {VIEW_DATA, FUZZ_DATA, PAGE_RW | PTE_U},
		{VIEW_STATE, FUZZ_STATE, PAGE_RW},
	};

	*f = (struct fuzz){.id = id,
			   .random = seed,
			   .gpa = pool + id * FUZZ_PAGES * PAGE_SIZE,
			   .x2apic = fuzz_count > 1 && rdmsr(MSR_APIC_BASE) & BASE_X2APIC};
	f->random = random_next(&f->random) + id;
	for (unsigned i = 0; i < LENGTH(maps); i++)
		paging_map(fuzz_va(f, maps[i].view), fuzz_gpa(f, maps[i].page), maps[i].rights);
	paging_map(fuzz_va(f, VIEW_APIC), 0xfee00000, PAGE_RW | PTE_PCD);
	memset((void *)fuzz_va(f, VIEW_CODE_RW), 0xcc, PAGE_SIZE);
	memset((void *)fuzz_va(f, VIEW_DATA), 0, PAGE_SIZE);
}

/*
 * Those that were sent an INIT, perhaps just now, need not come back.  Others may wait in HLT for a
 * kick.
 */
static bool await(const struct fuzz *f)
{
	struct deadline d = deadline_in(200000000000, 20000000); /* polls, on a loaded machine */

	for (unsigned polls = 0; !f->done && before_deadline(&d); polls++) {
		if (f->lost && polls > 20000)
			return true;
		if (polls % 1024 == 0)
			fuzz_kick(&fuzzers[0], smp_cpu(f->id)->apic_id);
	}
	return f->done || f->lost;
}

static _Noreturn void finish(struct tap *tap)
{
	bool ok = true;

	for (unsigned id = 1; id < fuzz_count; id++) {
		if (await(&fuzzers[id]))
			continue;
		tap_diag("vCPU %u does not come back", id);
		ok = false;
	}
	if (ok)
		tap_ok(tap, "fuzz.steps");
	else
		tap_not_ok(tap, "fuzz.steps", NULL);
	end_run(tap, tap_verdict(tap, true));
}

static void work(void *tap)
{
	run_steps(&fuzzers[this_cpu()->id]);
	if (!this_cpu()->id)
		finish(tap);
}

_Noreturn void fuzz(struct tap *tap, const struct fuzz_options *options)
{
	uint64_t size = FUZZ_MAX * FUZZ_PAGES * PAGE_SIZE;
	uint64_t pool = boot_find_memory((uint64_t)image_end, size, PAGE_SIZE);

	tap_plan(tap, 1, NULL);
	tap_run(tap, "fuzz.steps");
	tap_diag("seed %#lx, %lu steps", options->seed, options->count);
	console_flush();
	fuzz_options = options;
	trap_unexpected = handle_trap;
	timer_stop(); /* and no other interrupt comes */
	if (options->cpus > 1)
		fuzz_count = processors_start(pool + size, (unsigned)options->cpus, false);
	if (fuzz_count != options->cpus || fuzz_count > FUZZ_MAX)
		panic("wanted %lu vCPUs of at most %u, got %u", options->cpus, FUZZ_MAX,
		      fuzz_count);
	call32_init();
	for (unsigned id = 0; id < fuzz_count; id++)
		prepare(&fuzzers[id], id, options->seed, pool);
	fuzz_prepare_starts(&fuzzers[0]);
	smp_run(work, tap);
	panic("fuzz: vCPU 0 is lost");
}
