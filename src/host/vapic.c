/* SPDX-License-Identifier: GPL-2.0-only */
/* SDM volume 3 (325384-083) 11.8.3 to 11.8.5; APM2 (24593 rev. 3.41) 16.6. */
#include "host/vapic.h"

#include "host/ipi.h"
#include "host/vcpus.h"
#include "x86/apic.h"

#define TPR 0x080
#define PPR 0x0a0
#define ISR 0x100
#define TMR 0x180
#define IRR 0x200

#define WORD(vector) ((vector) / 32)
#define MASK(vector) (1u << (vector) % 32)

/* The highest vector of these; -1 if there is none. */
static int highest(const uint32_t bits[VAPIC_WORDS])
{
	for (int i = VAPIC_WORDS - 1; i >= 0; i--) {
		if (bits[i])
			return i * 32 + 31 - __builtin_clz(bits[i]);
	}
	return -1;
}

/* 11.8.3.1: whether it comes before all that are in service.  -1 is of class -1. */
static bool is_higher(const struct vcpu *vcpu, int vector)
{
	return vector >> 4 > highest(vcpu->vapic.isr) >> 4;
}

static uint32_t real(unsigned first, int i)
{
	return apic_read(first + (unsigned)i * 16);
}

void vapic_start(struct vcpu *vcpu, void (*look)(struct vcpu *vcpu))
{
	struct vapic *v = &vcpu->vapic;

	v->look = look;
	v->ending = false;
	if (v->on || vcpus_count() == 1)
		return;
	v->on = true;
	for (int i = 0; i < VAPIC_WORDS; i++)
		v->isr[i] = real(ISR, i);
	for (unsigned n = vapic_in_service(vcpu); n; n--)
		apic_end_of_interrupt();
	vcpu->vendor->intercept_interrupts(vcpu, true);
}

static void end_if_idle(struct vcpu *vcpu)
{
	struct vapic *v = &vcpu->vapic;

	if (!v->on || !v->ending || highest(v->isr) >= 0)
		return;
	v->on = false;
	vcpu->vendor->intercept_interrupts(vcpu, false);
}

void vapic_end(struct vcpu *vcpu)
{
	vcpu->vapic.ending = true;
	end_if_idle(vcpu);
}

/* 11.8.5, 11.9: vectors from the PICs, and spurious ones, are never in service. */
static void take(struct vcpu *vcpu, int vector)
{
	struct vapic *v = &vcpu->vapic;
	const uint32_t mask = MASK(vector);

	if (real(ISR, WORD(vector)) & mask) {
		apic_end_of_interrupt();
		if (!is_higher(vcpu, vector)) {
			v->held[WORD(vector)] |= mask;
			return;
		}
		v->isr[WORD(vector)] |= mask;
	}
	vcpu->event =
		(struct vcpu_event){.pending = true, .interrupt = true, .vector = (uint8_t)vector};
}

void vapic_interrupt(struct vcpu *vcpu)
{
	int vector;

	vcpu->vapic.look(vcpu);
	if (!vcpu->exit.open || !vcpu->vapic.on) /* it may have ended just now */
		return;
	vector = vcpu->vendor->take_interrupt();
	if (vector >= 0)
		take(vcpu, vector);
}

/* Those that can go on now: the real APIC knows which is the first, and when it may come. */
static void send_held(struct vcpu *vcpu)
{
	struct vapic *v = &vcpu->vapic;
	int vector;

	while ((vector = highest(v->held)) >= 0 && is_higher(vcpu, vector)) {
		v->held[WORD(vector)] &= ~MASK(vector);
		ipi_send_self(vcpu, (uint32_t)vector);
	}
}

void vapic_eoi(struct vcpu *vcpu)
{
	struct vapic *v = &vcpu->vapic;
	const int vector = highest(v->isr);

	if (vector < 0)
		return;
	v->isr[WORD(vector)] &= ~MASK(vector);
	send_held(vcpu);
	end_if_idle(vcpu);
}

void vapic_write_eoi(struct vcpu *vcpu)
{
	vcpu->vapic.look(vcpu);
	vapic_eoi(vcpu);
}

/* 11.8.3.1 */
static uint32_t processor_priority(const struct vcpu *vcpu)
{
	const int vector = highest(vcpu->vapic.isr);
	const uint32_t task = apic_read(TPR);

	return (int)task >> 4 >= vector >> 4 ? task : (uint32_t)vector & 0xf0;
}

uint32_t vapic_read(struct vcpu *vcpu, unsigned offset)
{
	const struct vapic *v = &vcpu->vapic;

	v->look(vcpu);
	if (offset == PPR)
		return processor_priority(vcpu);
	if (offset < TMR)
		return v->isr[(offset - ISR) / 16];
	return apic_read(offset) | (offset < IRR ? 0 : v->held[(offset - IRR) / 16]);
}

unsigned vapic_in_service(const struct vcpu *vcpu)
{
	unsigned n = 0;

	for (int i = 0; i < VAPIC_WORDS; i++) {
		for (uint32_t left = vcpu->vapic.isr[i]; left; left &= left - 1)
			n++;
	}
	return n;
}

bool vapic_is_waiting(const struct vcpu *vcpu)
{
	uint32_t any = 0;

	for (int i = 0; i < VAPIC_WORDS; i++)
		any |= vcpu->vapic.held[i] | real(IRR, i);
	return any;
}
