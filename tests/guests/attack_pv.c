/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hostile use of what today's KVM ABI has for several vCPUs, kicks and IPIs, and of the host's
 * service pageout=PORT: of vCPUs that are not there, or dead; of pages that the host, or another
 * vCPU, is using.
 */
#include "attack_apic.h"

#include "abi/kvm.h"
#include "lib/boot.h"
#include "x86/apic.h"
#include "x86/deadline.h"
#include "x86/insn.h"
#include "x86/smp.h"

#define ABSENT UINT64_C(0x7e)

uint64_t attack_pageout;

/* Today's call.  The arguments by number. */
static struct attack_result call(uint64_t index, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3)
{
	cpuid(KVM_CPUID_SIGNATURE, 0); /* before that the host takes all calls for those of 2007 */
	return run_code(on_intel() ? "\x0f\x01\xc1" : "\x0f\x01\xd9",
			(struct gprs){.rax = index, .rbx = a0, .rcx = a1, .rdx = a2, .rsi = a3});
}

static bool gives(const struct attack_result *o, uint64_t wanted)
{
	return came_back(o) && equal("rax", o->rax, wanted);
}

/* ---- kicks ---- */

static const struct {
	const char *name;
	uint64_t unused, id;
} kicks[] = {
	{"absent", 0, ABSENT},
	{"broadcast", 0, BROADCAST},
	{"first-absent", 0, SMP_MAX},
	{"2-32", 0, BIT(32)},
	{"2-63", 0, BIT(63)},
	{"all-ones", UINT64_MAX, UINT64_MAX},
	{"by-the-wrong-argument", 1, ABSENT},
};

static bool try_kick(unsigned i)
{
	struct attack_result o;

	begin("kick.%s", kicks[i].name);
	o = call(KVM_HC_KICK_CPU, kicks[i].unused, kicks[i].id, 0, 0);
	return gives(&o, 0) && arrived(0);
}

/* Many kicks are one: the HLT after that would end the run if it needed a second. */
static bool try_kick_itself(unsigned i)
{
	struct attack_result o;

	(void)i;
	begin("kick.itself");
	for (unsigned n = 0; n < 3; n++)
		o = call(KVM_HC_KICK_CPU, 0, id_of(0), 0, 0);
	if (!gives(&o, 0))
		return false;
	o = RUN("\xf4");
	return came_back(&o) && arrived(0);
}

/* vCPU 1 spins: a kick is for its next HLT, and no interrupt. */
static bool try_kick_running(unsigned i)
{
	struct attack_result o;

	(void)i;
	begin("kick.one-that-runs");
	for (unsigned n = 0; n < 100; n++) {
		o = call(KVM_HC_KICK_CPU, 0, id_of(1), 0, 0);
		if (!gives(&o, 0))
			return false;
	}
	return arrived(0);
}

/* ---- IPIs ---- */

#define EINVAL ((uint64_t)-KVM_EINVAL)

static const struct {
	const char *name;
	uint64_t low; /* up to 3: a bit for each vCPU of two; else by their APIC IDs */
	uint64_t high, first, icr, result;
	unsigned wanted; /* a bit for each vCPU */
} ipis[] = {
	{"nobody", 0, 0, 0, VECTOR, 0, 0},
	{"itself", 1, 0, 0, VECTOR, 1, 1},
	{"absent", BIT(ABSENT - 64), 0, 64, VECTOR, 0, 0},
	{"behind-the-last", UINT64_MAX, UINT64_MAX, SMP_MAX, VECTOR, 0, 0},
	{"2-32", UINT64_MAX, UINT64_MAX, BIT(32), VECTOR, 0, 0},
	{"wraps", UINT64_MAX, UINT64_MAX, UINT64_MAX - 7, VECTOR, 0, 0},
	{"wraps-by-half", 0, UINT64_MAX, UINT64_MAX - 63, VECTOR, 0, 0},
	{"vector-of-nmi", 3, 0, 0, VECTOR_NMI, 2, 0},
	{"vector-0", 3, 0, 0, 0, 2, 0},
	{"smi", 3, 0, 0, SMI | VECTOR, EINVAL, 0},
	{"nmi", 3, 0, 0, NMI | VECTOR, EINVAL, 0},
	{"init", 2, 0, 0, INIT, EINVAL, 0},
	{"sipi", 2, 0, 0, SIPI | 0x20, EINVAL, 0},
	{"extint", 3, 0, 0, EXTINT | VECTOR, EINVAL, 0},
	{"logical", 3, 0, 0, LOGICAL | VECTOR, EINVAL, 0},
	{"all", 3, 0, 0, ALL | VECTOR, EINVAL, 0},
	{"others", 3, 0, 0, OTHERS | VECTOR, EINVAL, 0},
};

