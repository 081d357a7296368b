/* SPDX-License-Identifier: GPL-2.0-only */
#include "rounds.h"

#include "lib/panic.h"
#include "lib/processors.h"
#include "x86/insn.h"
#include "x86/trap.h"

#define WORDS(bytes) ((bytes) / sizeof(uint64_t))

/* Of the noise: where it begins, and the gap in it. */
#define NOISE_START (WORDS(offsetof(struct vcpu, noise)) + 1)
#define HEAD_START  WORDS(offsetof(struct vcpu, state))
#define HEAD_END    (HEAD_START + WORDS(24))
#define NOISE_END   WORDS(sizeof(struct vcpu))

const char one_vcpu[] = "one vCPU";

static struct vcpu boot_vcpu;

struct vcpu *vcpu_by(unsigned id)
{
	return smp_cpu(id)->own;
}

unsigned vcpus_start(struct run *run)
{
	if (run->vcpus)
		return run->vcpus;
	call32_init();
	this_cpu()->own = &boot_vcpu;
	run->vcpus = processors_start(para_gpa(PARA_PAGES), (unsigned)run->options.cpus, false);
	for (unsigned id = 1; id < run->vcpus; id++) {
		struct cpu *cpu = smp_cpu(id);

		cpu->notes = cpu->own;
	}
	return run->vcpus;
}

void vcpu_prepare(struct vcpu *vcpu, uint32_t version)
{
	vcpu->version = version;
	vcpu->asked = false;
	prepare_state(&vcpu->state, version, vcpu->site.gpa, &vcpu->answer);
}

/* The next word of noise after @word. */
static unsigned next(unsigned word)
{
	return ++word == HEAD_START ? HEAD_END : word;
}

void vcpu_reset(struct vcpu *vcpu, struct site site)
{
	uint64_t *words = (uint64_t *)vcpu;

	vcpu->site = site;
	vcpu->noise = para_random();
	for (unsigned i = NOISE_START; i < NOISE_END; i = next(i))
		words[i] = vcpu->noise;
	vcpu_prepare(vcpu, KVM_PARA_API_VERSION);
}

bool vcpu_kept(const struct vcpu *vcpu)
{
	const struct kvm_vcpu_para_state *state = &vcpu->state;
	const uint64_t *words = (const uint64_t *)vcpu;

	for (unsigned i = NOISE_START; i < NOISE_END; i = next(i)) {
		if (words[i] != vcpu->noise)
			return false;
	}
	return state->guest_version == vcpu->version && state->size == sizeof(*state) &&
	       state->hypercall_gpa == vcpu->site.gpa &&
	       (vcpu->asked || (state->host_version == vcpu->answer.version_sentinel &&
				state->ret == vcpu->answer.ret_sentinel));
}

/* How many times longer than it has to a vCPU goes on while others are behind, so that they are not alone. */
#define OVERTIME 20

static struct {
	struct run *run;
	act *do_it;
	unsigned times, overtime;
	unsigned busy; /* vCPUs that have not done it so often yet */
} todo;

static void work(void *unused)
{
	struct vcpu *vcpu = this_cpu()->own;
	unsigned done = 0;

	(void)unused;
	while (done++ < todo.times && !vcpu->notes.count)
		todo.do_it(todo.run, vcpu);
	__atomic_fetch_sub(&todo.busy, 1, __ATOMIC_ACQ_REL);
	while (done++ < todo.overtime && !vcpu->notes.count &&
	       __atomic_load_n(&todo.busy, __ATOMIC_ACQUIRE)) {
		cpu_relax(); /* where vCPUs take turns, it is the others' */
		todo.do_it(todo.run, vcpu);
	}
}

/* A stray ends the boot vCPU's check, and another's part of it. */
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
		struct notes *notes = &vcpu_by(id)->notes;

		for (unsigned i = 0; i < notes->count; i++) {
			tap_diag("vCPU %u: %s", id, notes->lines[i]);
			remember(run, "vCPU %u: %s", id, notes->lines[i]);
		}
	}
}

/* The same with each check that follows: the frame is worth printing once. */
static void report_lost(struct run *run, const struct cpu *cpu)
{
	static bool told;

	fail_check(run, "vCPU %u: %s", cpu->id,
		   cpu->dead ? "died of an exception" : "did not come back");
	if (cpu->dead && !told)
		print_frame(&cpu->stray_fault);
	told = true;
}

bool let(struct run *run, act *do_it, unsigned times)
{
	struct cpu *boot = this_cpu();
	const struct cpu *lost = smp_wait();
	uint64_t random;

	if (!lost) {
		todo.run = run;
		todo.do_it = do_it;
		todo.times = times;
		todo.overtime = times > 1 ? times * OVERTIME : 0;
		todo.busy = run->vcpus;
		for (unsigned id = 0; id < run->vcpus; id++) {
			vcpu_by(id)->notes.count = 0;
			smp_cpu(id)->random = para_random();
		}
		random = para_random();
		boot->notes = &boot_vcpu.notes;
		lost = smp_run(work_safely, NULL);
		boot->notes = NULL;
		boot->random = random; /* however much of it was used */
		print_notes(run);
	}
	if (lost)
		report_lost(run, lost);
	return !run->failed;
}
