/* SPDX-License-Identifier: GPL-2.0-only */
/* SDM volume 3 (325384-083) 11.6 and 11.12.9; APM2 (24593 rev. 3.41) 16.5. */
#include "host/ipi.h"

#include "host/log.h"
#include "host/vcpus.h"
#include "x86/apic.h"
#include "x86/insn.h"

#define ICR_VECTOR(command)    ((command)&0xff)
#define ICR_MODE(command)      ((command) >> 8 & 7)
#define ICR_LEVEL              BIT(15)
#define ICR_SHORTHAND(command) ((command) >> 18 & 3)
#define FIRST_VECTOR           16
#define TO_ALL_XAPICS          0xffu
#define TO_ALL_X2APICS         UINT32_MAX
#define DFR_FLAT               0xf /* DFR's upper four bits: no clusters */

enum { MODE_FIXED, MODE_LOWEST_PRIORITY, MODE_INIT = 5, MODE_STARTUP, MODES = 8 };
enum { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };

/* SDM volume 3 (325384-083) 11.6.2.2, 11.12.10 */
static bool has_logical_id(const struct vcpu *vcpu, bool x2apic, uint32_t to)
{
	uint32_t id;

	if (x2apic)
		return to >> 16 == vcpu->apic_id >> 4 && to & 1u << (vcpu->apic_id & 15);
	id = __atomic_load_n(&vcpu->ldr, __ATOMIC_RELAXED) >> 24;
	if (__atomic_load_n(&vcpu->dfr, __ATOMIC_RELAXED) >> 28 == DFR_FLAT)
		return id & to;
	return id >> 4 == to >> 4 && id & to & 0xf;
}

static bool is_for(const struct vcpu *from, uint32_t command, const struct vcpu *vcpu)
{
	uint32_t to = from->x2apic ? from->icr_destination : from->icr_destination >> 24;

	switch (ICR_SHORTHAND(command)) {
	case TO_SELF:
		return vcpu == from;
	case TO_ALL:
		return true;
	case TO_OTHERS:
		return vcpu != from;
	default:
		if (to == (from->x2apic ? TO_ALL_X2APICS : TO_ALL_XAPICS))
			return true;
		if (command & ICR_LOGICAL)
			return has_logical_id(vcpu, from->x2apic, to);
		return to == vcpu->apic_id;
	}
}

/*
 * The real APIC sends it, to the vCPU's processor and to no other.  Vectors of exceptions are
 * illegal (11.8.4), but an emulator may deliver them.
 */
static void send_interrupt(const struct vcpu *vcpu, uint32_t command)
{
	if (ICR_VECTOR(command) >= FIRST_VECTOR)
		apic_send(ICR_VECTOR(command) | ICR_ASSERT, vcpu->apic_id);
}

static void send_init(const struct vcpu *vcpu, uint32_t command)
{
	if (command & ICR_LEVEL && !(command & ICR_ASSERT))
		return; /* 11.6.1: a message that only old CPUs need */
	vcpus_send_init(vcpu->id);
}

static void send_startup(const struct vcpu *vcpu, uint32_t command)
{
	vcpus_send_startup(vcpu->id, ICR_VECTOR(command));
}

void ipi_send_to(const struct vcpu *to, uint32_t vector)
{
	send_interrupt(to, vector);
}

void ipi_send_self(const struct vcpu *from, uint32_t vector)
{
	send_interrupt(from, vector);
}

void ipi_send(struct vcpu *from, uint32_t command)
{
	static void (*const senders[MODES])(const struct vcpu *vcpu, uint32_t command) = {
		[MODE_FIXED] = send_interrupt,
		[MODE_LOWEST_PRIORITY] = send_interrupt,
		[MODE_INIT] = send_init,
		[MODE_STARTUP] = send_startup,
	};
	unsigned mode = ICR_MODE(command);

	from->icr = command & ICR_WRITABLE;
	if (!senders[mode])
		log_line("icr %u %#x %#x refused", from->id, command, from->icr_destination);
	else if (mode >= MODE_INIT)
		log_line("%s %u %#x %#x", mode == MODE_INIT ? "init" : "startup", from->id, command,
			 from->icr_destination);
	for (unsigned id = 0; senders[mode] && id < vcpus_count(); id++) {
		if (!is_for(from, command, vcpus_get(id)))
			continue;
		senders[mode](vcpus_get(id), command);
		if (mode == MODE_LOWEST_PRIORITY)
			break; /* any of them may have it */
	}
}
