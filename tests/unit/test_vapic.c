/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src/host/vapic.c, and PV EOI (src/host/kvm/pv_eoi.c) on it, over an APIC that behaves as SDM
 * volume 3 (325384-083) 11.8 says.
 */
#include "guest_fixture.h"
#include "host/ipi.h"
#include "host/kvm/policy.h"
#include "host/vapic.h"
#include "host/vcpus.h"
#include "unit.h"
#include "x86/apic.h"

#define WORD 0x1004u /* gpa */

struct kvm_steps kvm_steps;

static struct vcpu vcpu;
static unsigned vcpus;
static bool intercepted;

/* The real APIC. */
static uint32_t isr[8], irr[8];
static uint32_t tpr;
static int from_pics; /* -1: none */

static int highest(const uint32_t bits[8])
{
	for (int vector = 255; vector >= 0; vector--) {
		if (bits[vector / 32] >> vector % 32 & 1)
			return vector;
	}
	return -1;
}

uint32_t apic_read(unsigned offset)
{
	if (offset == 0x80)
		return tpr;
	if (offset >= 0x100 && offset < 0x180)
		return isr[(offset - 0x100) / 16];
	if (offset >= 0x180 && offset < 0x200)
		return 0x7340000 + offset; /* TMR */
	assert_true(offset >= 0x200 && offset < 0x280);
	return irr[(offset - 0x200) / 16];
}

void apic_end_of_interrupt(void)
{
	const int vector = highest(isr);

	assert_true(vector >= 0);
	isr[vector / 32] &= ~(1u << vector % 32);
}

static void arrive(unsigned vector)
{
	irr[vector / 32] |= 1u << vector % 32;
}

void ipi_send_self(const struct vcpu *from, uint32_t vector)
{
	assert_ptr_equal(from, &vcpu);
	arrive(vector);
}

unsigned vcpus_count(void)
{
	return vcpus;
}

static int take_interrupt(void)
{
	int vector = from_pics;

	from_pics = -1;
	if (vector >= 0)
		return vector;
	vector = highest(irr);
	assert_int_equal(highest(isr), -1); /* the host keeps none in service */
	if (vector >> 4 <= (int)tpr >> 4)
		return -1;
	irr[vector / 32] &= ~(1u << vector % 32);
	isr[vector / 32] |= 1u << vector % 32;
	return vector;
}

static void intercept(struct vcpu *v, bool on)
{
	assert_ptr_equal(v, &vcpu);
	intercepted = on;
}

static const struct vcpu_vendor vendor = {.intercept_interrupts = intercept,
					  .take_interrupt = take_interrupt};

static unsigned looks;

static void look(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	looks++;
}

static int setup(void **state)
{
	(void)state;
	make_memory(0x140000);
	fill_memory();
	vcpu = (struct vcpu){.vendor = &vendor, .memory = &memory};
	memset(isr, 0, sizeof(isr));
	memset(irr, 0, sizeof(irr));
	tpr = 0;
	from_pics = -1;
	vcpus = 2;
	intercepted = false;
	looks = 0;
	kvm_steps = (struct kvm_steps){
		.register_eoi = kvm_register_eoi,
		.take_eoi = kvm_take_eoi,
		.offer_eoi = kvm_offer_eoi,
		.put_eoi = kvm_put_eoi,
	};
	return 0;
}

/* An exit because one is pending.  The vector that the guest gets; -1: none. */
static int enter(bool open)
{
	vcpu.event.pending = false;
	vcpu.exit = (struct vcpu_exit){.kind = EXIT_INTERRUPT, .open = open};
	vapic_interrupt(&vcpu);
	assert_int_equal(highest(isr), -1);
	if (!vcpu.event.pending)
		return -1;
	assert_true(vcpu.event.interrupt && !vcpu.event.has_error);
	return vcpu.event.vector;
}

static unsigned in_service(unsigned vector)
{
	return vapic_read(&vcpu, 0x100 + vector / 32 * 16) >> vector % 32 & 1;
}

/* ---- the APIC ---- */

/* Without an APIC, or before it, nothing exits. */
static void test_start(void **state)
{
	(void)state;
	vcpus = 1;
	vapic_start(&vcpu, look);
	assert_false(intercepted || vcpu.vapic.on);
	vcpus = 2;
	vapic_start(&vcpu, look);
	assert_true(intercepted && vcpu.vapic.on);
	vapic_end(&vcpu);
	assert_false(intercepted || vcpu.vapic.on);
	assert_int_equal(looks, 0);
}

/* What is in service at the start stays so, in the virtual APIC; twice is once. */
static void test_takes_over(void **state)
{
	(void)state;
	isr[1] = 1u << 3 | 1u << 20;
	isr[7] = 1u << 31;
	vapic_start(&vcpu, look);
	vapic_start(&vcpu, look);
	assert_int_equal(highest(isr), -1);
	assert_int_equal(vapic_in_service(&vcpu), 3);
	assert_true(in_service(35) && in_service(52) && in_service(255));
	vapic_end(&vcpu); /* not before all are over */
	for (unsigned left = 2; left < 3; left--) {
		assert_true(intercepted);
		vapic_write_eoi(&vcpu);
		assert_int_equal(vapic_in_service(&vcpu), left);
	}
	assert_false(intercepted);
	vapic_eoi(&vcpu); /* none is there */
	assert_int_equal(vapic_in_service(&vcpu), 0);
}

