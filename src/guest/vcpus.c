/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/vcpus.h"

#include "lib/panic.h"
#include "lib/processors.h"
#include "x86/insn.h"
#include "x86/trap.h"

const char one_vcpu[] = "one vCPU";

static uint8_t boot_pages[SMP_OWN_PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

struct vcpu_pages *vcpu_pages(unsigned id)
{
	return smp_cpu(id)->own;
}

static struct notes *notes_of(const struct cpu *cpu)
{
	return cpu->own;
}

unsigned vcpus_start(struct run *run)
{
	if (run->vcpus)
		return run->vcpus;
	call32_init();
	this_cpu()->own = boot_pages;
	run->vcpus = processors_start(para_gpa(PARA_PAGES), (unsigned)run->options.cpus, false);
	for (unsigned id = 1; id < run->vcpus; id++)
		smp_cpu(id)->notes = notes_of(smp_cpu(id));
	return run->vcpus;
}

/* The slowest vCPU shall have company: the others call at most so many times what they have to. */
#define OVERTIME 20

static struct {
	struct run *run;
	vcpu_fn *fn;
	unsigned times, overtime;
	unsigned busy; /* vCPUs that have not done @times yet */
} todo;

static void work(void *unused)
{
	struct vcpu_pages *pages = this_cpu()->own;
	const struct notes *notes = notes_of(this_cpu());
	unsigned done = 0;

	(void)unused;
	while (done++ < todo.times && !notes->count)
		todo.fn(todo.run, pages);
	__atomic_fetch_sub(&todo.busy, 1, __ATOMIC_ACQ_REL);
	while (done++ < todo.overtime && !notes->count &&
	       __atomic_load_n(&todo.busy, __ATOMIC_ACQUIRE)) {
		cpu_relax(); /* if vCPUs take turns on one CPU, it is another's turn */
		todo.fn(todo.run, pages);
	}
}

/* A stray ends the whole check on the boot vCPU, and on another vCPU only its part. */
static void work_safely(void *unused)
{
	const struct cpu *cpu = this_cpu();

	if (!cpu->id) {
		work(unused);
		return;
	}
	if (run_stray_safe(work, unused))
		return;
	fail_check(todo.run, "the host went on elsewhere than after the interaction");
	if (cpu->stray_faulted)
		say("exception %u at rip %#lx", (unsigned)cpu->stray_fault.vector,
		    cpu->stray_fault.rip);
}

static void print_notes(struct run *run)
{
	for (unsigned id = 0; id < run->vcpus; id++) {
		const struct notes *notes = notes_of(smp_cpu(id));

		for (unsigned i = 0; i < notes->count; i++) {
			tap_diag("vCPU %u: %s", id, notes->lines[i]);
			remember(run, "vCPU %u: %s", id, notes->lines[i]);
		}
	}
}

/* Each later check reports the vCPU again; the trap frame is printed only once. */
static void report_lost(struct run *run, const struct cpu *cpu)
{
	static bool told;

	fail_check(run, "vCPU %u: %s", cpu->id,
		   cpu->dead ? "died of an exception" : "did not come back");
	if (cpu->dead && !told)
		print_frame(&cpu->stray_fault);
	told = true;
}

bool on_each_vcpu(struct run *run, vcpu_fn *fn, unsigned times)
{
	struct cpu *boot = this_cpu();
	const struct cpu *lost = smp_wait();
	uint64_t random;

	if (!lost) {
		todo.run = run;
		todo.fn = fn;
		todo.times = times;
		todo.overtime = times > 1 ? times * OVERTIME : 0;
		todo.busy = run->vcpus;
		for (unsigned id = 0; id < run->vcpus; id++) {
			notes_of(smp_cpu(id))->count = 0;
			smp_cpu(id)->random = para_random();
		}
		random = para_random();
		boot->notes = notes_of(boot);
		lost = smp_run(work_safely, NULL);
		boot->notes = NULL;
		boot->random = random; /* the same, however often fn was called */
		print_notes(run);
	}
	if (lost)
		report_lost(run, lost);
	return !run->failed;
}
