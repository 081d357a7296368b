/* SPDX-License-Identifier: GPL-2.0-only */
#include "x86/smp.h"

#include "x86/apic.h"
#include "x86/insn.h"

/* Of boot/smp.asm. */
extern const uint8_t smp_trampoline[], smp_trampoline_end[];
extern uint32_t smp_blocks, smp_limit;

_Noreturn void smp_main(struct cpu *cpu);

/*
 * Long enough on a slow emulator, short enough on a fast machine: time stamp counters run at 1 to 5 GHz,
 * or at one an instruction.  10 ms behind INIT and 200 us behind each SIPI are the manual's.
 */
#define INIT_DELAY patience(50000000, 500000)
#define SIPI_DELAY patience(1000000, 20000)
#define ARRIVAL    patience(8000000000, 20000000)
#define NO_ARRIVAL patience(200000000, 1000000)
#define WORK       patience(4000000000 + count * UINT64_C(400000000), 100000000)

static struct cpu *processors[SMP_MAX]; /* by their number */
static unsigned count = 1;

/* How many there are so far, until the door is CLOSED: who comes later sleeps. */
static unsigned arrived = 1;

#define CLOSED (1u << 31)

/* The work, and its number; cpu->done follows it. */
static void (*work)(void *arg);
static void *work_arg;
static unsigned work_number;

struct patience patience(uint64_t cycles, uint64_t rounds)
{
	return (struct patience){rdtsc(), cycles, rounds};
}

bool patient(struct patience *p)
{
	cpu_relax();
	return p->rounds-- && rdtsc() - p->start < p->cycles;
}

static void wait_out(struct patience p)
{
	while (patient(&p))
		;
}

static unsigned load(const unsigned *value)
{
	return __atomic_load_n(value, __ATOMIC_ACQUIRE);
}

static _Noreturn void sleep(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void arrive(struct cpu *cpu)
{
	unsigned id = load(&arrived);

	do {
		if (id & CLOSED)
			sleep();
	} while (!__atomic_compare_exchange_n(&arrived, &id, id + 1, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	cpu->id = id;
	__atomic_store_n(&processors[id], cpu, __ATOMIC_RELEASE);
}

/* Where boot/smp.asm goes on. */
void smp_main(struct cpu *cpu)
{
	unsigned done = 0;

	cpu_load(cpu);
	apic_load();
	arrive(cpu);
	for (;;) {
		while (load(&work_number) == done)
			cpu_relax();
		work(work_arg);
		__atomic_store_n(&cpu->done, ++done, __ATOMIC_RELEASE);
	}
}

static void clear(uint8_t page[PAGE_SIZE])
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		page[i] = 0;
}

static void prepare(struct smp_block *block)
{
	struct cpu *cpu = &block->cpu;

	clear(block->page);
	clear(block->own[0]);
	cpu->stacks = block->stacks[0];
	cpu->own = block->own;
	cpu->silent = true;
	for (unsigned i = 0; i < STACK_COUNT; i++)
		*(struct cpu **)(block->stacks[i + 1] - 8) = cpu;
}

static void await(unsigned wanted)
{
	struct patience p = wanted ? ARRIVAL : NO_ARRIVAL;
	unsigned before = 1;

	while (!wanted || load(&arrived) < wanted) {
		if (!patient(&p))
			return;
		if (!wanted && load(&arrived) != before) {
			before = load(&arrived);
			p = NO_ARRIVAL;
		}
	}
}

unsigned smp_start(struct smp_block *blocks, unsigned limit, uint32_t low, void *low_mapped,
		   unsigned wanted)
{
	const uint8_t *from = smp_trampoline;
	uint8_t *to = low_mapped;

	processors[0] = this_cpu();
	smp_blocks = (uint32_t)(uint64_t)blocks;
	smp_limit = limit;
	for (unsigned i = 0; i < limit; i++)
		prepare(&blocks[i]);
	while (from < smp_trampoline_end)
		*to++ = *from++;
	apic_init_others();
	wait_out(INIT_DELAY);
	apic_start_others(low);
	wait_out(SIPI_DELAY);
	if (!wanted || load(&arrived) < wanted)
		apic_start_others(low); /* those that run already don't heed it */
	await(wanted);
	count = __atomic_fetch_or(&arrived, CLOSED, __ATOMIC_ACQ_REL);
	for (unsigned id = 1; id < count; id++) {
		while (!__atomic_load_n(&processors[id], __ATOMIC_ACQUIRE))
			cpu_relax(); /* it has its number, and is about to write itself down */
	}
	return count;
}

unsigned smp_count(void)
{
	return count;
}

struct cpu *smp_cpu(unsigned id)
{
	return processors[id];
}

struct cpu *smp_wait(void)
{
	static struct cpu *lost;

	for (unsigned id = 1; id < count && !lost; id++) {
		struct patience p = WORK;
		struct cpu *cpu = smp_cpu(id);

		while (load(&cpu->done) != work_number) {
			if (cpu->dead || !patient(&p)) {
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
