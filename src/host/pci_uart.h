/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's PCI: nothing, or one function, by which the guest finds a UART that is not COM1-4. */
#ifndef HOST_PCI_UART_H
#define HOST_PCI_UART_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vcpu.h"

/* Gives the guest a PCI bus with this UART, before any vCPU runs. */
void pci_uart_offer(uint16_t port);

/* Answers accesses to PCI's configuration.  False: vcpu->exit.io is another one. */
bool pci_uart_io(struct vcpu *vcpu);

#endif