static bool try_ipi(unsigned i)
{
	uint64_t low = ipis[i].low;
	struct attack_result o;

	begin("ipi.%s", ipis[i].name);
	if (low <= 3)
		low = (low & 1) << id_of(0) | (low >> 1) << id_of(1);
	o = call(KVM_HC_SEND_IPI, low, ipis[i].high, ipis[i].first, ipis[i].icr);
	return gives(&o, ipis[i].result) && arrived(ipis[i].wanted);
}

/* ---- pages that are taken away ---- */

extern uint8_t image_end[];

static struct attack_result take(uint64_t page)
{
	return RUN("\xef", .rax = page, .rdx = attack_pageout);
}

/* What runs here and now: its code, its stack, its tables. */
static uint64_t page_of(const char *what)
{
	struct table_register idtr, gdtr;
	uint64_t rsp;

	__asm__ volatile("mov %%rsp, %0" : "=r"(rsp));
	__asm__ volatile("sidt %0" : "=m"(idtr));
	__asm__ volatile("sgdt %0" : "=m"(gdtr));
	switch (*what) {
	case 'c':
		return (uint64_t)page_of;
	case 's':
		return rsp;
	case 'i':
		return idtr.base;
	case 'g':
		return gdtr.base;
	case 'r': /* the root of the page tables */
		return READ_REG(cr3);
	case 'o': /* vCPU 1 writes there all the time */
		return (uint64_t)attack_alive(1);
	default:
		return attack_gpa(PAGE_CODE); /* that of the OUT */
	}
}

static const char *const used_pages[] = {"code", "stack", "idt",   "gdt",
					 "root", "out",   "other", "next-instruction"};

/* All go on, after a moment, and nothing is lost. */
static bool try_used_page(unsigned i)
{
	uint64_t before;
	struct attack_result o;

	begin("pageout.%s", used_pages[i]);
	if (!attack_pageout)
		return skip("no service pageout");
	before = digest();
	for (unsigned n = 0; n < 3; n++) {
		o = take(page_of(used_pages[i]) / PAGE_SIZE);
		if (!came_back(&o) || !arrived(0))
			return false;
	}
	return equal("digest", digest(), before);
}

/* Not memory, not the guest's, or beyond what the host can take: none of these changes anything. */
static bool try_no_page(unsigned i)
{
	const uint64_t pages[] = {0xa0,
				  0xb8,
				  0xc0,
				  0xff,
				  LARGE_PAGE_SIZE / PAGE_SIZE,
				  boot_memory_end() / PAGE_SIZE - 1,
				  boot_memory_end() / PAGE_SIZE,
				  0xfee00,
				  BIT(20),
				  UINT32_MAX};
	uint64_t before;
	bool ok = true;

	(void)i;
	begin("pageout.none");
	if (!attack_pageout)
		return skip("no service pageout");
	before = digest();
	for (unsigned n = 0; n < LENGTH(pages); n++) {
		struct attack_result o = take(pages[n]);

		ok &= came_back(&o);
	}
	return ok && equal("digest", digest(), before) && arrived(0);
}

/* Other sizes, and reads, are of a port that nobody has; the page stays. */
static bool try_other_access(unsigned i)
{
	static const char *const accesses[] = {"\xee", "\x66\xef", "\xec", "\x66\xed", "\xed"};
	bool ok = true;

	(void)i;
	begin("pageout.other-access");
	if (!attack_pageout)
		return skip("no service pageout");
	for (unsigned n = 0; n < LENGTH(accesses); n++) {
		struct attack_result o = run_code(
			accesses[n], (struct gprs){.rax = attack_gpa(PAGE_STATE) / PAGE_SIZE,
						   .rdx = attack_pageout});

		ok &= came_back(&o);
	}
	return ok && arrived(0);
}

