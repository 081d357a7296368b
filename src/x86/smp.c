/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/smp.h"

#include "x86/apic.h"
#include "x86/deadline.h"
#include "x86/insn.h"

/* boot/smp.asm */
extern const uint8_t smp_trampoline[], smp_trampoline_end[];
extern uint32_t smp_blocks, smp_limit, smp_ticket;

_Noreturn void smp_main(struct cpu *cpu);

/*
 * Long enough on a slow emulator, short enough on a fast machine: time stamp counters run at 1 to 5
 * GHz, or count instructions.  The manual wants 10 ms after INIT and 200 us after each SIPI.
 */
#define INIT_TIME      deadline_in(50000000, 500000)
#define SIPI_TIME      deadline_in(1000000, 20000)
#define ARRIVAL_TIME   deadline_in(8000000000, 20000000)
#define STRAGGLER_TIME deadline_in(200000000, 1000000)
#define WORK_TIME      patience_of(4000000000 + smp_count() * UINT64_C(400000000), 500000)

static struct cpu *processors[SMP_MAX];
static unsigned others;     /* how many run besides the boot processor */
static uint32_t trampoline; /* where all started */

/* How many of the others have arrived.  Once it is CLOSED, a processor that arrives sleeps. */
static unsigned arrived;

#define CLOSED (1u << 31)

/* The work, and its number: a new number starts it, and cpu->done says that it is done. */
static void (*work)(void *arg);
static void *work_arg;
static unsigned work_number;

static void wait_until(struct deadline d)
{
	while (before_deadline(&d))
		;
}

static unsigned load(const unsigned *value)
{
	return __atomic_load_n(value, __ATOMIC_ACQUIRE);
}

static void arrive(struct cpu *cpu)
{
	unsigned before = load(&arrived);

	do {
		if (before & CLOSED)
			halt_for_ever();
	} while (!__atomic_compare_exchange_n(&arrived, &before, before + 1, false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	cpu->id = before + 1;
	__atomic_store_n(&processors[cpu->id], cpu, __ATOMIC_RELEASE);
}

/* Called by boot/smp.asm */
void smp_main(struct cpu *cpu)
{
	cpu_load(cpu);
	apic_load();
	cpu->apic_id = apic_read(APIC_ID) >> 24;
	if (!cpu->starts)
		arrive(cpu);
	__atomic_store_n(&cpu->starts, cpu->starts + 1, __ATOMIC_RELEASE);
	for (;;) {
		while (load(&work_number) == cpu->done)
			cpu_relax();
		work(work_arg);
		__atomic_store_n(&cpu->done, cpu->done + 1, __ATOMIC_RELEASE);
	}
}

static void prepare(struct smp_block *block)
{
	struct cpu *cpu = &block->cpu;

	for (uint8_t *p = (uint8_t *)cpu; p < block->own[1]; p++)
		*p = 0;
	cpu->stacks = block->stacks[0];
	cpu->own = block->own;
	cpu->silent = true;
	for (unsigned i = 0; i < STACK_COUNT; i++)
		*(struct cpu **)(block->stacks[i + 1] - 8) = cpu;
}

/* False if @wanted is 0: more may come. */
static bool all_arrived(unsigned wanted)
{
	return wanted && load(&arrived) + 1 >= wanted;
}

/* Whoever arrives renews the time for the others: some hosts take seconds to start each. */
static void await_arrivals(unsigned wanted)
{
	struct deadline d = wanted ? ARRIVAL_TIME : STRAGGLER_TIME;
	unsigned seen = 0;

	while (!all_arrived(wanted)) {
		if (!before_deadline(&d))
			return;
		if (load(&arrived) != seen) {
			seen = load(&arrived);
			d = wanted ? ARRIVAL_TIME : STRAGGLER_TIME;
		}
	}
}

unsigned smp_start(struct smp_block *blocks, unsigned limit, uint32_t low, void *low_mapped,
		   unsigned wanted)
{
	const uint8_t *from = smp_trampoline;
	uint8_t *to = low_mapped;

	processors[0] = this_cpu();
	processors[0]->apic_id = apic_read(APIC_ID) >> 24;
	trampoline = low;
	smp_blocks = (uint32_t)(uint64_t)blocks;
	smp_limit = limit;
	for (unsigned i = 0; i < limit; i++)
		prepare(&blocks[i]);
	while (from < smp_trampoline_end)
		*to++ = *from++;
	apic_init_others();
	wait_until(INIT_TIME);
	apic_start_others(low);
	wait_until(SIPI_TIME);
	if (!all_arrived(wanted))
		apic_start_others(low); /* a processor that runs already ignores it */
	await_arrivals(wanted);
	others = __atomic_fetch_or(&arrived, CLOSED, __ATOMIC_ACQ_REL);
	for (unsigned id = 1; id <= others; id++) {
		while (!__atomic_load_n(&processors[id], __ATOMIC_ACQUIRE))
			cpu_relax(); /* it has its number, and its next step is the store */
	}
	return smp_count();
}

/* It gets the number that it had before, and with it the same block. */
bool smp_restart(struct cpu *cpu)
{
	const unsigned starts = load(&cpu->starts);
	struct deadline d;

	smp_ticket = (uint32_t)((uint64_t)cpu->stacks - smp_blocks) / SMP_BLOCK;
	apic_init_one(cpu->apic_id);
	wait_until(INIT_TIME);
	__atomic_store_n(&cpu->done, work_number, __ATOMIC_RELEASE);
	apic_start_one(cpu->apic_id, trampoline);
	d = ARRIVAL_TIME;
	while (load(&cpu->starts) == starts) {
		if (!before_deadline(&d))
			return false;
	}
	return true;
}

unsigned smp_count(void)
{
	return others + 1;
}

struct cpu *smp_cpu(unsigned id)
{
	return processors[id];
}

struct cpu *smp_wait(void)
{
	static struct cpu *lost;

	for (unsigned id = 1; id <= others && !lost; id++) {
		struct patience p = WORK_TIME;
		struct cpu *cpu = smp_cpu(id);

		while (load(&cpu->done) != work_number) {
			if (cpu->dead || !is_patient(&p)) {
				lost = cpu;
				break;
			}
		}
	}
	return lost;
}

struct cpu *smp_run(void (*fn)(void *arg), void *arg)
{
	struct cpu *lost = smp_wait();

	if (lost)
		return lost;
	work = fn;
	work_arg = arg;
	__atomic_store_n(&work_number, work_number + 1, __ATOMIC_RELEASE);
	fn(arg);
	return smp_wait();
}
