/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/lapic.c: what a vCPU may do to its APIC, by MSRs and by its page. */
#include "fake_cpu.h"

#include "host/guest_memory.h"
#include "host/ipi.h"
#include "host/lapic.h"
#include "host/log.h"
#include "host/mov_decode.h"
#include "host/vcpus.h"
#include "unit.h"
#include "x86/apic.h"

#define BASE UINT64_C(0xfee00800) /* enabled */

static struct vcpu vcpu;
static unsigned vcpus; /* their number */
static bool has_x2apic;
static char logged[200];
static struct mov_decoded mov;
static bool decodes;

/* What happened last; no offset is ~0. */
static unsigned written_at;
static uint32_t written, icr, sent_to_self;
static unsigned virtual_eois;

/* ---- what lapic.c calls ---- */

void log_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(logged, sizeof(logged), fmt, args);
	va_end(args);
}

struct cpuid_regs cpuid(uint32_t leaf, uint32_t subleaf)
{
	assert_int_equal(leaf + subleaf, 1);
	return (struct cpuid_regs){.ecx = has_x2apic ? (uint32_t)BIT(21) : ~(uint32_t)BIT(21)};
}

unsigned vcpus_count(void)
{
	return vcpus;
}

void ipi_send(struct vcpu *from, uint32_t command)
{
	assert_ptr_equal(from, &vcpu);
	icr = command;
}

/* Registers as they were written; interrupts in service, and those that wait. */
static uint32_t registers[0x40];
static unsigned in_service, waiting;
static bool resets;

void apic_end_of_interrupt(void)
{
	in_service -= in_service > 0;
}

static int take_interrupt(void)
{
	if (!waiting || in_service)
		return -1;
	assert_int_equal(registers[0x08], 0);
	assert_int_equal(registers[0x32], 0x10000);
	waiting--;
	in_service++;
	return 0x40;
}

static const uint32_t *service; /* ISR's words, if a test looks at these */

uint32_t apic_read(unsigned offset)
{
	if (service)
		return offset - 0x100 < 0x80 ? service[(offset - 0x100) / 16] : 0;
	if (resets)
		return offset == 0x170 ? in_service : 0;
	return 0xa0000000 + offset;
}

void apic_write(unsigned offset, uint32_t value)
{
	written_at = offset;
	written = value;
	registers[offset / 16] = value;
}

void vapic_write_eoi(struct vcpu *v)
{
	assert_true(v->vapic.on);
	virtual_eois++;
}

uint32_t vapic_read(struct vcpu *v, unsigned offset)
{
	assert_true(v->vapic.on);
	return 0xb0000000 + offset;
}

void ipi_send_self(const struct vcpu *from, uint32_t vector)
{
	assert_ptr_equal(from, &vcpu);
	sent_to_self = vector;
}

unsigned guest_fetch(const struct vcpu *v, uint8_t *code, unsigned size)
{
	assert_ptr_equal(v, &vcpu);
	memset(code, 0, size);
	return size;
}

bool mov_decode(const uint8_t *code, unsigned length, unsigned bits, struct mov_decoded *out)
{
	(void)code;
	assert_int_equal(length, MOV_DECODE_MAX);
	assert_int_equal(bits, 64);
	*out = mov;
	return decodes;
}

/* ---- tests ---- */

static void start(bool x2apic)
{
	vcpu = (struct vcpu){.id = 3,
			     .rip = 0x1000,
			     .x2apic = x2apic,
			     .apic_id = 0x35,
			     .icr = 0x11111111,
			     .icr_destination = 0x22222222,
			     .ldr = 0x33000000,
			     .dfr = 0x4fffffff,
			     .slow = {.rsp = 0x5555, .code_bits = 64}};
	vcpus = 4;
	has_x2apic = true;
	decodes = true;
	logged[0] = '\0';
	written_at = ~0u;
	written = icr = sent_to_self = 0;
	virtual_eois = 0;
}