/*
 * The host writes to these areas while the page is away, and delivers a "wake all" with it.  The
 * page stays away to the end of the run, for nobody touches it: that is no damage to the host.
 */
static bool try_area(unsigned i)
{
	const uint64_t gpa = attack_gpa(PAGE_SITE);
	const struct {
		uint32_t msr;
		uint64_t value;
	} writes[] = {
		{KVM_MSR_SYSTEM_TIME, gpa | 1},
		{KVM_MSR_STEAL_TIME, (gpa + 64) | 1},
		{KVM_MSR_PV_EOI_EN, (gpa + 128) | 1},
		{KVM_MSR_ASYNC_PF_INT, VECTOR},
		{KVM_MSR_ASYNC_PF_EN, (gpa + 192) | 9},
		{KVM_MSR_WALL_CLOCK, gpa + 256},
		{KVM_MSR_ASYNC_PF_EN, 0},
		{KVM_MSR_PV_EOI_EN, 0},
		{KVM_MSR_STEAL_TIME, 0},
		{KVM_MSR_SYSTEM_TIME, 0},
	};
	bool ok = true;

	(void)i;
	begin("pageout.area");
	if (!attack_pageout)
		return skip("no service pageout");
	for (unsigned n = 0; n < PAGE_SIZE; n++)
		((volatile uint8_t *)WRITABLE(PAGE_SITE))[n] = 0;
	for (unsigned n = 0; n < LENGTH(writes); n++) {
		struct attack_result taken = take(gpa / PAGE_SIZE), o;

		o = write_msr(writes[n].msr, writes[n].value);
		ok &= came_back(&taken) && came_back(&o);
	}
	return ok && arrived(1);
}

const struct attacks pv_attacks[] = {
	{LENGTH(kicks), try_kick},
	{1, try_kick_itself},
	{1, try_kick_running},
	{LENGTH(ipis), try_ipi},
	{LENGTH(used_pages), try_used_page},
	{1, try_no_page},
	{1, try_other_access},
	{1, try_area},
	{0, NULL},
};

/* ---- vCPU 1 is dead ---- */

/* It has had an INIT, and gets no start-up IPI. */
static bool try_dead(unsigned i)
{
	struct attack_result o;

	(void)i;
	begin("dead.kick");
	for (unsigned n = 0; n < 10; n++) {
		o = call(KVM_HC_KICK_CPU, 0, id_of(1), 0, 0);
		if (!gives(&o, 0))
			return false;
		o = call(KVM_HC_SCHED_YIELD, id_of(1), 0, 0, 0);
		if (!gives(&o, 0))
			return false;
	}
	return !attack_lives(1);
}

/* It counts as one that there is, but waits for a start-up IPI: it takes none. */
static bool try_dead_ipi(unsigned i)
{
	struct attack_result o;

	(void)i;
	begin("dead.ipi");
	o = call(KVM_HC_SEND_IPI, 1, 0, id_of(1), VECTOR);
	return gives(&o, 1) && !attack_lives(1);
}

/* ---- vCPU 1 starts again ---- */

/* What an INIT must undo: SDM volume 3 (325384-083) 11.4.7.1, 11.4.7.3 */
static const struct {
	const char *name;
	unsigned offset;
	uint32_t spoiled, reset;
} registers[] = {
	{"TPR", TPR, 0x20, 0},
	{"the timer's LVT", LVT_TIMER, 0x20000 | VECTOR, MASKED},
	{"LINT0", LVT_LINT0, EXTINT, MASKED},
	{"LINT1", LVT_LINT1, VECTOR, MASKED},
	{"the timer's count", COUNT, 1u << 31, 0},
	{"the timer's divider", DIVIDE, 0xb, 0},
};
#define ISR  0x100
#define WORD (VECTOR / 32 * 16)

static uint32_t seen[LENGTH(registers)], in_service, waiting;

