/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that KVM does not have itself: a UART that sends, and QEMU's isa-debug-exit.  All
 * other ports read as all ones and ignore writes, as on a bus without a device.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "vmm.h"

#define COM1       0x3f8
#define DEBUG_EXIT 0xf4

/* National Semiconductor PC16550D data sheet (June 1995), section 8: registers and bits. */
#define UART_DATA    0
#define UART_IER     1
#define UART_FCR     2 /* written; read it is IIR */
#define UART_LCR     3
#define UART_LSR     5
#define UART_MSR     6
#define REGISTERS    8
#define FCR_ENABLE   0x01
#define IIR_NONE     0x01 /* no interrupt is pending */
#define IIR_FIFO     0xc0
#define LCR_DLAB     0x80 /* registers 0 and 1 are the divisor */
#define LSR_READY    0x60 /* all bytes are sent */
#define MSR_LISTENER 0xb0 /* DCD, DSR, CTS: somebody listens */

/* All bytes are sent at once, and none is ever received: most registers only keep their value. */
static uint8_t written[REGISTERS], divisor[2];

static bool is_divisor(unsigned reg)
{
	return reg <= UART_IER && written[UART_LCR] & LCR_DLAB;
}

static void uart_write(unsigned reg, uint8_t value)
{
	if (is_divisor(reg))
		divisor[reg] = value;
	else if (reg == UART_DATA)
		putchar(value);
	else
		written[reg] = value;
}

static uint8_t uart_read(unsigned reg)
{
	if (is_divisor(reg))
		return divisor[reg];
	switch (reg) {
	case UART_FCR:
		return IIR_NONE | (written[UART_FCR] & FCR_ENABLE ? IIR_FIFO : 0);
	case UART_LSR:
		return LSR_READY;
	case UART_MSR:
		return MSR_LISTENER;
	default:
		return written[reg];
	}
}

/* vCPUs may write at the same time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void port_write(uint16_t port, const void *value, unsigned size)
{
	uint32_t n = 0;

	memcpy(&n, value, size);
	pthread_mutex_lock(&lock);
	if (port == DEBUG_EXIT)
		end_vm((int)(n << 1 | 1));
	if (port >= COM1 && port < COM1 + REGISTERS && size == 1)
		uart_write(port - COM1, (uint8_t)n);
	pthread_mutex_unlock(&lock);
}

void port_read(uint16_t port, void *value, unsigned size)
{
	uint32_t n = UINT32_MAX;

	pthread_mutex_lock(&lock);
	if (port == DEBUG_EXIT)
		n = 0; /* so a guest can see that it is there */
	if (port >= COM1 && port < COM1 + REGISTERS && size == 1)
		n = uart_read(port - COM1);
	pthread_mutex_unlock(&lock);
	memcpy(value, &n, size);
}