/* To start again means to stay. */
static void test_starts_again(void **state)
{
	(void)state;
	isr[1] = 1;
	vapic_start(&vcpu, look);
	vapic_end(&vcpu);
	vapic_start(&vcpu, look);
	vapic_write_eoi(&vcpu);
	assert_true(intercepted);
}

/* 11.8.3.1: only a higher class comes before what is in service. */
static void test_classes(void **state)
{
	(void)state;
	vapic_start(&vcpu, look);
	arrive(0x45);
	assert_int_equal(enter(true), 0x45);
	arrive(0x31);
	arrive(0x4f); /* of the same class */
	assert_int_equal(enter(true), -1);
	assert_int_equal(enter(true), -1);
	assert_int_equal(highest(irr), -1);
	assert_int_equal(vapic_read(&vcpu, 0x220), 0x8000); /* they wait: 0x4f */
	assert_int_equal(vapic_read(&vcpu, 0x210), 0x20000);
	assert_true(vapic_is_waiting(&vcpu));
	arrive(0x50);
	assert_int_equal(enter(true), 0x50);
	assert_int_equal(vapic_in_service(&vcpu), 2);
	assert_int_equal(vapic_read(&vcpu, 0xa0), 0x50);
	vapic_write_eoi(&vcpu);
	assert_int_equal(vapic_read(&vcpu, 0xa0), 0x40);
	assert_int_equal(highest(irr), -1); /* nothing may go on yet */
	vapic_write_eoi(&vcpu);
	assert_int_equal(enter(true), 0x4f);
	vapic_write_eoi(&vcpu);
	assert_int_equal(enter(true), 0x31);
	vapic_write_eoi(&vcpu);
	assert_false(vapic_is_waiting(&vcpu));
	assert_int_equal(enter(true), -1);
}

/* What waited may be of a class that goes on before a lower one ends. */
static void test_between(void **state)
{
	(void)state;
	vapic_start(&vcpu, look);
	arrive(0x35);
	assert_int_equal(enter(true), 0x35);
	arrive(0x55);
	assert_int_equal(enter(true), 0x55);
	arrive(0x45);
	assert_int_equal(enter(true), -1);
	vapic_write_eoi(&vcpu);
	assert_int_equal(enter(true), 0x45);
	assert_int_equal(vapic_in_service(&vcpu), 2);
}

/* The task priority is the real APIC's. */
static void test_task_priority(void **state)
{
	(void)state;
	vapic_start(&vcpu, look);
	tpr = 0x4a;
	arrive(0x4f);
	assert_int_equal(enter(true), -1);
	assert_int_equal(vapic_read(&vcpu, 0xa0), 0x4a);
	assert_int_equal(vapic_read(&vcpu, 0x220), 0x8000);
	tpr = 0x3f;
	assert_int_equal(enter(true), 0x4f);
	assert_int_equal(vapic_read(&vcpu, 0xa0), 0x40);
	tpr = 0x41;
	assert_int_equal(vapic_read(&vcpu, 0xa0), 0x41); /* of the same class */
	assert_int_equal(vapic_read(&vcpu, 0x1a0), 0x7340000 + 0x1a0);
}

/* A guest that can't take it now gets it later; before each exit's work the ABI looks. */
static void test_closed(void **state)
{
	(void)state;
	vapic_start(&vcpu, look);
	arrive(0x45);
	assert_int_equal(enter(false), -1);
	assert_int_equal(highest(irr), 0x45);
	assert_int_equal(enter(true), 0x45);
	assert_int_equal(looks, 2);
	vapic_write_eoi(&vcpu);
	vapic_read(&vcpu, 0x100);
	assert_int_equal(looks, 4);
}

/* The PICs' vectors, and spurious ones, are never in service, and wait for none. */
static void test_from_pics(void **state)
{
	(void)state;
	vapic_start(&vcpu, look);
	arrive(0x45);
	assert_int_equal(enter(true), 0x45);
	from_pics = 8;
	assert_int_equal(enter(true), 8);
	assert_int_equal(vapic_in_service(&vcpu), 1);
}

/* ---- PV EOI ---- */

static uint32_t word(void)
{
	uint32_t value;

	assert_true(guest_read(&memory, WORD, &value, sizeof(value)));
	return value;
}

static void set_word(uint32_t value)
{
	assert_true(guest_write(&memory, WORD, &value, sizeof(value)));
}

static void write_msr(uint64_t value)
{
	struct kvm_request q = {.vcpu = &vcpu, .value = value};

	kvm_register_eoi(&q);
	kvm_renew_eoi(&vcpu);
}

/* The interrupt @vector comes. */
static void come(unsigned vector)
{
	arrive(vector);
	assert_int_equal(enter(true), vector);
	kvm_renew_eoi(&vcpu);
}

static void eoi(void)
{
	vapic_write_eoi(&vcpu);
	kvm_renew_eoi(&vcpu);
}

