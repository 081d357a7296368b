/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/pci.h"

#include "x86/insn.h"

/* Functions are numbered as PCI_ADDRESS has them: eight of a device, 32 devices of a bus. */
#define DEVICE_FUNCTIONS 8
#define BUS_FUNCTIONS    256

#define NOBODY UINT32_MAX /* what a register of no function reads as */

#define HEADER_TYPE(header)      ((header) >> 16 & 0x7f)
#define HEADER_BRIDGE            1
#define HEADER_SEVERAL_FUNCTIONS (UINT32_C(1) << 23)

#define BAR_TYPE(bar) ((bar)&7)
#define BAR_MEMORY_64 4 /* the next BAR has its upper half */
#define BAR_PORT(bar) ((bar) & ~UINT32_C(3))
#define PORT_MIN      0x100 /* below are the mainboard's own; 0: not assigned */
#define PORT_MAX      0xfff8

static void select(uint32_t function, uint32_t reg)
{
	outl(PCI_ADDRESS, PCI_ENABLE | function << 8 | reg);
}

static uint32_t read(uint32_t function, uint32_t reg)
{
	select(function, reg);
	return inl(PCI_DATA);
}

/* The port that the first BAR for ports has; 0 if there is none. */
static uint16_t find_port(uint32_t function)
{
	for (uint32_t reg = PCI_BAR; reg < PCI_BAR_END; reg += 4) {
		uint32_t bar = read(function, reg);

		if (bar & PCI_BAR_IO && BAR_PORT(bar) >= PORT_MIN && BAR_PORT(bar) <= PORT_MAX)
			return (uint16_t)BAR_PORT(bar);
		if (BAR_TYPE(bar) == BAR_MEMORY_64)
			reg += 4;
	}
	return 0;
}

/* Zeros in the status change nothing. */
static void enable_ports(uint32_t function)
{
	uint32_t command = (uint16_t)read(function, PCI_COMMAND);

	if (!(command & PCI_COMMAND_IO))
		outl(PCI_DATA, command | PCI_COMMAND_IO);
}

static bool try_function(uint32_t function, uint32_t class, bool (*use)(uint16_t port))
{
	uint16_t port;

	if (class < PCI_CLASS_UART || class > PCI_CLASS_UART_MAX)
		return false;
	port = find_port(function);
	if (!port)
		return false;
	enable_ports(function);
	return use(port);
}

/*
 * Bridges are not followed: all buses are scanned up to the last one behind any bridge seen so
 * far.  Behind a bridge are only buses of higher numbers than its own.
 */
bool pci_each_uart(bool (*use)(uint16_t port))
{
	uint32_t end = BUS_FUNCTIONS;

	outl(PCI_ADDRESS, PCI_ENABLE);
	if (inl(PCI_ADDRESS) != PCI_ENABLE)
		return false;
	for (uint32_t function = 0; function < end; function++) {
		uint32_t class = read(function, PCI_CLASS);
		uint32_t header = class == NOBODY ? 0 : read(function, PCI_HEADER);

		if (HEADER_TYPE(header) == HEADER_BRIDGE) {
			uint32_t last = read(function, PCI_BUSES) >> 16 & 0xff;

			if ((last + 1) * BUS_FUNCTIONS > end)
				end = (last + 1) * BUS_FUNCTIONS;
		} else if (try_function(function, class >> 8, use)) {
			return true;
		}
		if (function % DEVICE_FUNCTIONS == 0 && !(header & HEADER_SEVERAL_FUNCTIONS))
			function += DEVICE_FUNCTIONS - 1;
	}
	return false;
}
