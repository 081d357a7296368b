/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/serial.c, with UARTs from the 16550A down to those of small hypervisors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake_ports.h"
#include "lib/pci.h"
#include "lib/serial.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define COM1 0x3f8
#define COM2 0x2f8
#define COM3 0x3e8
#define COM4 0x2e8

#define IER     1
#define IIR     2
#define LCR     3
#define MCR     4
#define LSR     5
#define SCRATCH 7
#define DLAB    0x80
#define THRE    0x20
#define TEMT    0x40

enum kind {
	CHIP_16550A,
	CHIP_8250,  /* no scratch register, no FIFO */
	PLAIN,      /* only THR and LSR; the others read as @unknown, and writes are dropped */
	REMEMBERS,  /* likewise, but the others read as what was written; DLAB has no effect */
	IER_ALWAYS, /* DLAB switches only the port of the divisor's low half */
	NO_DLAB,    /* IER and LCR as in a chip; no divisor */
};

struct uart {
	enum kind kind;
	uint16_t port;
	uint8_t unknown;
	uint8_t lsr;         /* when it is ready */
	unsigned busy_reads; /* how often LSR reads 0 after each byte or burst */

	uint8_t registers[8], divisor[2], fifo_control;
	unsigned busy, room;
	char sent[4096];
	size_t length;
};

static struct uart uarts[4];
static uint8_t floating; /* what ports without a device read as */
static unsigned accesses, writes_to_nobody, overruns;

static bool is_chip(const struct uart *u)
{
	return u->kind == CHIP_16550A || u->kind == CHIP_8250;
}

static bool at_divisor(const struct uart *u, unsigned offset)
{
	if (!(u->registers[LCR] & DLAB) || offset > 1)
		return false;
	return is_chip(u) || (u->kind == IER_ALWAYS && offset == 0);
}

static struct uart *uart_at(uint16_t port)
{
	for (unsigned i = 0; i < COUNT(uarts); i++) {
		if (uarts[i].port && port >= uarts[i].port && port < uarts[i].port + 8)
			return &uarts[i];
	}
	return NULL;
}

static uint8_t read_lsr(struct uart *u)
{
	if (u->busy) {
		u->busy--;
		return 0;
	}
	if (u->lsr & (THRE | TEMT))
		u->room = u->fifo_control & 1 ? 16 : 1;
	return u->lsr;
}

uint8_t inb(uint16_t port)
{
	struct uart *u = uart_at(port);
	unsigned offset = port & 7;

	accesses++;
	if (!u)
		return floating;
	if (offset == LSR)
		return read_lsr(u);
	if (at_divisor(u, offset))
		return u->divisor[offset];
	if (offset == IIR && is_chip(u))
		return u->fifo_control & 1 ? 0xc1 : 0x01;
	if (offset == 0 || u->kind == PLAIN || (u->kind == CHIP_8250 && offset == SCRATCH))
		return u->unknown;
	return u->registers[offset];
}

static void send(struct uart *u, uint8_t value)
{
	assert_true(u->length < sizeof(u->sent));
	u->sent[u->length++] = (char)value;
	if (!u->room && u->busy_reads)
		overruns++;
	u->room -= u->room > 0;
	u->busy = u->busy_reads;
}

void outb(uint16_t port, uint8_t value)
{
	struct uart *u = uart_at(port);
	unsigned offset = port & 7;

	accesses++;
	if (!u) {
		writes_to_nobody++;
		return;
	}
	if (at_divisor(u, offset)) {
		u->divisor[offset] = value;
		return;
	}
	if (offset == 0)
		send(u, value);
	if (offset == IIR && u->kind == CHIP_16550A)
		u->fifo_control = value;
	if (offset == IER && (is_chip(u) || u->kind == NO_DLAB))
		value &= 0x0f;
	if (offset != LSR)
		u->registers[offset] = value;
}

/* lib/pci.c's part: what it finds at @on_pci, if that is a port. */
static uint16_t on_pci;

bool pci_each_uart(bool (*use)(uint16_t port))
{
	return on_pci && use(on_pci);
}

static struct uart *add(enum kind kind, uint16_t port)
{
	struct uart *u = uarts;

	while (u->port)
		u++;
	*u = (struct uart){.kind = kind, .port = port, .unknown = 0xff, .lsr = THRE | TEMT};
	return u;
}

