/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * National Semiconductor PC16550D data sheet (June 1995), section 8.
 *
 * Small hypervisors have only THR, which sends a byte, and LSR, the status.  They would send the
 * low half of a divisor as text, so it is written only where the high half is found.
 */
#include "lib/serial.h"

#include "lib/pci.h"
#include "x86/insn.h"

/* Offsets from the port, and their bits. */
#define UART_DATA            0
#define UART_DIVISOR_LOW     0
#define UART_DIVISOR_HIGH    1
#define UART_IER             1
#define UART_FCR             2 /* write only */
#define UART_IIR             2 /* read only */
#define UART_LCR             3
#define UART_MCR             4
#define UART_LSR             5
#define FCR_ENABLE_AND_CLEAR 0x07
#define IIR_FIFO             0xc0 /* both bits: the FIFO works */
#define LCR_8N1              0x03
#define LCR_DLAB             0x80
#define MCR_DTR_RTS          0x03
#define LSR_THRE             0x20
#define LSR_TEMT             0x40
#define LSR_READY            (LSR_THRE | LSR_TEMT) /* either means that a byte may be written */
#define NO_DEVICE            0xff

/* For the divisor's high half; if that is IER, it enables no interrupt. */
#define TRY_DIVISOR 0x80

#define FIFO_SIZE 16

/* On any machine far longer than a full FIFO takes at 115200 baud (1.4 ms). */
#define MAX_POLLS 100000

/* For a UART without a divisor that was never ready: it is not a chip, and may never be ready. */
#define FEW_POLLS 1000

static struct {
	uint16_t port; /* 0: no UART */
	bool named;    /* by the user: used whatever its status says */
	bool silent;   /* never ready: it is written to without waiting */
	bool answered; /* it was ready once */
	unsigned polls;
	size_t burst; /* how many bytes a ready UART takes */
	size_t room;  /* how many it takes before its status has to be read again */
} uart;

void (*serial_checkpoint)(void);

void serial_pass_checkpoint(void)
{
	if (serial_checkpoint)
		serial_checkpoint();
}

static bool wait_for(uint8_t lsr_bits, unsigned polls)
{
	for (unsigned i = 0; i < polls; i++) {
		uint8_t lsr = inb(uart.port + UART_LSR);

		serial_pass_checkpoint();
		if (lsr & lsr_bits)
			return true;
		cpu_relax();
	}
	return false;
}

/* If there is a divisor, DLAB switches the port to it, so a value written there is not in IER. */
static bool has_divisor(void)
{
	bool held;

	outb(uart.port + UART_LCR, LCR_DLAB | LCR_8N1);
	outb(uart.port + UART_DIVISOR_HIGH, TRY_DIVISOR);
	held = inb(uart.port + UART_DIVISOR_HIGH) == TRY_DIVISOR;
	outb(uart.port + UART_LCR, LCR_8N1);
	return held && inb(uart.port + UART_IER) != TRY_DIVISOR;
}

static void set_up(uint16_t port)
{
	uint8_t iir;

	uart.port = port;
	uart.polls = FEW_POLLS;
	uart.burst = 1;
	uart.room = 0;
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

/* Nearly everywhere, a port without a UART reads as NO_DEVICE: it is not written to. */
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
	if (!pci_each_uart(found))
		uart.port = 0;
}

uint16_t serial_port(void)
{
	return uart.port;
}

/*
 * Waits until a byte may be written.  A UART that does not get ready in time is not waited for
 * again: one that was named is written to all the same, any other is given up.
 */
static bool get_ready(void)
{
	uart.room = uart.burst;
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
		size_t burst;

		if (!uart.room && !get_ready())
			return false;
		burst = n < uart.room ? n : uart.room;
		uart.room -= burst;
		for (n -= burst; burst; burst--)
			outb(uart.port + UART_DATA, (uint8_t)*text++); /* some hosts have no OUTS */
		serial_pass_checkpoint();
	}
	return uart.port;
}

void serial_flush(void)
{
	if (uart.port && !uart.silent)
		wait_for(LSR_TEMT, uart.polls);
}
