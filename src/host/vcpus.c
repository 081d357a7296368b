/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU that waits for its start-up IPI is not in the guest: its processor waits here.  An INIT
 * for a vCPU in the guest comes with an NMI for its processor, which makes it exit.
 */
#include "host/vcpus.h"

#include "host/abi.h"
#include "host/checksum.h"
#include "host/hooks.h"
#include "host/interrupt.h"
#include "host/lapic.h"
#include "lib/panic.h"
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/smp.h"

/* The arguments of vcpus_run(). */
static struct {
	const struct vcpu_vendor *vendor;
	const struct guest_memory *memory;
	const struct loaded_guest *loaded;
	vcpu_finish *finish;
} params;

/* By number; each struct is on its processor's stack. */
static struct vcpu *vcpus[SMP_MAX];

/* Of the boot processor; smp_start() gives the others theirs. */
static uint8_t boot_pages[VCPU_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));

_Static_assert(VCPU_PAGES <= SMP_OWN_PAGES, "x86/smp.h");

unsigned vcpus_count(void)
{
	return smp_count();
}

const struct vcpu *vcpus_get(unsigned id)
{
	return vcpus[id];
}

/* Multiboot 0.6.96, 3.2: protected mode, flat segments, paging off, interrupts off. */
static struct vcpu_start loader_start(void)
{
	return (struct vcpu_start){
		.code = {SEL_CODE64, 0xc09b, 0xffffffff, 0},
		.data = {SEL_DATA, 0xc093, 0xffffffff, 0},
		.cr0 = CR0_PE | CR0_ET,
		.rip = params.loaded->entry,
		.eax = params.loaded->eax,
		.ebx = params.loaded->ebx,
	};
}

/* SDM volume 3 (325384-083) 9.4.4, table 10-1: real mode, at the start of page number @vector. */
static struct vcpu_start ipi_start(unsigned vector)
{
	return (struct vcpu_start){
		.code = {(uint16_t)(vector << 8), 0x9b, 0xffff, vector << 12},
		.data = {0, 0x93, 0xffff, 0},
		.cr0 = CR0_ET,
	};
}

/* By an NMI, which is an exit in the guest and a trap in the host. */
void vcpus_stop_others(unsigned id)
{
	if (vcpus_count() == 1)
		return;
	for (unsigned i = 0; i < vcpus_count(); i++) {
		smp_cpu(i)->silent = i != id;
		if (vcpus[i])
			__atomic_store_n(&vcpus[i]->stopped, i != id, __ATOMIC_RELEASE);
	}
	apic_nmi_others();
}

static void enter(struct vcpu *vcpu, const struct vcpu_start *start)
{
	static bool finished;

	vcpu->regs = (struct gprs){.rax = start->eax, .rbx = start->ebx};
	vcpu->efer = 0;
	vcpu->pat = START_PAT;
	vcpu->synced = false;
	vcpu->event.pending = false;
	vcpu->vapic = (struct vapic){.on = false};
	vcpus_take_kick(vcpu); /* of before the INIT */
	abi_reset(vcpu);
	vcpu->vendor->run(vcpu, start);
	if (!vcpu->end_reason && !vcpu->id)
		vcpu_end(vcpu, "was sent an INIT, but has no firmware that would start it again");
	if (!vcpu->end_reason)
		return;
	if (__atomic_exchange_n(&finished, true, __ATOMIC_ACQ_REL))
		halt_for_ever();
	vcpus_stop_others(vcpu->id);
	params.finish(vcpu);
}

void vcpus_nmi(void)
{
	struct vcpu *vcpu = vcpus[this_cpu()->id];

	if (vcpu && vcpu->entered && vcpu->vendor->kicked)
		vcpu->vendor->kicked();
}

static unsigned load_startup(struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->startup, __ATOMIC_ACQUIRE);
}

