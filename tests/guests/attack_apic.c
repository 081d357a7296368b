/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the local APIC could do to the host, and what it must do for the guest.  vCPU 0 attacks;
 * the others count the interrupts that they get.
 */
#include "attack_apic.h"

#include "lib/panic.h"
#include "lib/processors.h"
#include "x86/apic.h"
#include "x86/deadline.h"
#include "x86/insn.h"
#include "x86/smp.h"
#include "x86/timer.h"
#include "x86/trap.h"

extern uint8_t image_end[];

static volatile unsigned interrupts[SMP_MAX], nmis, alive[SMP_MAX];
static uint32_t ids[SMP_MAX];
static unsigned told;
volatile bool attack_keep_in_service;

static void count(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_NMI)
		nmis++;
	else if (frame->vector != VECTOR)
		panic_trap(frame);
	else if (interrupts[this_cpu()->id]++, !attack_keep_in_service)
		apic_write(EOI, 0);
}

bool x2apic(void)
{
	return rdmsr(MSR_APIC_BASE) & BASE_X2APIC;
}

static void wait_a_moment(void)
{
	interrupts_on();
	for (unsigned i = 0; i < MOMENT; i++)
		cpu_relax();
	interrupts_off();
}

bool attack_lives(unsigned id)
{
	unsigned before = alive[id];
	struct deadline d = deadline_in(1000000000, 1000000);

	while (alive[id] == before && before_deadline(&d))
		;
	return alive[id] != before;
}

const volatile unsigned *attack_alive(unsigned id)
{
	return &alive[id];
}

static unsigned with_interrupt(void)
{
	unsigned got = 0;

	for (unsigned id = 0; id < smp_count(); id++)
		got |= interrupts[id] ? 1u << id : 0;
	return got;
}

bool arrived(unsigned wanted)
{
	struct deadline d = deadline_in(1000000000, 1000000);
	bool ok;

	interrupts_on();
	while (with_interrupt() != wanted && before_deadline(&d))
		;
	wait_a_moment();
	ok = equal("vCPUs with an interrupt", with_interrupt(), wanted) && equal("NMIs", nmis, 0);
	for (unsigned id = 1; id < smp_count(); id++)
		ok &= equal("vCPU that has died", attack_lives(id) ? 0 : id, 0);
	for (unsigned id = 0; id < smp_count(); id++)
		interrupts[id] = 0;
	return ok;
}

uint32_t id_of(unsigned cpu)
{
	return ids[cpu];
}

/* They arrive in any order.  Returns when all have told theirs. */
static void tell_ids(void)
{
	ids[this_cpu()->id] = apic_read(APIC_ID) >> 24;
	__atomic_add_fetch(&told, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&told, __ATOMIC_ACQUIRE) < smp_count())
		cpu_relax();
}

static const struct {
	const char *name;
	uint32_t command;
	uint8_t to, wanted; /* a bit for each vCPU of two; LOWEST: one of them */
} sends[] = {
	{"fixed-to-1", FIXED, 1, 2},
	{"fixed-to-0", FIXED, 0, 1},
	{"fixed-to-nobody", FIXED, NOBODY, 0},
	{"fixed-to-broadcast", FIXED, BROADCAST, 3},
	{"fixed-self", FIXED | SELF, NOBODY, 1},
	{"fixed-all", FIXED | ALL, NOBODY, 3},
	{"fixed-others", FIXED | OTHERS, NOBODY, 2},
	{"fixed-level", FIXED | 0xc000, 1, 2},
	{"lowest-to-1", LOWEST, 1, 2},
	{"lowest-to-nobody", LOWEST, NOBODY, 0},
	{"init-deassert", INIT | 0x8000 | ALL, 0, 0},
	{"sipi-to-a-running-one", SIPI, 1, 0},
#define REFUSED(name, mode)                                                                       \
	{name "-to-1", mode, 1, 0}, {name "-to-0", mode, 0, 0},                                   \
		{name "-to-nobody", mode, NOBODY, 0}, {name "-to-broadcast", mode, BROADCAST, 0}, \
		{name "-self", (mode) | SELF, 0, 0}, {name "-all", (mode) | ALL, 0, 0},           \
		{name "-others", (mode) | OTHERS, 0, 0},                                          \
		{name "-logical", (mode) | LOGICAL, 3, 0},                                        \
	{                                                                                         \
		name "-level", (mode) | 0xc000, 1, 0                                              \
	}
	REFUSED("smi", SMI),
	REFUSED("remote-read", REMOTE),
	REFUSED("nmi", NMI),
	REFUSED("extint", EXTINT),
};

static bool try_send(unsigned i)
{
	uint32_t to = sends[i].to;

	begin("icr.%s", sends[i].name);
	if (to < 2 && !(sends[i].command & LOGICAL))
		to = id_of(to);
	/* a level: as it is; else asserted */
	apic_send(sends[i].command | (sends[i].command & 0x8000 ? 0 : 0x4000) | VECTOR, to);
	return arrived(sends[i].wanted);
}