static int setup(void **state)
{
	(void)state;
	memset(uarts, 0, sizeof(uarts));
	accesses = writes_to_nobody = overruns = 0;
	floating = 0xff;
	on_pci = 0;
	return 0;
}

static const char text[] = "TAP version 13\n1..3\n# seed: 0x123\nok 1 - probe.presence\n";

/* Writes the text in pieces; returns what serial_write() says to the last one. */
static bool write_text(void)
{
	size_t length = sizeof(text) - 1;

	serial_write(text, 5);
	serial_write(text + 5, 0);
	return serial_write(text + 5, length - 5);
}

static void has_text(const struct uart *u)
{
	assert_int_equal(u->length, sizeof(text) - 1);
	assert_memory_equal(u->sent, text, sizeof(text) - 1);
	assert_int_equal(overruns, 0);
}

/* Each kind, each status that means "ready", quick and slow, found and named: only the text. */
static void test_every_kind(void **state)
{
	static const uint8_t ready[] = {THRE, TEMT, THRE | TEMT};
	static const uint8_t unknown[] = {0, 0xff};

	for (unsigned i = 0; i < 6 * 3 * 2 * 2 * 2; i++) {
		struct uart *u;

		setup(state);
		u = add((enum kind)(i / 24), COM1);
		u->lsr = ready[i / 8 % 3];
		u->unknown = floating = unknown[i / 4 % 2];
		u->busy_reads = i / 2 % 2 * 5;
		serial_init(i % 2 ? COM1 : SERIAL_ANY);
		assert_int_equal(u->length, 0);
		assert_true(write_text());
		serial_flush();
		has_text(u);
		assert_int_equal(u->registers[IER] & 0x0f, 0);
		assert_true(accesses < 2000 || u->lsr == THRE);
	}
}

static void test_chip(void **state)
{
	struct uart *u = add(CHIP_16550A, COM1);

	(void)state;
	u->registers[LCR] = DLAB; /* as firmware or a guest may leave it */
	u->registers[MCR] = 0x10;
	u->divisor[0] = 12;
	serial_init(SERIAL_ANY);
	assert_true(accesses <= 16);
	assert_int_equal(u->divisor[0], 1);
	assert_int_equal(u->divisor[1], 0);
	assert_int_equal(u->registers[LCR], 3);
	assert_int_equal(u->registers[IER], 0);
	assert_int_equal(u->registers[MCR], 3);
	assert_int_equal(u->fifo_control, 7);

	accesses = 0; /* the status is read once for sixteen bytes */
	u->busy_reads = 1;
	serial_write(text, 48);
	assert_true(accesses <= 48 + 2 * 3);
	accesses = 0; /* also if they come in pieces */
	for (unsigned i = 0; i < 48; i += 3)
		serial_write(text + i, 3);
	assert_true(accesses <= 48 + 2 * 3);
	assert_int_equal(overruns, 0);
}

static void test_8250(void **state)
{
	struct uart *u = add(CHIP_8250, COM1);

	(void)state;
	serial_init(SERIAL_ANY);
	assert_int_equal(u->divisor[0], 1);
	assert_int_equal(u->registers[LCR], 3);
}

/* No UART: nothing is written to ports that read 0xff, and those that read 0 cost little time. */
static void test_none(void **state)
{
	(void)state;
	serial_init(SERIAL_ANY);
	assert_false(write_text());
	serial_flush();
	assert_int_equal(accesses, 4);
	assert_int_equal(writes_to_nobody, 0);

	floating = accesses = 0;
	serial_init(SERIAL_ANY);
	assert_false(write_text());
	serial_flush();
	assert_true(accesses < 10000);
}

/* The first of the four ports that has a UART, of whatever kind. */
static void test_others(void **state)
{
	static const uint16_t ports[] = {COM1, COM2, COM3, COM4};
	static const enum kind kinds[] = {CHIP_16550A, PLAIN};

	for (unsigned i = 0; i < 4 * 2 * 2; i++) {
		struct uart *u;

		setup(state);
		floating = i % 2 ? 0xff : 0;
		u = add(kinds[i / 2 % 2], ports[i / 4]);
		for (unsigned other = i / 4 + 1; other < 4; other++)
			add(CHIP_16550A, ports[other]);
		serial_init(SERIAL_ANY);
		assert_true(write_text());
		has_text(u);
		for (unsigned j = 1; j < COUNT(uarts); j++)
			assert_int_equal(uarts[j].length, 0);
	}
}