/* It leaves one interrupt in service, and another one waits for its end. */
static void spoil(void *unused)
{
	(void)unused;
	if (this_cpu()->id != 1)
		return;
	for (unsigned i = 1; i < LENGTH(registers); i++)
		apic_write(registers[i].offset, registers[i].spoiled);
	attack_keep_in_service = true;
	apic_send(SELF | ICR_ASSERT | VECTOR, 0);
	interrupts_on();
	for (unsigned n = 0; n < MOMENT && !apic_read(ISR + WORD); n++)
		cpu_relax();
	interrupts_off();
	apic_send(SELF | ICR_ASSERT | VECTOR, 0);
	apic_write(registers[0].offset, registers[0].spoiled);
	attack_keep_in_service = false;
	in_service = apic_read(ISR + WORD);
	waiting = apic_read(APIC_IRR + WORD);
}

static void look(void *unused)
{
	(void)unused;
	if (this_cpu()->id != 1)
		return;
	for (unsigned i = 0; i < LENGTH(registers); i++)
		seen[i] = apic_read(registers[i].offset);
	in_service = apic_read(ISR + WORD);
	waiting = apic_read(APIC_IRR + WORD);
}

static bool restart_and(void (*work)(void *))
{
	return smp_restart(smp_cpu(1)) && !smp_run(work, NULL);
}

static bool try_reset(unsigned n)
{
	const uint32_t bit = 1u << VECTOR % 32;
	bool ok;

	(void)n;
	begin("dead.starts-with-a-fresh-apic");
	ok = restart_and(spoil) && equal("in service", in_service, bit) &&
	     equal("waiting", waiting, bit) && restart_and(look);
	for (unsigned i = 0; ok && i < LENGTH(registers); i++)
		ok &= equal(registers[i].name, seen[i], registers[i].reset);
	return ok && equal("in service", in_service, 0) && equal("waiting", waiting, 0);
}

/* ---- an INIT for one that does nothing but call ---- */

#define INITS 4

static volatile unsigned calls;
static unsigned ignored; /* INITs, or starts */

/* It sends itself an IPI, over and over, with interrupts off. */
static _Noreturn void call_for_ever(void)
{
	const bool intel = on_intel();
	uint64_t rax, bitmap = 1, first = id_of(1);

	for (;; calls++) {
		rax = KVM_HC_SEND_IPI;
		if (intel)
			__asm__ volatile("vmcall"
					 : "+a"(rax)
					 : "b"(bitmap), "c"(0), "d"(first), "S"(VECTOR)
					 : "memory");
		else
			__asm__ volatile("vmmcall"
					 : "+a"(rax)
					 : "b"(bitmap), "c"(0), "d"(first), "S"(VECTOR)
					 : "memory");
	}
}

static bool starts_calling(void)
{
	const unsigned before = calls;
	struct deadline d = deadline_in(20000000000, 20000000);

	while (calls == before && before_deadline(&d))
		;
	return calls != before;
}

/* It may do some more before it notices. */
static bool stops_calling(void)
{
	for (unsigned i = 0; i < 100; i++) {
		const unsigned before = calls;

		for (unsigned n = 0; n < MOMENT; n++)
			cpu_relax();
		if (calls == before)
			return true;
	}
	return false;
}

static void stop_caller(void *unused)
{
	(void)unused;
	if (this_cpu()->id == 1)
		call_for_ever();
	if (this_cpu()->id)
		return;
	ignored += !starts_calling();
	apic_send(INIT | ICR_ASSERT, id_of(1));
	ignored += !stops_calling();
	smp_restart(smp_cpu(1));
}

/* Its host has no exit but the calls in which to see it. */
static bool try_init_of_caller(unsigned n)
{
	(void)n;
	begin("dead.by-init-while-it-calls");
	for (unsigned i = 0; i < INITS; i++) {
		if (smp_run(stop_caller, NULL))
			return false;
	}
	return equal("INITs that were ignored", ignored, 0);
}

const struct attacks dead_attacks[] = {
	{1, try_dead}, {1, try_dead_ipi}, {1, try_reset}, {1, try_init_of_caller}, {0, NULL}};
