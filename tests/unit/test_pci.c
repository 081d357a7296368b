/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/pci.c, with buses of functions that are made of registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_ports.h"
#include "lib/pci.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HOST_BRIDGE 0x06000000u
#define BRIDGE      0x06040000u
#define UART        0x07000200u
#define ABSENT      0xffffffffu

/* The number of a function in PCI_ADDRESS */
#define AT(bus, device, function) ((bus) << 8 | (device) << 3 | (function))

struct function {
	uint32_t at, class, header, registers[10];
};

static struct function functions[16];
static unsigned count;
static uint32_t address, floating;
static bool has_pci;
static unsigned accesses;

static struct function *find(uint32_t at)
{
	for (unsigned i = 0; i < count; i++) {
		if (functions[i].at == at)
			return &functions[i];
	}
	return NULL;
}

static uint32_t *selected(void)
{
	struct function *f = find(address >> 8 & 0xffff);

	assert_int_equal(address >> 16 & 0x7f00, 0);
	assert_in_range(address & 0xff, 0, 0x27);
	assert_int_equal(address % 4, 0);
	return f ? &f->registers[(address & 0xff) / 4] : NULL;
}

uint32_t inl(uint16_t port)
{
	accesses++;
	if (!has_pci)
		return floating;
	if (port == PCI_ADDRESS)
		return address;
	assert_int_equal(port, PCI_DATA);
	return selected() ? *selected() : floating;
}

void outl(uint16_t port, uint32_t value)
{
	accesses++;
	if (port == PCI_ADDRESS) {
		address = value;
		return;
	}
	assert_int_equal(port, PCI_DATA);
	assert_int_equal(address & 0xff, PCI_COMMAND);
	assert_int_equal(value >> 16, 0); /* in the status a 1 would change something */
	*selected() = (*selected() & 0xffff0000) | value;
}

static struct function *add(uint32_t at, uint32_t class, uint32_t header)
{
	struct function *f = &functions[count++];

	*f = (struct function){.at = at};
	f->registers[PCI_COMMAND / 4] = 0x02900000;
	f->registers[PCI_CLASS / 4] = class;
	f->registers[PCI_HEADER / 4] = header << 16;
	return f;
}

static struct function *add_uart(uint32_t at, uint32_t bar)
{
	struct function *f = add(at, UART, 0);

	f->registers[PCI_BAR / 4] = bar;
	return f;
}

static void add_bridge(uint32_t at, uint32_t first, uint32_t last)
{
	add(at, BRIDGE, 1)->registers[PCI_BUSES / 4] = last << 16 | first << 8 | at >> 8;
}

static int setup(void **state)
{
	(void)state;
	count = accesses = 0;
	address = 0;
	floating = ABSENT;
	has_pci = true;
	add(AT(0, 0, 0), HOST_BRIDGE, 0);
	return 0;
}

/* What use() was called with, and which of these ports it takes. */
static uint16_t tried[16], taken;
static unsigned tries;

static bool use(uint16_t port)
{
	assert_true(tries < COUNT(tried));
	tried[tries++] = port;
	return port == taken;
}

static bool each(void)
{
	memset(tried, 0, sizeof(tried));
	tries = 0;
	return pci_each_uart(use);
}

static void finds(uint16_t port)
{
	taken = port;
	assert_true(each());
	assert_int_equal(tries, 1);
	assert_int_equal(tried[0], port);
}

static void finds_none(void)
{
	taken = 0;
	assert_false(each());
	assert_int_equal(tries, 0);
}

/* No PCI: one question, whatever the ports read as, also if they all keep what is written. */
static void test_none(void **state)
{
	(void)state;
	has_pci = false;
	finds_none();
	floating = 0;
	finds_none();
	assert_int_equal(accesses, 4);
	floating = PCI_ENABLE;
	finds_none();
}

/* Nobody there, and registers that all read the same. */
static void test_empty(void **state)
{
	static const uint32_t values[] = {ABSENT, 0, PCI_ENABLE, UART};

	for (unsigned i = 0; i < COUNT(values); i++) {
		setup(state);
		count = 0;
		floating = values[i];
		finds_none();
		assert_true(accesses < 10000);
	}
}

static void test_uart(void **state)
{
	struct function *f;

	(void)state;
	f = add_uart(AT(0, 3, 0), 0xc001);
	finds(0xc000);
	assert_int_equal(f->registers[PCI_COMMAND / 4], 0x02900001); /* turned on */
	f->registers[PCI_COMMAND / 4] = 0x02900107;
	finds(0xc000);
	assert_int_equal(f->registers[PCI_COMMAND / 4], 0x02900107);
}

