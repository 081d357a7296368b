/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UARTs on PCI: configuration mechanism 1 and the registers of a function's header, as PCI Local
 * Bus Specification 3.0 has them in 3.2.2.3.2 and 6.1.
 */
#ifndef LIB_PCI_H
#define LIB_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_ADDRESS 0xcf8 /* ports of 32 bits: which register of which function */
#define PCI_DATA    0xcfc /* its value */
#define PCI_ENABLE  (UINT32_C(1) << 31)

#define PCI_ID      0x00 /* vendor, device */
#define PCI_COMMAND 0x04 /* and, in its upper half, the status */
#define PCI_CLASS   0x08 /* and, in its low byte, the revision */
#define PCI_HEADER  0x0c /* its type, and other bytes */
#define PCI_BAR     0x10 /* the first of six base addresses */
#define PCI_BAR_END 0x28
#define PCI_BUSES   0x18 /* of a bridge */

#define PCI_COMMAND_IO UINT32_C(1)
#define PCI_BAR_IO     UINT32_C(1)

/* Class 07, subclass 00: a serial controller; the third byte says which, 00 (8250) to 06 (16950) */
#define PCI_CLASS_UART       UINT32_C(0x070000)
#define PCI_CLASS_UART_16550 UINT32_C(0x070002)
#define PCI_CLASS_UART_MAX   UINT32_C(0x070006)

/*
 * Calls @use with the first port of each UART that has ports, until that returns true; false if it
 * never does, or if there is no PCI.  A UART whose ports the firmware has assigned but not turned
 * on is turned on.  One with no ports, or only memory, is left alone.
 */
bool pci_each_uart(bool (*use)(uint16_t port));

#endif