/* On PCI, if none of these answers. */
static void test_pci(void **state)
{
	struct uart *u = add(CHIP_16550A, 0xc000), *com;

	(void)state;
	serial_init(SERIAL_ANY);
	assert_int_equal(serial_port(), 0);
	assert_false(write_text());
	on_pci = 0xc000;
	serial_init(SERIAL_ANY);
	assert_int_equal(serial_port(), 0xc000);
	assert_true(write_text());
	has_text(u);

	com = add(PLAIN, COM4);
	serial_init(SERIAL_ANY);
	assert_int_equal(serial_port(), COM4);
	assert_true(write_text());
	has_text(com);
	has_text(u); /* still what it was */

	on_pci = 0xd000; /* not a UART */
	com->port = 0x100;
	serial_init(SERIAL_ANY);
	assert_int_equal(serial_port(), 0);
}

/* A port that the user names is used, whatever else there is. */
static void test_named(void **state)
{
	struct uart *other = add(CHIP_16550A, COM1), *u = add(PLAIN, 0xe000);

	(void)state;
	serial_init(0xe000);
	assert_true(write_text());
	has_text(u);
	assert_int_equal(other->length, 0);
}

/* A UART that was named and is never ready gets all the text, in bounded time. */
static void test_named_status(void **state)
{
	static const uint8_t lsr[] = {0, 0xff, 0x9f};
	static const enum kind kinds[] = {CHIP_16550A, CHIP_8250, PLAIN, REMEMBERS};

	for (unsigned i = 0; i < COUNT(lsr) * COUNT(kinds); i++) {
		struct uart *u;

		setup(state);
		u = add(kinds[i / COUNT(lsr)], COM2);
		u->lsr = lsr[i % COUNT(lsr)];
		u->unknown = floating = u->lsr;
		serial_init(COM2);
		assert_true(write_text());
		has_text(u);
		assert_true(accesses < 110000);
		accesses = 0;
		assert_true(serial_write(text, 10));
		serial_flush();
		assert_int_equal(accesses, 10);
	}
}

/* A UART that was not named is used only if it gets ready. */
static void test_status(void **state)
{
	static const uint8_t lsr[] = {0, 0xff, 0x9f};

	for (unsigned i = 0; i < COUNT(lsr); i++) {
		struct uart *dead, *u;

		setup(state);
		dead = add(CHIP_16550A, COM1);
		dead->lsr = lsr[i];
		u = add(CHIP_16550A, COM3);
		serial_init(SERIAL_ANY);
		assert_true(write_text());
		assert_int_equal(dead->length, 0);
		has_text(u);
		assert_true(accesses < 110000);
	}
}

/* A UART that dies during the run gets no more than what its FIFO had room for, and is given up. */
static void test_dies(void **state)
{
	static const enum kind kinds[] = {CHIP_16550A, PLAIN};

	for (unsigned i = 0; i < COUNT(kinds); i++) {
		struct uart *u;

		setup(state);
		u = add(kinds[i], COM1);
		serial_init(SERIAL_ANY);
		assert_true(write_text());
		u->lsr = 0;
		assert_false(write_text());
		assert_true(accesses < 110000);
		assert_true(u->length < sizeof(text) + 15);
		assert_true(kinds[i] == CHIP_16550A || u->length == sizeof(text) - 1);
		assert_memory_equal(u->sent, text, sizeof(text) - 1);
		accesses = 0;
		assert_false(write_text());
		serial_flush();
		assert_int_equal(accesses, 0);
	}
}

/* All is sent when TEMT is set; a UART that never sets it is not waited for long. */
static void test_flush(void **state)
{
	struct uart *u = add(CHIP_16550A, COM1);

	(void)state;
	u->busy_reads = 100;
	serial_init(SERIAL_ANY);
	serial_write(text, 3);
	serial_flush();
	assert_int_equal(u->busy, 0);

	setup(state);
	u = add(PLAIN, COM1);
	u->lsr = THRE;
	serial_init(SERIAL_ANY);
	serial_write(text, 3);
	accesses = 0;
	serial_flush();
	assert_true(accesses <= 1000);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_kind), TEST(test_chip),  TEST(test_8250),   TEST(test_none),
		TEST(test_others),     TEST(test_named), TEST(test_status), TEST(test_named_status),
		TEST(test_dies),       TEST(test_flush), TEST(test_pci),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