/* 11.4.3, 11.12.1: the boot processor's bit, and one way into x2APIC mode. */
static void test_base(void **state)
{
	static const struct {
		bool x2apic, cpu_has, taken, after;
		uint64_t value;
	} table[] = {
		{false, true, true, false, BASE},
		{false, true, true, true, BASE | BIT(10)},
		{true, true, true, true, BASE | BIT(10)},
		{true, true, false, true, BASE},
		{false, false, false, false, BASE | BIT(10)},
		{false, false, true, false, BASE},
		{false, true, false, false, BASE & ~BIT(11)},
		{false, true, false, false, BASE | BIT(8)},
		{false, true, false, false, BASE + 0x1000},
		{false, true, false, false, BASE | BIT(40) | BIT(10)},
		{true, true, false, true, 0},
	};
	uint64_t value;

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start(table[i].x2apic);
		has_x2apic = table[i].cpu_has;
		assert_true(lapic_rdmsr(&vcpu, MSR_APIC_BASE, &value));
		assert_int_equal(value, BASE | (table[i].x2apic ? BIT(10) : 0));
		assert_int_equal(lapic_wrmsr(&vcpu, MSR_APIC_BASE, table[i].value), table[i].taken);
		assert_int_equal(vcpu.x2apic, table[i].after);
		assert_string_equal(logged, table[i].after && !table[i].x2apic ? "x2apic 3" : "");
	}
	start(false);
	vcpu.id = 0;
	assert_true(lapic_rdmsr(&vcpu, MSR_APIC_BASE, &value));
	assert_int_equal(value, BASE | BIT(8));
	vcpus = 1; /* no APIC */
	assert_false(lapic_rdmsr(&vcpu, MSR_APIC_BASE, &value));
	assert_false(lapic_wrmsr(&vcpu, MSR_APIC_BASE, BASE | BIT(8)));
}

/*
 * 11.4.1, 11.12.1.2: which registers can be read and written in each mode, by number: 1 read, 2
 * write in xAPIC mode, 4 and 8 in x2APIC mode.
 */
static unsigned wanted_rights(unsigned reg)
{
	if (reg >= 0x10 && reg <= 0x27) /* ISR, TMR, IRR */
		return 1 | 4;
	if (reg >= 0x32 && reg <= 0x38) /* LVT, initial count */
		return 1 | 2 | 4 | 8;
	switch (reg) {
	case 0x02: /* ID */
	case 0x03: /* version */
	case 0x0a: /* PPR */
	case 0x39: /* current count */
		return 1 | 4;
	case 0x08: /* TPR */
	case 0x0f: /* spurious vector */
	case 0x28: /* ESR */
	case 0x2f: /* LVT CMCI */
	case 0x30: /* ICR */
	case 0x3e: /* divide */
		return 1 | 2 | 4 | 8;
	case 0x09: /* APR */
		return 1;
	case 0x0b: /* EOI */
		return 2 | 8;
	case 0x0d: /* LDR */
		return 1 | 2 | 4;
	case 0x0e: /* DFR */
	case 0x31: /* ICR, upper half */
		return 1 | 2;
	case 0x3f: /* self IPI */
		return 8;
	default:
		return 0;
	}
}

static void test_rights(void **state)
{
	uint64_t value;

	(void)state;
	for (unsigned reg = 0; reg < 0x100; reg++) {
		start(true);
		assert_int_equal(lapic_rdmsr(&vcpu, 0x800 + reg, &value),
				 !!(wanted_rights(reg) & 4));
		assert_int_equal(lapic_wrmsr(&vcpu, 0x800 + reg, 0), !!(wanted_rights(reg) & 8));
		start(false);
		assert_false(lapic_rdmsr(&vcpu, 0x800 + reg, &value));
		assert_false(lapic_wrmsr(&vcpu, 0x800 + reg, 0));
	}
	start(true);
	assert_false(lapic_rdmsr(&vcpu, 0x7ff, &value));
	assert_false(lapic_wrmsr(&vcpu, 0x7ff, 0));
}

/* A MOV of the guest's RDX (register 2), or of an immediate, at this offset of the page. */
static bool touch(unsigned offset, bool write)
{
	vcpu.exit.gpa = 0xfee00000 + offset;
	mov.length = 7;
	mov.write = write;
	return lapic_page_access(&vcpu);
}

static void test_page(void **state)
{
	(void)state;
	for (unsigned reg = 0; reg < 0x100; reg++) {
		const unsigned rights = wanted_rights(reg);

		start(false);
		mov = (struct mov_decoded){.reg = 2};
		vcpu.regs.rdx = UINT64_MAX;
		assert_true(touch(reg * 16, false));
		assert_int_equal(vcpu.rip, 0x1007);
		assert_int_equal(!!vcpu.regs.rdx, rights & 1);
		assert_int_equal(vcpu.regs.rdx >> 32, 0);
		vcpu.regs.rdx = UINT64_C(0x9900000000);
		assert_true(touch(reg * 16, true));
		if (reg != 0x0d && reg != 0x0e && reg != 0x30 && reg != 0x31)
			assert_int_equal(written_at, rights & 2 ? reg * 16 : ~0u);
		start(true); /* in x2APIC mode there is no page: reads give 0, writes nothing */
		assert_true(touch(reg * 16, false));
		assert_int_equal(vcpu.regs.rdx, 0);
		assert_true(touch(reg * 16, true));
		assert_int_equal(written_at, ~0u);
	}
}