static int setup_pv(void **state)
{
	setup(state);
	set_word(0xa5a5a500);
	write_msr(WORD | 1);
	assert_true(intercepted);
	assert_int_equal(word(), 0xa5a5a500); /* KE5: none in service */
	return 0;
}

/* KE2: nothing else of guest memory has changed. */
static void assert_rest_kept(void)
{
	assert_memory(0, WORD);
	assert_memory(WORD + 4, memory.size - WORD - 4);
}

/* KE3: the guest clears the bit, and at the next exit the interrupt is over. */
static void test_taken(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		come(0x45);
		assert_int_equal(word(), 0xa5a5a501); /* KE2 */
		kvm_renew_eoi(&vcpu);                 /* the offer stands */
		assert_int_equal(word(), 0xa5a5a501);
		assert_int_equal(vapic_in_service(&vcpu), 1);
		set_word(0xa5a5a500);
	}
	kvm_renew_eoi(&vcpu);
	assert_int_equal(vapic_in_service(&vcpu), 0);
	assert_int_equal(word(), 0xa5a5a500);
	assert_rest_kept();
}

/* KE4: an EOI of the APIC ends one, and takes the offer back. */
static void test_by_apic(void **state)
{
	(void)state;
	come(0x35);
	come(0x45);
	assert_int_equal(word(), 0xa5a5a501); /* for the higher one */
	eoi();
	assert_int_equal(vapic_in_service(&vcpu), 1);
	assert_int_equal(word(), 0xa5a5a501);
	eoi();
	assert_int_equal(vapic_in_service(&vcpu), 0);
	assert_int_equal(word(), 0xa5a5a500);
}

/* The guest has ended the first by the bit when it reads that it is over. */
static void test_seen_over(void **state)
{
	(void)state;
	come(0x45);
	set_word(0xa5a5a500);
	assert_int_equal(vapic_read(&vcpu, 0x120), 0);
	assert_int_equal(vapic_in_service(&vcpu), 0);
}

/* KE5: another one waits, in the real APIC, or held back. */
static void test_waiting(void **state)
{
	(void)state;
	come(0x45);
	arrive(0x42);
	assert_int_equal(enter(false), -1);
	kvm_renew_eoi(&vcpu);
	assert_int_equal(word(), 0xa5a5a500);
	assert_int_equal(enter(true), -1);
	kvm_renew_eoi(&vcpu);
	assert_int_equal(word(), 0xa5a5a500);
	eoi();
	assert_int_equal(enter(true), 0x42);
	kvm_renew_eoi(&vcpu);
	assert_int_equal(word(), 0xa5a5a501);
}

/* KE6: to disable takes the offer back, whether the guest has used it or not; or to move. */
static void test_disabled(void **state)
{
	for (unsigned used = 0; used < 2; used++) {
		free_memory(state);
		setup_pv(state);
		come(0x45);
		set_word(0xa5a5a500 | !used);
		write_msr(0);
		assert_int_equal(word(), 0xa5a5a500);
		assert_int_equal(vapic_in_service(&vcpu), !used);
		assert_int_equal(intercepted, !used);
		eoi();
		assert_false(intercepted);
		set_word(0x77777777);
		kvm_renew_eoi(&vcpu);
		assert_int_equal(word(), 0x77777777);
	}
	free_memory(state);
	setup_pv(state);
	come(0x45);
	write_msr(0x2001);
	assert_int_equal(word(), 0xa5a5a500);
	assert_int_equal(*(uint8_t *)guest_bytes(&memory, 0x2000, 1) & 1, 1);
}

/* The guest ended its last interrupt by the bit, PV EOI is off, and one is pending. */
static void test_ends_amidst(void **state)
{
	(void)state;
	come(0x45);
	write_msr(0);
	assert_true(intercepted);
	vcpu.kvm.eoi = WORD | 1; /* as if it was still offered */
	vcpu.kvm.eoi_offered = true;
	arrive(0x46);
	assert_int_equal(enter(true), -1); /* it goes straight to the guest */
	assert_false(intercepted);
	assert_int_equal(highest(irr), 0x46);
}

/* A host that accepts an address outside memory (KE1) writes nowhere. */
static void test_outside(void **state)
{
	(void)state;
	write_msr(UINT64_C(0x7fffffff0001));
	come(0x45);
	assert_false(vcpu.kvm.eoi_offered);
	kvm_renew_eoi(&vcpu);
	eoi();
	assert_int_equal(vapic_in_service(&vcpu), 0);
}

#define APIC(test) cmocka_unit_test_setup_teardown(test, setup, free_memory)
#define PV(test)   cmocka_unit_test_setup_teardown(test, setup_pv, free_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		APIC(test_start),   APIC(test_takes_over), APIC(test_starts_again),
		APIC(test_classes), APIC(test_between),    APIC(test_task_priority),
		APIC(test_closed),  APIC(test_from_pics),  PV(test_taken),
		PV(test_by_apic),   PV(test_seen_over),    PV(test_waiting),
		PV(test_disabled),  PV(test_ends_amidst),  PV(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
