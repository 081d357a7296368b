/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * National Semiconductor PC16550D data sheet (June 1995), section 8.
 *
 * Small hypervisors have less: a byte to send and a status (LSR), and nothing else.  There a divisor
 * would be sent as text, so none is written before one was seen to be there.
 */
#include "lib/serial.h"

#include "x86/insn.h"

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
#define FCR_ENABLE_AND_CLEAR 0x07
#define IIR_FIFO             0xc0 /* both bits: there is one, and it works */
#define LCR_8N1              0x03
#define LCR_DLAB             0x80
#define MCR_DTR_RTS          0x03
#define LSR_THRE             0x20
#define LSR_TEMT             0x40
#define LSR_READY            (LSR_THRE | LSR_TEMT) /* either means that a byte may be written */
#define NO_DEVICE            0xff

/* For the divisor's upper half; where that is the interrupt enable register, it enables none. */
#define TRY_DIVISOR 0x80

#define FIFO_SIZE 16

/* Far more reads than a full FIFO takes at 115200 baud (1.4 ms), on any machine. */
#define MAX_POLLS 100000

/* Before a UART without a divisor has ever been ready: then it is no chip, and may never say that it is. */
#define FEW_POLLS 1000

static struct {
	uint16_t port; /* 0: none there */
	bool named;    /* by the user, who is believed whatever the UART says */
	bool silent;   /* its status says nothing: it is written to without waiting */
	bool answered; /* it has been ready once */
	unsigned polls;
	size_t burst;
} uart;

static void nothing(void)
{
}

void (*serial_checkpoint)(void) = nothing;

static bool wait_for(uint8_t lsr_bits, unsigned polls)
{
	for (unsigned i = 0; i < polls; i++) {
		uint8_t lsr = inb(uart.port + UART_LSR);

		serial_checkpoint();
		if (lsr & lsr_bits)
			return true;
		cpu_relax();
	}
	return false;
}

/* With DLAB the same port is another register: what is written to one does not show in the other. */
static bool has_divisor(void)
{
	bool held;

	outb(uart.port + UART_LCR, LCR_DLAB | LCR_8N1);
	outb(uart.port + UART_DIVISOR_HIGH, TRY_DIVISOR);
	held = inb(uart.port + UART_DIVISOR_HIGH) == TRY_DIVISOR;
	outb(uart.port + UART_LCR, LCR_8N1);
	return held && inb(uart.port + UART_IER) != TRY_DIVISOR;
}

/* Sets the UART at @port up, whether there is one or not. */
static void set_up(uint16_t port)
{
	uint8_t iir;

	uart.port = port;
	uart.polls = FEW_POLLS;
	uart.burst = 1;
	if (!has_divisor()) {
		outb(port + UART_IER, 0);
		return;
	}
	uart.polls = MAX_POLLS;
	outb(port + UART_LCR, LCR_DLAB | LCR_8N1);
	outb(port + UART_DIVISOR_LOW, 1);
	outb(port + UART_DIVISOR_HIGH, 0);
	outb(port + UART_LCR, LCR_8N1);
	outb(port + UART_IER, 0);
	outb(port + UART_FCR, FCR_ENABLE_AND_CLEAR);
	iir = inb(port + UART_IIR);
	if ((iir & IIR_FIFO) == IIR_FIFO && iir != NO_DEVICE)
		uart.burst = FIFO_SIZE;
	outb(port + UART_MCR, MCR_DTR_RTS);
}

/* Ports without a UART are read once where they float, as nearly everywhere, and not written to. */
static bool found(uint16_t port)
{
	uint8_t lsr = inb(port + UART_LSR);

	if (lsr == NO_DEVICE)
		return false;
	set_up(port);
	return lsr & LSR_READY || wait_for(LSR_READY, uart.polls);
}

void serial_init(uint16_t port)
{
	static const uint16_t ports[] = SERIAL_PORTS;

	uart.silent = uart.answered = false;
	uart.named = port != SERIAL_ANY;
	if (uart.named) {
		set_up(port);
		uart.silent = inb(port + UART_LSR) == NO_DEVICE;
		return;
	}
	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		if (found(ports[i]))
			return;
	}
	uart.port = 0;
}

/* One that never gets ready is given up at once the next time, and not waited for if it was named. */
static bool get_ready(void)
{
	if (uart.silent)
		return true;
	if (wait_for(LSR_READY, uart.answered ? MAX_POLLS : uart.polls)) {
		uart.answered = true;
		return true;
	}
	uart.silent = true;
	if (!uart.named)
		uart.port = 0;
	return uart.named;
}

bool serial_write(const char *text, size_t n)
{
	while (uart.port && n) {
		size_t burst = n < uart.burst ? n : uart.burst;

		if (!get_ready())
			return false;
		for (n -= burst; burst; burst--)
			outb(uart.port + UART_DATA,
			     (uint8_t)*text++); /* not OUTS: the smallest hosts have none */
		serial_checkpoint();
	}
	return uart.port;
}

void serial_flush(void)
{
	if (uart.port && !uart.silent)
		wait_for(LSR_TEMT, uart.polls);
}