/* The numbers of vCPUs in LDR are 1 << vCPU; in x2APIC mode the CPU makes them. */
static bool logical(void)
{
	bool ok = true;

	for (uint32_t to = 0; to < 4; to++) {
		apic_send(FIXED | LOGICAL | VECTOR, to);
		ok &= arrived(to);
	}
	return ok;
}

/* vCPU 1 spins without an exit. */
static bool init_spinning(void)
{
	apic_send(INIT | 0x4000, id_of(1));
	wait_a_moment();
	return !attack_lives(1);
}

static bool try_init(unsigned i)
{
	(void)i;
	begin("init.of-one-that-spins");
	return init_spinning();
}

static bool try_logical(unsigned i)
{
	(void)i;
	begin("icr.logical");
	return logical();
}

static const struct attacks icr_attacks[] = {
	{LENGTH(sends), try_send},
	{1, try_logical},
	{0, NULL},
};

/* Afterwards vCPU 1 is gone. */
static const struct attacks init_attacks[] = {{1, try_init}, {0, NULL}};

static const struct attacks *const tables[] = {icr_attacks,  lvt_attacks,  pv_attacks,
					       init_attacks, dead_attacks, NULL};

static void work(void *tap)
{
	unsigned id = this_cpu()->id;

	tell_ids();
	if (!x2apic())
		apic_write(LDR, 1u << (24 + id));
	interrupts_on();
	while (id)
		alive[id]++, cpu_relax();
	interrupts_off();
	if (!id)
		run_attacks(tap, tables);
}

void attack_apic(struct tap *tap)
{
	if (processors_start((uint64_t)image_end, 2, false) != 2)
		panic("two vCPUs are wanted");
	timer_stop(); /* and the PICs are masked */
	trap_unexpected = count;
	smp_run(work, tap);
}

static void send_init(void *unused)
{
	(void)unused;
	tell_ids();
	if (this_cpu()->id == 1)
		apic_send(INIT | 0x4000, id_of(0));
	for (unsigned i = 0; i < 1000000; i++)
		cpu_relax();
}

void attack_vcpu_0(void)
{
	processors_start((uint64_t)image_end, 2, false);
	smp_run(send_init, NULL);
}

/* ---- INIT and start-up IPIs from two vCPUs to a third one, which counts its starts ---- */

#define START_PAGE  0x20
#define STARTS      (*(volatile uint16_t *)(WRITABLE(PAGES) + 0x100))
#define STORM       500
#define TARGET      3
#define INIT_ASSERT (INIT | 0x4000)

static volatile bool stormed[SMP_MAX];

static void send_storm(void)
{
	for (unsigned i = 0; i < STORM; i++) {
		apic_send(INIT_ASSERT, id_of(TARGET));
		apic_send(SIPI | START_PAGE, id_of(TARGET));
	}
	stormed[this_cpu()->id] = true;
}

static bool starts_again(void)
{
	struct deadline d = deadline_in(4000000000, 4000000);
	uint16_t before;

	apic_send(INIT_ASSERT, id_of(TARGET));
	for (unsigned i = 0; i < MOMENT; i++)
		cpu_relax();
	before = STARTS;
	apic_send(SIPI | START_PAGE, id_of(TARGET));
	while (STARTS == before && before_deadline(&d))
		;
	return STARTS != before;
}

static bool try_storm(unsigned i)
{
	struct deadline d = deadline_in(40000000000, 40000000);

	begin("storm.%u", i);
	while (!(stormed[1] && stormed[2]) && before_deadline(&d))
		;
	tap_diag("%u starts", STARTS);
	return stormed[1] && stormed[2] && starts_again() && starts_again();
}

static void storm(void *tap)
{
	static const struct attacks attacks[] = {{1, try_storm}, {0, NULL}};
	static const struct attacks *const storms[] = {attacks, NULL};

	tell_ids();
	if (!this_cpu()->id)
		run_attacks(tap, storms);
	if (this_cpu()->id == TARGET)
		return;
	send_storm();
}

/* Real mode: mov ax, cs; mov ds, ax; inc word [0x100]; jmp $ */
void attack_storm(struct tap *tap)
{
	static const uint8_t code[] = {0x8c, 0xc8, 0x8e, 0xd8, 0xff, 0x06, 0x00, 0x01, 0xeb, 0xfe};

	if (processors_start((uint64_t)image_end, TARGET + 1, false) != TARGET + 1)
		panic("four vCPUs are wanted");
	paging_map(WRITABLE(PAGES), START_PAGE * PAGE_SIZE, PAGE_RW);
	for (unsigned i = 0; i < sizeof(code); i++)
		((uint8_t *)WRITABLE(PAGES))[i] = code[i];
	STARTS = 0;
	smp_run(storm, tap);
}
