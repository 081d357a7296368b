/* SPDX-License-Identifier: GPL-2.0-only */
/* Output on a UART, from the 16550 down to one that has only a data and a status register. */
#ifndef LIB_SERIAL_H
#define LIB_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* COM1 to COM4 */
#define SERIAL_PORTS                       \
	{                                  \
		0x3f8, 0x2f8, 0x3e8, 0x2e8 \
	}
#define SERIAL_SIZE        8 /* ports of a UART */
#define SERIAL_LINE_STATUS 5 /* offset of the port that is read before each write */

/* For serial_init(): the first of SERIAL_PORTS that has a UART, else the first UART on PCI. */
#define SERIAL_ANY 0

/*
 * Sets the UART at @port to 115200 8N1 with its FIFO on, as far as it has these.  A port is used
 * even if no UART is found there; if SERIAL_ANY finds none, writes are dropped.
 */
void serial_init(uint16_t port);

/* The port in use; 0: there is no UART. */
uint16_t serial_port(void);

/*
 * Writes @n bytes.  False if there is no UART, or if the one that SERIAL_ANY has found is not ready
 * in time.
 */
bool serial_write(const char *text, size_t n);

/*
 * Called between accesses to the UART, and by console_flush().  A host may resume the guest in the
 * wrong place after any I/O; an image can set this to notice it; NULL: nothing is called.
 */
extern void (*serial_checkpoint)(void);
void serial_pass_checkpoint(void);

/* Waits, with a bound, until all is sent: at their end Bochs and real machines lose the rest. */
void serial_flush(void);

#endif