/* Programming interfaces from 8250 to 16950, and no other serial controllers. */
static void test_class(void **state)
{
	static const struct {
		uint32_t class;
		bool is_uart;
	} table[] = {
		{0x07000000, true},  {0x070000ff, true},  {0x07000612, true},  {0x07000700, false},
		{0x07010000, false}, {0x07800000, false}, {0x06ffff00, false}, {0x07020000, false},
	};

	for (unsigned i = 0; i < COUNT(table); i++) {
		setup(state);
		add_uart(AT(0, 31, 0), 0xfff9)->registers[PCI_CLASS / 4] = table[i].class;
		if (table[i].is_uart)
			finds(0xfff8);
		else
			finds_none();
	}
}

/* Only ports that were assigned, and that a PC has. */
static void test_bars(void **state)
{
	static const struct {
		uint32_t bars[6];
		uint16_t port; /* 0: none */
	} table[] = {
		{{0x1, 0xc001}, 0xc000},
		{{0xfd00000, 0xc009, 0xd001}, 0xc008},
		{{0, 0, 0, 0, 0, 0x101}, 0x100},
		{{0xf1, 0xfff1}, 0xfff0},
		{{0xfffd}, 0},
		{{0x1000c001}, 0},
		{{0}, 0},
		{{0xfebf1000}, 0},
		{{0xc000, 0xd001}, 0xd000}, /* memory, low as a port */
		{{0xfebf1004, 0xc001}, 0},  /* 64 bits: c001 is its upper half */
		{{0xfebf100c, 0xc001, 0xd001}, 0xd000},
		{{0, 0, 0, 0, 0, 0xfebf1004}, 0}, /* beyond the last BAR is no other */
	};

	for (unsigned i = 0; i < COUNT(table); i++) {
		struct function *f;

		setup(state);
		f = add_uart(AT(0, 1, 0), 0);
		memcpy(&f->registers[PCI_BAR / 4], table[i].bars, sizeof(table[i].bars));
		if (table[i].port)
			finds(table[i].port);
		else
			finds_none();
		assert_int_equal(f->registers[PCI_COMMAND / 4] & 1, table[i].port != 0);
	}
}

/* Functions after the first exist only if the first one says so. */
static void test_functions(void **state)
{
	(void)state;
	add_uart(AT(0, 1, 1), 0xa001);
	add(AT(0, 2, 0), 0x04030000, 0x80);
	add_uart(AT(0, 2, 7), 0xc001);
	add_uart(AT(0, 3, 0), 0xd001);
	finds(0xc000);
	functions[2].registers[PCI_HEADER / 4] = 0;
	finds(0xd000);
	finds(0xd000);
	add(AT(0, 1, 0), 0x04030000, 0);
	finds(0xd000);
}

/* One that is not taken: the next. */
static void test_next(void **state)
{
	(void)state;
	add_uart(AT(0, 1, 0), 0xa001);
	add_uart(AT(0, 2, 0), 0xb001);
	add_uart(AT(0, 2, 1), 0xc001);
	add_uart(AT(0, 3, 0), 0xd001);
	functions[2].registers[PCI_HEADER / 4] = 0x800000;
	taken = 0xc000;
	assert_true(each());
	assert_int_equal(tries, 3);
	taken = 0;
	assert_false(each());
	assert_int_equal(tries, 4);
	assert_int_equal(tried[3], 0xd000);
}

static void test_bridges(void **state)
{
	(void)state;
	add_uart(AT(1, 0, 0), 0xa001); /* no bridge leads there */
	finds_none();
	assert_true(accesses < 100);
	add_bridge(AT(0, 4, 0), 1, 3);
	finds(0xa000);
	functions[2].registers[PCI_HEADER / 4] = 0x810000; /* one function of several */
	finds(0xa000);
	add_bridge(AT(3, 31, 0), 4, 255);
	functions[1].at = AT(255, 31, 0);
	finds(0xa000);
	functions[1].at = AT(255, 31, 1);
	finds_none();

	/* A bridge behind which the firmware saw nothing does not hide what another has. */
	setup(state);
	add_bridge(AT(0, 4, 0), 1, 2);
	add_bridge(AT(0, 5, 0), 0, 0);
	add_uart(AT(2, 0, 0), 0xa001);
	finds(0xa000);
	accesses = 0;
	count--;
	finds_none();
	assert_true(accesses < 300);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none), TEST(test_empty),     TEST(test_uart), TEST(test_class),
		TEST(test_bars), TEST(test_functions), TEST(test_next), TEST(test_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
