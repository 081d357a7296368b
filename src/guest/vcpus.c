/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/vcpus.h"

#include "guest/compare.h"
#include "guest/pages.h"
#include "guest/stray.h"
#include "lib/panic.h"
#include "lib/processors.h"
#include "x86/insn.h"

const char one_vcpu_reason[] = "1 vCPU";

struct vcpu_pages *vcpu_pages(unsigned id)
{
	return smp_cpu(id)->own;
}

static struct guest_vcpu *vcpu_of(unsigned id)
{
	return smp_cpu(id)->own;
}

/* A processor that has been started has other registers than before. */
static void note_registers(void *unused)
{
	(void)unused;
	if (this_vcpu()->starts == this_cpu()->starts)
		return;
	compare_init();
	this_vcpu()->starts = this_cpu()->starts;
}

unsigned vcpus_start(struct run *run)
{
	if (run->vcpus)
		return run->vcpus;
	call32_init();
	run->vcpus = processors_start(page_gpa(PAGES), (unsigned)run->options.cpus, false);
	for (unsigned id = 1; id < run->vcpus; id++)
		vcpu_of(id)->keeps_diags = true;
	smp_run(note_registers, NULL);
	return run->vcpus;
}

/* What it had in flight is not so any more. */
bool vcpu_restart(unsigned id)
{
	if (!smp_restart(smp_cpu(id)))
		return false;
	smp_cpu(id)->attempt.active = false;
	vcpu_of(id)->guarded = false;
	return true;
}

/* Until the slowest vCPU is done, the others call at most so many times what they have to. */
#define OVERTIME 20

static struct {
	struct run *run;
	vcpu_fn *fn;
	unsigned times, overtime;
	unsigned busy; /* vCPUs that have not called it @times times yet */
} job;

static void run_job(void *unused)
{
	struct vcpu_pages *pages = this_cpu()->own;
	const struct diags *diags = &this_vcpu()->diags;
	unsigned done = 0;

	(void)unused;
	while (done++ < job.times && !diags->count)
		job.fn(job.run, pages);
	__atomic_fetch_sub(&job.busy, 1, __ATOMIC_ACQ_REL);
	while (done++ < job.overtime && !diags->count &&
	       __atomic_load_n(&job.busy, __ATOMIC_ACQUIRE)) {
		cpu_relax(); /* lets another vCPU run, if they share one CPU */
		job.fn(job.run, pages);
	}
}

/* A stray of the boot vCPU ends the check; one of another vCPU only that vCPU's part. */
static void run_job_safely(void *unused)
{
	const struct guest_vcpu *vcpu = this_vcpu();

	if (!this_cpu()->id) {
		run_job(unused);
		return;
	}
	note_registers(unused);
	if (run_stray_safe(run_job, unused))
		return;
	fail_check(job.run, "the host went on elsewhere than after the interaction");
	if (vcpu->stray_faulted)
		check_diag("exception %u at rip %#lx", (unsigned)vcpu->stray_fault.vector,
			   vcpu->stray_fault.rip);
}

static void print_diags(struct run *run)
{
	for (unsigned id = 0; id < run->vcpus; id++) {
		const struct diags *diags = &vcpu_of(id)->diags;

		for (unsigned i = 0; i < diags->count; i++) {
			tap_diag("vCPU %u: %s", id, diags->lines[i]);
			keep_reason(run, "vCPU %u: %s", id, diags->lines[i]);
		}
	}
}

/* Each later check reports the vCPU, too; but the trap frame is printed only once. */
static void report_lost(struct run *run, const struct cpu *cpu)
{
	static bool printed;

	fail_check(run, "vCPU %u: %s", cpu->id,
		   cpu->dead ? "died of an exception" : "did not come back");
	if (cpu->dead && !printed)
		print_frame(&cpu->last_trap);
	printed = true;
}

bool race_vcpus(struct run *run, vcpu_fn *fn, unsigned times)
{
	struct guest_vcpu *boot = this_vcpu();
	const struct cpu *lost = smp_wait();
	uint64_t random;

	if (!lost) {
		job.run = run;
		job.fn = fn;
		job.times = times;
		job.overtime = times > 1 ? times * OVERTIME : 0;
		job.busy = run->vcpus;
		for (unsigned id = 0; id < run->vcpus; id++) {
			vcpu_of(id)->diags.count = 0;
			vcpu_of(id)->random = random64();
		}
		random = random64();
		boot->keeps_diags = true;
		lost = smp_run(run_job_safely, NULL);
		boot->keeps_diags = false;
		boot->random = random; /* does not depend on how often fn was called */
		print_diags(run);
	}
	if (lost)
		report_lost(run, lost);
	return !run->failed;
}

bool on_each_vcpu(struct run *run, vcpu_fn *fn)
{
	return race_vcpus(run, fn, 1);
}
