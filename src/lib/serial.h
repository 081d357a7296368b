/* SPDX-License-Identifier: GPL-2.0-only */
/* A 16550 UART, written to only.  No wait is without an end. */
#ifndef LIB_SERIAL_H
#define LIB_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_COM1 0x3f8

/* Sets the UART at @port to 115200 8N1 with its FIFO on.  Without one there, writes go nowhere. */
void serial_init(uint16_t port);

/* Writes @n bytes, sixteen a burst.  False if no UART took them. */
bool serial_write(const char *text, size_t n);

/* Waits until the last bit has left the UART: Bochs and real machines lose what has not. */
void serial_flush(void);

#endif