/* Whether vcpu->startup was @from, and is @to now. */
static bool change_startup(struct vcpu *vcpu, unsigned from, unsigned to)
{
	return __atomic_compare_exchange_n(&vcpu->startup, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static unsigned wait_for_startup(struct vcpu *vcpu)
{
	unsigned startup;

	while (vcpu->halted && load_startup(vcpu) == STARTUP_NONE)
		cpu_relax();
	vcpu->halted = false;
	while (!((startup = load_startup(vcpu)) & STARTUP_SIPI) ||
	       !change_startup(vcpu, startup, STARTUP_NONE))
		cpu_relax();
	return startup & STARTUP_VECTOR;
}

static bool all_there(void)
{
	for (unsigned id = 1; id < vcpus_count(); id++) {
		if (!__atomic_load_n(&vcpus[id], __ATOMIC_ACQUIRE))
			return false;
	}
	return true;
}

static _Noreturn void run_boot_vcpu(struct vcpu *vcpu)
{
	struct vcpu_start start = loader_start();

	while (!all_there())
		cpu_relax();
	enter(vcpu, &start);
	panic("host: vCPU 0 left the guest without a reason");
}

static void run_vcpu(void *unused)
{
	struct cpu *cpu = this_cpu();
	struct vcpu vcpu = {
		.id = cpu->id,
		.vendor = params.vendor,
		.memory = params.memory,
		.pages = cpu->id ? cpu->own : boot_pages,
		.entry = params.loaded->entry,
		.apic_id = cpuid(1, 0).ebx >> 24,
		.exception_bitmap = hooked_exceptions(),
		.dfr = UINT32_MAX,
		.startup = cpu->id ? STARTUP_INIT : STARTUP_NONE,
	};

	(void)unused;
	interrupt_load();
	abi_init_vcpu(&vcpu);
	cpu->silent = false;
	__atomic_store_n(&vcpus[vcpu.id], &vcpu, __ATOMIC_RELEASE);
	if (!vcpu.id)
		run_boot_vcpu(&vcpu);
	for (bool again = false;; again = true) {
		struct vcpu_start start = ipi_start(wait_for_startup(&vcpu));

		if (again)
			lapic_reset(&vcpu);
		enter(&vcpu, &start);
	}
}

void vcpus_run(const struct vcpu_vendor *vendor, const struct guest_memory *memory,
	       const struct loaded_guest *loaded, vcpu_finish *finish)
{
	params.vendor = vendor;
	params.memory = memory;
	params.loaded = loaded;
	params.finish = finish;
	vendor->init();
	checksum_init(vendor);
	smp_run(run_vcpu, NULL);
	panic("host: no vCPU runs any more");
}

void vcpus_send_init(unsigned id)
{
	struct vcpu *vcpu = vcpus[id];

	if (__atomic_exchange_n(&vcpu->startup, STARTUP_INIT, __ATOMIC_ACQ_REL) == STARTUP_NONE &&
	    id != this_cpu()->id)
		apic_nmi(vcpu->apic_id);
}

void vcpus_send_startup(unsigned id, unsigned vector)
{
	if (hook_startup(vcpus[id], &vector))
		change_startup(vcpus[id], STARTUP_INIT, STARTUP_SIPI | (vector & STARTUP_VECTOR));
}

void vcpus_kick(unsigned id)
{
	__atomic_store_n(&vcpus[id]->kicked, true, __ATOMIC_RELEASE);
}

bool vcpus_take_kick(struct vcpu *vcpu)
{
	return __atomic_exchange_n(&vcpu->kicked, false, __ATOMIC_ACQ_REL);
}

bool vcpus_await_kick(struct vcpu *vcpu)
{
	/* NMIs may be blocked here, so both are looked at that come with one. */
	while (!__atomic_load_n(&vcpu->stopped, __ATOMIC_ACQUIRE) && !vcpu_must_leave(vcpu)) {
		if (vcpus_take_kick(vcpu))
			return true;
		cpu_relax();
	}
	return false;
}
