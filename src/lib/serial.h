/* SPDX-License-Identifier: GPL-2.0-only */
/* A UART, from the 16550 down to one that has no more than a byte to send and a status, written to
 * only.  No wait is without an end. */
#ifndef LIB_SERIAL_H
#define LIB_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* COM1 to COM4, and how many ports a UART has. */
#define SERIAL_PORTS                       \
	{                                  \
		0x3f8, 0x2f8, 0x3e8, 0x2e8 \
	}
#define SERIAL_SIZE        8
#define SERIAL_LINE_STATUS 5 /* the port, from the first, that is read before each write */

/* For serial_init(): the first of SERIAL_PORTS where there is one. */
#define SERIAL_ANY 0

/*
 * Sets the UART at @port to 115200 8N1 with its FIFO on, as far as it has such things.  A @port that is
 * named is used whatever is found there; without a UART at any, writes go nowhere.
 */
void serial_init(uint16_t port);

/* Writes @n bytes, sixteen a burst.  False if there is no UART; one that was named is believed. */
bool serial_write(const char *text, size_t n);

/*
 * Called between the accesses to the UART, and by console_flush().  A host that loses its place may
 * resume the guest after any I/O; the image can set this to notice.
 */
extern void (*serial_checkpoint)(void);

/* Waits until the last bit has left the UART: Bochs and real machines lose what has not. */
void serial_flush(void);

#endif