static void test_page_operands(void **state)
{
	(void)state;
	start(false);
	mov = (struct mov_decoded){.immediate = true, .value = 0x1234};
	assert_true(touch(0xf0, true));
	assert_int_equal(written_at, 0xf0);
	assert_int_equal(written, 0x1234);
	mov = (struct mov_decoded){.reg = 4}; /* RSP */
	assert_true(touch(0x80, true));
	assert_int_equal(written, 0x5555);
	assert_true(touch(0x80, false));
	assert_int_equal(vcpu.slow.rsp, 0xa0000080);
	mov = (struct mov_decoded){.reg = 15};
	assert_true(touch(0x80, false));
	assert_int_equal(vcpu.regs.r15, 0xa0000080);
	assert_null(vcpu.end_reason);
}

static void test_page_refused(void **state)
{
	(void)state;
	start(false);
	mov = (struct mov_decoded){.reg = 2};
	assert_false(touch(0x84, false));
	assert_non_null(vcpu.end_reason);
	start(false);
	decodes = false;
	assert_false(touch(0x80, false));
	assert_string_equal(vcpu.end_reason,
			    "touched its APIC by something else than a MOV of 32 bits");
	start(false);
	assert_false(touch(0x1080, false)); /* another page */
	assert_null(vcpu.end_reason);
	vcpus = 1;
	assert_false(touch(0x80, false));
	assert_null(vcpu.end_reason);
}

/* Registers that the host has for itself; 11.12.9, 11.12.10.2 for x2APIC mode. */
static void test_own_registers(void **state)
{
	static const struct {
		unsigned reg;
		uint64_t xapic, x2apic;
	} table[] = {
		{0x02, 0x35000000, 0x35}, {0x0d, 0x33000000, 0x30020},
		{0x0e, 0x4fffffff, 0},    {0x30, 0x11111111, UINT64_C(0x2222222211111111)},
		{0x31, 0x22222222, 0},    {0x08, 0xa0000080, 0xa0000080},
	};
	uint64_t value;

	(void)state;
	mov = (struct mov_decoded){.reg = 2};
	for (unsigned i = 0; i < COUNT(table); i++) {
		start(false);
		assert_true(touch(table[i].reg * 16, false));
		assert_int_equal(vcpu.regs.rdx, table[i].xapic);
		start(true);
		if (lapic_rdmsr(&vcpu, 0x800 + table[i].reg, &value))
			assert_int_equal(value, table[i].x2apic);
	}
	start(false);
	mov = (struct mov_decoded){.immediate = true, .value = 0x12345678};
	assert_true(touch(0xd0, true));
	assert_int_equal(vcpu.ldr, 0x12000000);
	assert_true(touch(0xe0, true));
	assert_int_equal(vcpu.dfr, 0x1fffffff);
	assert_true(touch(0x310, true));
	assert_int_equal(vcpu.icr_destination, 0x12345678);
	assert_true(touch(0x300, true));
	assert_int_equal(icr, 0x12345678);
	assert_int_equal(written_at, ~0u); /* none of these reached the real APIC */
}

/* 11.12.1.2, 11.12.8, 11.12.9, 11.12.11: reserved bits are a #GP in x2APIC mode. */
static void test_reserved(void **state)
{
	static const struct {
		unsigned reg;
		uint64_t value;
		bool taken;
	} table[] = {
		{0x08, 0xff, true},     {0x08, 0x100, false},   {0x0b, 0, true},
		{0x0b, 1, false},       {0x28, 0, true},        {0x28, BIT(32), false},
		{0x0f, 0x1ff, true},    {0x0f, BIT(32), false}, {0x3f, 0xff, true},
		{0x3f, 0x100, false},   {0x30, 0xccfff, true},  {0x30, BIT(12), false},
		{0x30, BIT(13), false}, {0x30, BIT(16), false}, {0x30, BIT(17), false},
		{0x30, BIT(20), false}, {0x30, BIT(31), false},
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(table); i++) {
		start(true);
		assert_int_equal(lapic_wrmsr(&vcpu, 0x800 + table[i].reg, table[i].value),
				 table[i].taken);
	}
}

static void test_x2apic_ipis(void **state)
{
	(void)state;
	start(true);
	assert_true(lapic_wrmsr(&vcpu, 0x830, UINT64_C(0x7700004055)));
	assert_int_equal(vcpu.icr_destination, 0x77);
	assert_int_equal(icr, 0x4055);
	assert_true(lapic_wrmsr(&vcpu, 0x83f, 0x66)); /* a self IPI */
	assert_int_equal(sent_to_self, 0x66);
	assert_int_equal(written_at, ~0u);
}

