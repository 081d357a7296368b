/* SPDX-License-Identifier: GPL-2.0-only */
/* KE2: PV EOI on several vCPUs at once. */
#include "guest/kvm/access.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/clock.h"
#include "guest/kvm/eoi.h"
#include "guest/vcpus.h"
#include "x86/apic.h"

#define TURNS 4

_Static_assert(EOI_WORD_AT(SMP_MAX - 1) + sizeof(uint32_t) <= PAGE_SIZE, "all in PAGE_A");

static unsigned turn; /* the one vCPU that gets interrupts */

static void enable(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	eoi_enable(run);
}

static void disable(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	set_msr(run, KVM_MSR_PV_EOI_EN, 0);
}

static void expect_others_kept(struct run *run)
{
	for (unsigned id = 0; id < run->vcpus; id++) {
		const volatile uint32_t *word = page_at(PAGE_A, EOI_WORD_AT(id));

		expect(run, id == turn || *word == EOI_PATTERN,
		       "the word of vCPU %u: wanted it kept, got %#x", id, *word);
	}
}

static void take_turn(struct run *run, struct vcpu_pages *own)
{
	(void)own;
	if (this_cpu()->id != turn)
		return;
	eoi_begin();
	if (eoi_take(run, EVENT_VECTOR)) {
		eoi.way = EOI_NOT;
		eoi_take(run, EVENT_VECTOR);
		expect_others_kept(run);
	}
	eoi_end();
	eoi_expect_service(run, "at the end", 0, 0);
}

/* KE2: the host sets the bit in the word of the vCPU that has the interrupt. */
static void own_word(struct run *run)
{
	if (!eoi_needs(run))
		return;
	refill();
	if (on_each_vcpu(run, enable)) {
		for (turn = 0; turn < run->vcpus && turn < TURNS; turn++)
			on_each_vcpu(run, take_turn);
	}
	on_each_vcpu(run, disable);
}

static const struct check checks[] = {
	{"smp.eoi-own", "KE2", CHECK_VCPUS, .body = own_word},
};

const struct area smp_eoi_area = AREA(checks);
