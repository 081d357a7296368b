/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC's registers: none of them may let an SMI, an NMI or an INIT through to the host.
 */
#include "attack_apic.h"

#include "x86/apic.h"
#include "x86/insn.h"

static const uint16_t entries[] = {0x2f0, LVT_TIMER, 0x330, 0x340, LVT_LINT0, LVT_LINT1, 0x370};

/* Also of a timer that runs. */
static bool try_lvt(unsigned i)
{
	bool lint = entries[i] == LVT_LINT0 || entries[i] == LVT_LINT1, ok = true;
	uint32_t before = apic_read(entries[i]);

	begin("lvt.%#x", entries[i]);
	for (uint32_t mode = LOWEST; mode <= EXTINT; mode += 0x100) {
		if (lint && mode == EXTINT)
			continue;
		apic_write(entries[i], mode | VECTOR);
		apic_write(DIVIDE, 0xb);
		apic_write(COUNT, 100);
		ok &= equal("the entry", apic_read(entries[i]), before) && arrived(0);
	}
	apic_write(COUNT, 0);
	return ok;
}

static bool virtual_wire(void)
{
	uint32_t before = apic_read(LVT_LINT0);
	bool ok;

	apic_write(LVT_LINT0, EXTINT | MASKED);
	ok = equal("LINT0", apic_read(LVT_LINT0) & (EXTINT | MASKED), EXTINT | MASKED);
	apic_write(LVT_LINT0, before);
	return ok;
}

static bool timer(void)
{
	bool ok;

	apic_write(LVT_TIMER, VECTOR);
	apic_write(DIVIDE, 0xb);
	apic_write(COUNT, 100);
	ok = arrived(1);
	apic_write(LVT_TIMER, MASKED);
	return ok;
}

/* Registers that are not there, and those that are read-only: the extended LVT of AMD's, ID. */
static bool reserved(void)
{
	uint32_t id = apic_read(APIC_ID);
	bool ok = true;

	for (unsigned offset = 0; offset < PAGE_SIZE; offset += 16) {
		if (offset >= 0x80 && offset < 0x400)
			continue;
		apic_write(offset, NMI | VECTOR);
		if (offset != APIC_ID && offset != 0x30)
			ok &= equal("a register", apic_read(offset), 0);
	}
	return ok && equal("ID", apic_read(APIC_ID), id) && arrived(0);
}

/* x2APIC mode's own: a destination of 32 bits, self IPIs, reserved bits. */
static bool wide_destination(void)
{
	if (!x2apic())
		return skip("no x2APIC mode");
	wrmsr(MSR_ICR, BIT(40) | (uint64_t)id_of(1) << 32 | VECTOR);
	if (!arrived(0))
		return false;
	wrmsr(MSR_ICR, (uint64_t)BROADCAST << 32 | VECTOR);
	if (!arrived(0))
		return false;
	wrmsr(MSR_ICR, (uint64_t)UINT32_MAX << 32 | VECTOR);
	return arrived(3) && equal("ICR", rdmsr(MSR_ICR), (uint64_t)UINT32_MAX << 32 | VECTOR);
}

static bool self_ipi(void)
{
	if (!x2apic())
		return skip("no x2APIC mode");
	wrmsr(MSR_SELF, VECTOR_UD); /* illegal, but QEMU's APIC would deliver it */
	wrmsr(MSR_SELF, VECTOR);
	return arrived(1);
}

static bool reserved_bits(void)
{
	static const struct {
		uint32_t msr;
		uint64_t value;
	} writes[] = {
		{MSR_SELF, NMI | VECTOR},
		{MSR_SELF, BIT(32)},
		{MSR_ICR, BIT(12) | VECTOR},
		{MSR_ICR, BIT(20)},
		{0x80b, 1},
		{0x828, 1},
		{0x808, 0x100},
		{0x835, BIT(32)},
		{0x802, 0},
		{0x803, 0},
		{0x80d, 0},
		{0x80e, 0},
		{0x831, 0},
		{0x839, 0},
		{0x840, 0},
		{0x850, NMI},
		{0x8ff, 0},
		{0x800, 0},
	};
	bool ok = true;

	if (!x2apic())
		return skip("no x2APIC mode");
	for (unsigned i = 0; i < LENGTH(writes); i++) {
		struct attack_result o = write_msr(writes[i].msr, writes[i].value);

		ok &= faulted(&o, VECTOR_GP);
	}
	return ok && arrived(0);
}

static const struct {
	const char *name;
	bool (*try)(void);
} singles[] = {
	{"lvt.virtual-wire", virtual_wire}, {"lvt.timer-works", timer},
	{"apic.reserved", reserved},        {"x2apic.destination", wide_destination},
	{"x2apic.self-ipi", self_ipi},      {"x2apic.reserved-bits", reserved_bits},
};

static bool try_single(unsigned i)
{
	begin("%s", singles[i].name);
	return singles[i].try();
}

const struct attacks lvt_attacks[] = {
	{LENGTH(entries), try_lvt},
	{LENGTH(singles), try_single},
	{0, NULL},
};
