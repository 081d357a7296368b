/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's own PCI is not the guest's: it could move devices over the host's memory.  So the
 * guest sees a bus of the host's making, with the UART as function 0 of device 0, wherever that
 * is in the machine.  The guest can change nothing there.
 */
#include "host/pci_uart.h"

#include "lib/pci.h"

#define REGISTERS  0x100      /* bytes of a function's registers */
#define NOBODY     UINT32_MAX /* what a register of no function reads as */
#define PCI_SERIAL 0x00021b36 /* QEMU's device, which is the same: its docs/specs/pci-serial.txt */

static uint16_t uart;     /* its port; 0: there is no PCI */
static uint32_t selected; /* what any vCPU wrote last to PCI_ADDRESS, as in a machine */

void pci_uart_offer(uint16_t port)
{
	uart = port;
}

static uint32_t read_selected(void)
{
	uint32_t reg = __atomic_load_n(&selected, __ATOMIC_RELAXED) - PCI_ENABLE;

	switch (reg) {
	case PCI_ID:
		return PCI_SERIAL;
	case PCI_COMMAND:
		return PCI_COMMAND_IO;
	case PCI_CLASS:
		return PCI_CLASS_UART_16550 << 8;
	case PCI_BAR:
		return uart | PCI_BAR_IO;
	default:
		return reg < REGISTERS ? 0 : NOBODY;
	}
}

bool pci_uart_io(struct vcpu *vcpu)
{
	uint16_t port = vcpu->exit.io.port;

	if (!uart || vcpu->exit.io.size != 4 || vcpu->exit.io.string)
		return false;
	if (port == PCI_ADDRESS && !vcpu->exit.io.in)
		__atomic_store_n(&selected, (uint32_t)vcpu->regs.rax, __ATOMIC_RELAXED);
	else if (port == PCI_ADDRESS)
		vcpu->regs.rax = __atomic_load_n(&selected, __ATOMIC_RELAXED);
	else if (port == PCI_DATA && vcpu->exit.io.in)
		vcpu->regs.rax = read_selected();
	else
		return false;
	return true;
}
