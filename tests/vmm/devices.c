/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that KVM does not have itself: a UART that sends, and QEMU's isa-debug-exit.  All
 * other ports read as all ones and ignore writes, as on a bus without a device.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "vmm.h"

#define COM1       0x3f8
#define DEBUG_EXIT 0xf4

/* National Semiconductor PC16550D data sheet (June 1995), section 8: registers and bits. */
#define UART_DATA   0
#define UART_IER    1
#define UART_FCR    2 /* written; read it is IIR */
#define UART_LCR    3
#define UART_MCR    4
#define UART_LSR    5
#define UART_MSR    6
#define UART_SCR    7
#define FCR_ENABLE  0x01
#define IIR_NONE    0x01 /* no interrupt is pending */
#define IIR_FIFO    0xc0
#define LCR_DLAB    0x80 /* registers 0 and 1 are the divisor */
#define LSR_READY   0x60 /* all bytes are sent */
#define MSR_CARRIER 0xb0 /* DCD, DSR, CTS: somebody listens */

static struct {
	uint8_t ier, fcr, lcr, mcr, scr;
	uint8_t divisor[2];
} uart;

static void uart_write(unsigned reg, uint8_t value)
{
	if (reg <= UART_IER && uart.lcr & LCR_DLAB) {
		uart.divisor[reg] = value;
		return;
	}
	switch (reg) {
	case UART_DATA:
		putchar(value);
		break;
	case UART_IER:
		uart.ier = value & 0x0f;
		break;
	case UART_FCR:
		uart.fcr = value;
		break;
	case UART_LCR:
		uart.lcr = value;
		break;
	case UART_MCR:
		uart.mcr = value & 0x1f;
		break;
	case UART_SCR:
		uart.scr = value;
		break;
	}
}

static uint8_t uart_read(unsigned reg)
{
	if (reg <= UART_IER && uart.lcr & LCR_DLAB)
		return uart.divisor[reg];
	switch (reg) {
	case UART_IER:
		return uart.ier;
	case UART_FCR:
		return IIR_NONE | (uart.fcr & FCR_ENABLE ? IIR_FIFO : 0);
	case UART_LCR:
		return uart.lcr;
	case UART_MCR:
		return uart.mcr;
	case UART_LSR:
		return LSR_READY;
	case UART_MSR:
		return MSR_CARRIER;
	case UART_SCR:
		return uart.scr;
	}
	return 0; /* nothing was received */
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
	if (port >= COM1 && port < COM1 + 8 && size == 1)
		uart_write(port - COM1, (uint8_t)n);
	pthread_mutex_unlock(&lock);
}

void port_read(uint16_t port, void *value, unsigned size)
{
	uint32_t n = UINT32_MAX;

	pthread_mutex_lock(&lock);
	if (port == DEBUG_EXIT)
		n = 0; /* so a guest can see that it is there */
	if (port >= COM1 && port < COM1 + 8 && size == 1)
		n = uart_read(port - COM1);
	pthread_mutex_unlock(&lock);
	memcpy(value, &n, size);
}