/* 11.5.1: NMI, SMI and INIT would reach the host; ExtINT is for LINT0 and LINT1. */
static void test_lvt(void **state)
{
	static const unsigned lvts[] = {0x2f, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37};

	(void)state;
	mov = (struct mov_decoded){.immediate = true};
	for (unsigned i = 0; i < COUNT(lvts); i++) {
		for (unsigned mode = 0; mode < 8; mode++) {
			const bool lint = lvts[i] == 0x35 || lvts[i] == 0x36;
			const bool good = mode == 0 || (mode == 7 && lint);

			start(false);
			mov.value = 0x10000 | mode << 8 | 0x20;
			assert_true(touch(lvts[i] * 16, true));
			assert_int_equal(written_at, good ? lvts[i] * 16 : ~0u);
			assert_int_equal(!strncmp(logged, "lvt 3 ", 6), !good);
		}
	}
	start(false);
	mov.value = 0x400;
	assert_true(touch(0x380, true)); /* the initial count is no LVT */
	assert_int_equal(written_at, 0x380);
}

/* EOI, ISR, IRR and PPR, while they are virtual. */
static void test_virtual(void **state)
{
	uint64_t value;

	(void)state;
	for (unsigned reg = 0; reg < 0x40; reg++) {
		const bool virtual = reg == 0x0a || (reg >= 0x10 && reg <= 0x27);

		start(true);
		vcpu.vapic.on = true;
		if (wanted_rights(reg) & 4 && reg != 0x02 && reg != 0x0d && reg != 0x30) {
			assert_true(lapic_rdmsr(&vcpu, 0x800 + reg, &value));
			assert_int_equal(value, (virtual ? 0xb0000000 : 0xa0000000) + reg * 16);
		}
		if (wanted_rights(reg) & 8 && reg != 0x30 && reg != 0x3f) {
			assert_true(lapic_wrmsr(&vcpu, 0x800 + reg, 0));
			assert_int_equal(written_at, reg == 0x0b ? ~0u : reg * 16);
			assert_int_equal(virtual_eois, reg == 0x0b);
		}
	}
}

/* Bochs does not say which: it is the highest one in service (11.8.4), if one is. */
static void test_interrupted(void **state)
{
	static const uint32_t none[8], first[8] = {0x10000}, last[8] = {[7] = 0x80000000},
				       several[8] = {0x80000000, 0x28, 0, 1};

	(void)state;
	start(true);
	service = none;
	assert_int_equal(lapic_interrupted(0x80000000), 0x80000000);
	service = first;
	assert_int_equal(lapic_interrupted(0x80000000), 0x80000010);
	service = last;
	assert_int_equal(lapic_interrupted(0x80000000), 0x800000ff);
	service = several;
	assert_int_equal(lapic_interrupted(0x80000000), 0x80000060);
	assert_int_equal(lapic_interrupted(0), 0); /* what is said is believed */
	assert_int_equal(lapic_interrupted(0x80000041), 0x80000041);
	assert_int_equal(lapic_interrupted(0x80000300), 0x80000300);
	vcpus = 1; /* then there may be no APIC */
	assert_int_equal(lapic_interrupted(0x80000000), 0x80000000);
	service = NULL;
}

/* 11.4.7.1, 11.4.7.3: its ID and its mode stay, and no interrupt does. */
static void test_reset(void **state)
{
	static const struct vcpu_vendor vendor = {.take_interrupt = take_interrupt};

	(void)state;
	start(true);
	vcpu.vendor = &vendor;
	memset(registers, 0xff, sizeof(registers));
	in_service = 3;
	waiting = 5;
	resets = true;
	lapic_reset(&vcpu);
	resets = false;
	assert_int_equal(in_service + waiting, 0);
	for (unsigned reg = 0x32; reg <= 0x37; reg++)
		assert_int_equal(registers[reg], 0x10000);
	assert_int_equal(registers[0x2f], 0x10000);
	assert_int_equal(registers[0x08] | registers[0x38] | registers[0x3e], 0);
	assert_int_equal(registers[0x0f], 0xff);
	assert_int_equal(vcpu.icr | vcpu.icr_destination | vcpu.ldr, 0);
	assert_int_equal(vcpu.dfr, UINT32_MAX);
	assert_int_equal(vcpu.apic_id, 0x35);
	assert_true(vcpu.x2apic);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),         cmocka_unit_test(test_rights),
		cmocka_unit_test(test_page),         cmocka_unit_test(test_page_operands),
		cmocka_unit_test(test_page_refused), cmocka_unit_test(test_own_registers),
		cmocka_unit_test(test_reserved),     cmocka_unit_test(test_x2apic_ipis),
		cmocka_unit_test(test_lvt),          cmocka_unit_test(test_virtual),
		cmocka_unit_test(test_interrupted),  cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
