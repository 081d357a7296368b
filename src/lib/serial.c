/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * National Semiconductor PC16550D data sheet (June 1995), section 8.
 */
#include "lib/serial.h"

#include "x86/insn.h"
#include "x86/trap.h"

/* Offsets from the port, and their bits. */
#define UART_DATA            0
#define UART_DIVISOR_LOW     0
#define UART_DIVISOR_HIGH    1
#define UART_IER             1
#define UART_FCR             2 /* written */
#define UART_IIR             2 /* read */
#define UART_LCR             3
#define UART_MCR             4
#define UART_LSR             5
#define UART_SCRATCH         7
#define FCR_ENABLE_AND_CLEAR 0x07
#define IIR_FIFO             0xc0 /* both bits: there is one, and it works */
#define LCR_8N1              0x03
#define LCR_DLAB             0x80
#define MCR_DTR_RTS          0x03
#define LSR_THRE             0x20
#define LSR_TEMT             0x40

#define FIFO_SIZE 16

/* Far more reads than a full FIFO takes at 115200 baud (1.4 ms), on any machine. */
#define MAX_POLLS 100000

static uint16_t uart; /* 0: none there */
static size_t burst_size;

static bool wait_for(uint8_t lsr_bit)
{
	for (unsigned i = 0; i < MAX_POLLS; i++) {
		uint8_t lsr = inb(uart + UART_LSR);

		stray_check(); /* a host may resume the guest here, behind its last I/O */
		if (lsr & lsr_bit)
			return true;
		cpu_relax();
	}
	return false;
}

void serial_init(uint16_t port)
{
	uart = 0;
	outb(port + UART_SCRATCH, 0x5a);
	if (inb(port + UART_SCRATCH) != 0x5a)
		return;
	uart = port;
	outb(port + UART_IER, 0);
	outb(port + UART_LCR, LCR_DLAB | LCR_8N1);
	outb(port + UART_DIVISOR_LOW, 1);
	outb(port + UART_DIVISOR_HIGH, 0);
	outb(port + UART_LCR, LCR_8N1);
	outb(port + UART_FCR, FCR_ENABLE_AND_CLEAR);
	burst_size = (inb(port + UART_IIR) & IIR_FIFO) == IIR_FIFO ? FIFO_SIZE : 1;
	outb(port + UART_MCR, MCR_DTR_RTS);
}

bool serial_write(const char *text, size_t n)
{
	while (uart && n) {
		size_t burst = n < burst_size ? n : burst_size;

		if (!wait_for(LSR_THRE)) {
			uart = 0; /* it died: give up at once the next time */
			return false;
		}
		for (n -= burst; burst; burst--)
			outb(uart + UART_DATA,
			     (uint8_t)*text++); /* not OUTS: the smallest hosts have none */
		stray_check();
	}
	return uart;
}

void serial_flush(void)
{
	if (uart)
		wait_for(LSR_TEMT);
}
