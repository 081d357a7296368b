/* SPDX-License-Identifier: GPL-2.0-only */
/* host/pci_uart.c: the guest's PCI bus, by port accesses, and as lib/pci.c finds it. */
#include "host/pci_uart.h"
#include "lib/pci.h"
#include "unit.h"

uint32_t inl(uint16_t port);
void outl(uint16_t port, uint32_t value);

static struct vcpu vcpu;

static bool access_port(uint16_t port, unsigned size, bool in, uint64_t rax)
{
	vcpu.exit.io.port = port;
	vcpu.exit.io.size = size;
	vcpu.exit.io.in = in;
	vcpu.regs.rax = rax;
	return pci_uart_io(&vcpu);
}

uint32_t inl(uint16_t port)
{
	assert_true(access_port(port, 4, true, UINT64_MAX));
	assert_int_equal(vcpu.regs.rax >> 32, 0); /* an IN of 32 bits clears the upper half */
	return (uint32_t)vcpu.regs.rax;
}

void outl(uint16_t port, uint32_t value)
{
	assert_true(access_port(port, 4, false, 0xdeadbeef00000000 | value));
}

static uint16_t found;

static bool use(uint16_t port)
{
	found = port;
	return true;
}

/* The first test: without a UART none of these accesses is one of PCI. */
static void test_none(void **state)
{
	(void)state;
	assert_false(access_port(PCI_ADDRESS, 4, false, PCI_ENABLE));
	assert_false(access_port(PCI_ADDRESS, 4, true, 0));
	assert_false(access_port(PCI_DATA, 4, true, 0));
}

static void test_found(void **state)
{
	(void)state;
	pci_uart_offer(0xc008);
	assert_true(pci_each_uart(use));
	assert_int_equal(found, 0xc008);
}

/* All registers of all functions: one function, and nobody else. */
static void test_registers(void **state)
{
	(void)state;
	for (uint32_t reg = 0; reg < 0x1000000; reg += 4) {
		uint32_t want = reg < 0x100 ? 0 : UINT32_MAX;

		outl(PCI_ADDRESS, PCI_ENABLE | reg);
		if (reg == 0)
			want = 0x00021b36;
		if (reg == 4)
			want = 1;
		if (reg == 8)
			want = 0x07000200;
		if (reg == 0x10)
			want = 0xc009;
		assert_int_equal(inl(PCI_DATA), want);
	}
	outl(PCI_ADDRESS, 0); /* not enabled */
	assert_int_equal(inl(PCI_DATA), UINT32_MAX);
}

/* Others are not answered here. */
static void test_others(void **state)
{
	(void)state;
	outl(PCI_ADDRESS, PCI_ENABLE);
	assert_false(access_port(PCI_DATA, 4, false, 7));
	assert_false(access_port(PCI_ADDRESS, 1, true, 0));
	assert_false(access_port(PCI_ADDRESS + 1, 4, true, 0));
	assert_false(access_port(PCI_DATA, 2, true, 0));
	assert_false(access_port(PCI_ADDRESS, 2, false, 7));
	vcpu.exit.io.string = true;
	assert_false(access_port(PCI_ADDRESS, 4, false, 7));
	vcpu.exit.io.string = false;
	assert_int_equal(inl(PCI_ADDRESS), PCI_ENABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
