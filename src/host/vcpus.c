/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vCPU that waits for its start-up IPI is not in the guest: its processor waits here.  An INIT
 * for a vCPU in the guest takes effect at its next exit that is not a hypercall.
 */
#include "host/vcpus.h"

#include "host/abi.h"
#include "host/hooks.h"
#include "host/log.h"
#include "lib/panic.h"
#include "x86/apic.h"
#include "x86/insn.h"
#include "x86/smp.h"

#define ICR_VECTOR(command)    ((command)&0xff)
#define ICR_MODE(command)      ((command) >> 8 & 7)
#define MODE_INIT              5
#define MODE_STARTUP           6
#define ICR_ASSERT             BIT(14)
#define ICR_LEVEL              BIT(15)
#define ICR_SHORTHAND(command) ((command) >> 18 & 3)
#define TO_ALL_APICS           0xff

enum { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };

#define SIPI_PENDING 0x100u

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
static void stop_others(unsigned id)
{
	if (vcpus_count() == 1)
		return;
	for (unsigned i = 0; i < vcpus_count(); i++)
		smp_cpu(i)->silent = i != id;
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
	vcpu->vendor->run(vcpu, start);
	if (!vcpu->end_reason)
		return;
	if (__atomic_exchange_n(&finished, true, __ATOMIC_ACQ_REL))
		halt_for_ever();
	stop_others(vcpu->id);
	params.finish(vcpu);
}

static unsigned wait_for_startup(struct vcpu *vcpu)
{
	unsigned startup;

	while (vcpu->halted && !__atomic_load_n(&vcpu->init_pending, __ATOMIC_ACQUIRE))
		cpu_relax();
	vcpu->halted = false;
	__atomic_store_n(&vcpu->init_pending, false, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->sipi, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->wait_for_sipi, true, __ATOMIC_RELEASE);
	while (!((startup = __atomic_load_n(&vcpu->sipi, __ATOMIC_ACQUIRE)) & SIPI_PENDING))
		cpu_relax();
	__atomic_store_n(&vcpu->wait_for_sipi, false, __ATOMIC_RELEASE);
	return ICR_VECTOR(startup);
}

static bool all_wait(void)
{
	for (unsigned id = 1; id < vcpus_count(); id++) {
		struct vcpu *vcpu = __atomic_load_n(&vcpus[id], __ATOMIC_ACQUIRE);

		if (!vcpu || !__atomic_load_n(&vcpu->wait_for_sipi, __ATOMIC_ACQUIRE))
			return false;
	}
	return true;
}

static void run_boot_vcpu(struct vcpu *vcpu)
{
	struct vcpu_start start = loader_start();

	while (!all_wait())
		cpu_relax();
	enter(vcpu, &start);
	panic("host: an INIT for the boot processor, behind which there is nothing of ours");
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
	};

	(void)unused;
	abi_init_vcpu(&vcpu);
	cpu->silent = false;
	__atomic_store_n(&vcpus[vcpu.id], &vcpu, __ATOMIC_RELEASE);
	if (!vcpu.id)
		run_boot_vcpu(&vcpu);
	for (;;) {
		struct vcpu_start start = ipi_start(wait_for_startup(&vcpu));

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
	smp_run(run_vcpu, NULL);
	panic("host: no vCPU runs any more");
}

static bool is_for(const struct vcpu *from, uint32_t command, const struct vcpu *vcpu)
{
	uint32_t to = from->icr_destination >> 24;

	switch (ICR_SHORTHAND(command)) {
	case TO_SELF:
		return vcpu == from;
	case TO_ALL:
		return true;
	case TO_OTHERS:
		return vcpu != from;
	default:
		return to == vcpu->apic_id || to == TO_ALL_APICS;
	}
}

static void send_init(struct vcpu *vcpu, uint32_t command)
{
	if (command & ICR_LEVEL && !(command & ICR_ASSERT))
		return; /* 11.6.1: a message that only old CPUs need */
	if (!__atomic_load_n(&vcpu->wait_for_sipi, __ATOMIC_ACQUIRE))
		__atomic_store_n(&vcpu->init_pending, true, __ATOMIC_RELEASE);
}

/* A vCPU that does not wait for it ignores it. */
static void send_sipi(struct vcpu *vcpu, uint32_t command)
{
	unsigned vector = ICR_VECTOR(command);

	if (!hook_startup(vcpu, &vector))
		return;
	if (__atomic_load_n(&vcpu->wait_for_sipi, __ATOMIC_ACQUIRE))
		__atomic_store_n(&vcpu->sipi, SIPI_PENDING | ICR_VECTOR(vector), __ATOMIC_RELEASE);
}

void vcpus_write_icr(struct vcpu *from, uint32_t command)
{
	unsigned mode = ICR_MODE(command);

	if (mode != MODE_INIT && mode != MODE_STARTUP) {
		apic_send(command, from->icr_destination >> 24);
		return;
	}
	log_line("%s %u %#x %#x", mode == MODE_INIT ? "init" : "startup", from->id, command,
		 from->icr_destination);
	for (unsigned id = 0; id < vcpus_count(); id++) {
		if (!is_for(from, command, vcpus[id]))
			continue;
		if (mode == MODE_INIT)
			send_init(vcpus[id], command);
		else
			send_sipi(vcpus[id], command);
	}
}
