/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KH2: kicks.  A vCPU that halts with interrupts off goes on when it is kicked.  If it does not,
 * the boot vCPU gets it back by an INIT, so that later checks have it.
 */
#include "guest/kvm/checks.h"
#include "guest/kvm/smp.h"
#include "x86/deadline.h"

#define FALL_TIME deadline_in(2000000, 2000)   /* in which it gets to its HLT */
#define STAY_TIME deadline_in(10000000, 20000) /* in which it must not go on */
#define ROUNDS    3
#define BY_CHANCE 1 /* vCPUs that may go on without a kick in all rounds: who knows why */

/* How far a vCPU has come that halts; by its number. */
enum stage { BEFORE, ASLEEP, AWAKE };
static uint8_t stages[SMP_MAX];

static bool kicked; /* the kick was made, or tried */

/* Who halts, with which flags, and who kicks it, maybe before. */
static struct {
	unsigned sleeper, kicker;
	uint64_t rflags;
	bool early;
} roles;

static enum stage stage_of(unsigned id)
{
	return (enum stage)__atomic_load_n(&stages[id], __ATOMIC_ACQUIRE);
}

static void set_stage(enum stage to)
{
	__atomic_store_n(&stages[this_cpu()->id], (uint8_t)to, __ATOMIC_RELEASE);
}

/* Whether the vCPU gets so far. */
static bool gets(unsigned id, enum stage to, struct patience p)
{
	while (stage_of(id) < to) {
		if (!is_patient(&p))
			return false;
	}
	return true;
}

static void await_kick(void)
{
	struct patience p = be_patient();

	while (!__atomic_load_n(&kicked, __ATOMIC_ACQUIRE) && is_patient(&p))
		;
}

static void pass(struct deadline d)
{
	while (before_deadline(&d))
		;
}

static void kick_apic(struct run *run, uint32_t apic_id)
{
	const uint64_t args[4] = {0, apic_id, random64(), random64()};
	uint64_t result;

	if (smp_call(run, 0, KVM_HC_KICK_CPU, args, &result))
		expect(run, !result, "a kick of APIC %#x: wanted 0, got %#lx", apic_id, result);
}

static void kick(struct run *run, unsigned id)
{
	kick_apic(run, smp_cpu(id)->apic_id);
}

static void halt(struct run *run, uint64_t rflags)
{
	struct outcome o;

	set_stage(ASLEEP);
	smp_halt(rflags, &o);
	set_stage(AWAKE);
	if (expect_returned(run, "HLT", &o))
		expect_registers_kept(run, &o, 0);
}

/* For the boot vCPU.  Once the check has failed, the others get less time. */
static void expect_awake(struct run *run, unsigned id, const char *what)
{
	if (gets(id, AWAKE, run->failed ? patience_of(10000000, 1000) : be_patient()))
		return;
	fail_check(run, "%s: wanted the HLT of vCPU %u to end, got nothing", what, id);
	vcpu_restart(id);
}

static void act(struct run *run, struct vcpu_pages *own)
{
	const unsigned id = this_cpu()->id;

	(void)own;
	if (id == roles.kicker) {
		if (!roles.early && gets(roles.sleeper, ASLEEP, be_patient()))
			pass(FALL_TIME);
		kick(run, roles.sleeper);
		__atomic_store_n(&kicked, true, __ATOMIC_RELEASE);
	}
	if (id == roles.sleeper) {
		if (roles.early)
			await_kick();
		halt(run, roles.rflags);
	}
	if (id)
		return;
	await_kick();
	expect_awake(run, roles.sleeper, roles.early ? "a kick before" : "a kick");
}

static void play(struct run *run, unsigned sleeper, unsigned kicker, uint64_t rflags, bool early)
{
	if (run->failed)
		return;
	roles.sleeper = sleeper;
	roles.kicker = kicker;
	roles.rflags = rflags;
	roles.early = early;
	kicked = false;
	stages[sleeper] = BEFORE;
	on_each_vcpu(run, act);
}

/*
 * Some vCPUs, each kicked by the one before it; but never the boot vCPU, which nobody could get
 * back.
 */
static void play_some(struct run *run, uint64_t rflags, bool early)
{
	const unsigned n = run->vcpus;

	if (!needs(run, KVM_FEATURE_PV_UNHALT) || !smp_ready(run))
		return;
	for (unsigned id = 1, kicker = 0; id < n; id += 1 + n / 4) {
		play(run, id, kicker, rflags, early);
		kicker = id;
	}
}

static void wakes(struct run *run)
{
	play_some(run, 0, false);
}

static void wakes_with_interrupts(struct run *run)
{
	play_some(run, RFLAGS_IF, false);
}

static void remembered(struct run *run)
{
	play_some(run, 0, true);
}

static unsigned by_chance; /* vCPUs that went on before they were kicked */

/* All others sleep, and the boot vCPU kicks nobody, and then one after the other. */
static void sleep_or_kick(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	if (this_cpu()->id) {
		halt(run, 0);
		return;
	}
	for (unsigned id = 1; id < run->vcpus; id++)
		gets(id, ASLEEP, be_patient());
	pass(FALL_TIME);
	kick_apic(run, ABSENT_ID);
	pass(STAY_TIME);
	for (unsigned id = 1; id < run->vcpus; id++) {
		if (stage_of(id) == AWAKE) {
			by_chance++; /* a kick would be remembered, and end its next HLT */
			continue;
		}
		kick(run, id);
		expect_awake(run, id, "a kick");
	}
}

/* And nobody else: with interrupts off nothing ends a HLT but what no check does. */
static void no_other(struct run *run)
{
	if (!needs(run, KVM_FEATURE_PV_UNHALT) || !smp_ready(run))
		return;
	for (unsigned round = 0; round <= ROUNDS && !run->failed; round++) {
		if (round <= 1)
			by_chance = 0; /* in the first round kicks of before may have counted */
		for (unsigned id = 1; id < run->vcpus; id++)
			stages[id] = BEFORE;
		on_each_vcpu(run, sleep_or_kick);
	}
	expect(run, by_chance <= BY_CHANCE,
	       "a kick of another vCPU, or of none: wanted no HLT to end by it, got %u of %u",
	       by_chance, ROUNDS * (run->vcpus - 1));
}

static const struct check checks[] = {
	{"smp.kick", "KH2", CHECK_VCPUS, .body = wakes},
	{"smp.kick-interruptible", "KH2", CHECK_VCPUS, .body = wakes_with_interrupts},
	{"smp.kick-early", "KH2", CHECK_VCPUS, .body = remembered},
	{"smp.kick-no-other", "KH2", CHECK_VCPUS, .body = no_other},
};

const struct area smp_kick_area = AREA(checks);
