/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices that KVM does not have itself: a UART that sends, a clock that can be read, and
 * QEMU's isa-debug-exit, or of a keyboard controller what resets the machine.  All other ports read
 * as all ones and ignore writes, as on a bus without a device.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vmm.h"

#define RTC_INDEX  0x70
#define RTC_DATA   0x71
#define COM1       0x3f8
#define DEBUG_EXIT 0xf4
#define KEYBOARD   0x64 /* its controller's commands; reads as its status */

#define KEYBOARD_RESET 0xfe

static enum end end = END_DEVICE;
static int bare_uart;

void devices_init(const struct options *o)
{
	end = o->end;
	bare_uart = o->bare_uart;
}

/* ---- the UART -------------------------------------------------------------------------------- */

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
	if (bare_uart && reg != UART_DATA)
		return;
	if (is_divisor(reg))
		divisor[reg] = value;
	else if (reg == UART_DATA)
		putchar(value);
	else
		written[reg] = value;
}

static uint8_t uart_read(unsigned reg)
{
	if (bare_uart)
		return reg == UART_LSR ? LSR_READY : 0;
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

/* ---- the clock ------------------------------------------------------------------------------- */

/* Motorola MC146818A data sheet, tables 3 to 6: what it is now, in UTC.  It cannot be set. */
static uint8_t rtc_index;

static uint8_t rtc_read(void)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	switch (rtc_index) {
	case 0x00:
		return (uint8_t)tm.tm_sec;
	case 0x02:
		return (uint8_t)tm.tm_min;
	case 0x04:
		return (uint8_t)tm.tm_hour;
	case 0x06:
		return (uint8_t)(tm.tm_wday + 1);
	case 0x07:
		return (uint8_t)tm.tm_mday;
	case 0x08:
		return (uint8_t)(tm.tm_mon + 1);
	case 0x09:
		return (uint8_t)(tm.tm_year % 100);
	case 0x0b:
		return 0x06; /* numbers are binary, hours go to 23 */
	case 0x0d:
		return 0x80; /* the time is valid */
	case 0x32:
		return (uint8_t)(19 + tm.tm_year / 100);
	default:
		return 0; /* no update is in progress, no interrupt was asked for */
	}
}

/* ---- ports ----------------------------------------------------------------------------------- */

/* vCPUs may write at the same time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void port_write(uint16_t port, const void *value, unsigned size)
{
	uint32_t n = 0;

	memcpy(&n, value, size);
	pageout_write(port, n, size);
	pthread_mutex_lock(&lock);
	if (port == DEBUG_EXIT && end == END_DEVICE)
		end_vm((int)(n << 1 | 1));
	if (port == KEYBOARD && (n & 0xff) == KEYBOARD_RESET && end == END_KEYBOARD)
		end_vm(STATUS_RESET);
	if (port >= COM1 && port < COM1 + REGISTERS && size == 1)
		uart_write(port - COM1, (uint8_t)n);
	if (port == RTC_INDEX && size == 1)
		rtc_index = n & 0x7f; /* the highest bit masks NMIs, which there are none of */
	pthread_mutex_unlock(&lock);
}

void port_read(uint16_t port, void *value, unsigned size)
{
	uint32_t n = UINT32_MAX;

	pthread_mutex_lock(&lock);
	if ((port == DEBUG_EXIT && end == END_DEVICE) || (port == KEYBOARD && end == END_KEYBOARD))
		n = 0; /* so a guest can see that it is there */
	if (port >= COM1 && port < COM1 + REGISTERS && size == 1)
		n = uart_read(port - COM1);
	if (port == RTC_DATA && size == 1)
		n = rtc_read();
	pthread_mutex_unlock(&lock);
	memcpy(value, &n, size);
}
