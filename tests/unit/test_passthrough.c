/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/passthrough.c: just these ports and MSRs do not exit. */
#include "host/config.h"
#include "host/hooks.h"
#include "host/passthrough.h"
#include "unit.h"

#define PORTS 0x10000u

struct config config;

/* PICs, PIT, COM1 to COM4, and ports that end the machine (but not isa-debug-exit's). */
static const struct {
	uint16_t first, last;
} ports[] = {
	{0x20, 0x21},   {0x40, 0x43},   {0xa0, 0xa1},   {0x2e8, 0x2ef},   {0x2f8, 0x2ff},
	{0x3e8, 0x3ef}, {0x3f8, 0x3ff}, {0x604, 0x605}, {0x8900, 0x8900}, {0xb004, 0xb005},
};

static bool is_passthrough(uint32_t port)
{
	for (unsigned i = 0; i < COUNT(ports); i++) {
		if (port >= ports[i].first && port <= ports[i].last)
			return true;
	}
	return config.serial && port >= config.serial && port < config.serial + 8;
}

static bool is_lsr(uint32_t port)
{
	return port == 0x2ed || port == 0x2fd || port == 0x3ed || port == 0x3fd ||
	       (config.serial && port == config.serial + 5);
}

static bool exits(const uint8_t *map, uint32_t port)
{
	return map[port / 8] >> port % 8 & 1;
}

/*
 * APM2 15.10.1: an access exits if the bit of any of its ports is set; at 0xffff that is in page
 * 3.
 */
static void test_ports(void **state)
{
	const uint8_t *map = io_bitmap_init();

	(void)state;
	assert_int_equal((uintptr_t)map % 4096, 0);
	for (uint32_t port = 0; port < PORTS; port++) {
		if (exits(map, port) == is_passthrough(port) ||
		    passthrough_port((uint16_t)port) != is_passthrough(port))
			fail_msg("port %#x: wanted it %s", port,
				 is_passthrough(port) ? "passed" : "to exit");
	}
	for (uint32_t bit = PORTS; bit < 8 * IO_BITMAP_SIZE; bit++)
		assert_true(exits(map, bit));
}

/* With the hook, line status registers exit, and no other port of a UART; without it none. */
static void check_hooked_status(void)
{
	static const struct hooks status = {.uart_status = true};
	const uint8_t *map;

	hooks_add(&status);
	map = io_bitmap_init();
	for (uint32_t port = 0; port < PORTS; port++) {
		assert_int_equal(exits(map, port), is_lsr(port) || !is_passthrough(port));
		assert_int_equal(passthrough_port((uint16_t)port), is_passthrough(port));
	}
	hooks_clear();
	assert_false(exits(io_bitmap_init(), 0x3fd));
}

static void test_hooked_status(void **state)
{
	(void)state;
	check_hooked_status();
}

/* The last test: the named UART stays in the table. */
static void test_named_uart(void **state)
{
	config.serial = 0xfff8;
	test_ports(state);
	check_hooked_status();
	config.serial = 0x3e8;
	test_ports(state);
	config.serial = 0x1a8;
	test_ports(state);
	check_hooked_status();
}

/*
 * The MSRs of SYSENTER and SYSCALL, and the bases of FS and GS.  On SVM, VMLOAD and VMSAVE switch
 * them (APM2 15.5.2); on VMX the CPU switches some, and the host does not use the others.
 */
static void test_msrs(void **state)
{
	static const uint32_t want[] = {
		0x174,      0x175,      0x176,      0xc0000081, 0xc0000082,
		0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102,
	};
	unsigned found = 0;

	(void)state;
	assert_int_equal(passthrough_msr_count, COUNT(want));
	for (unsigned i = 0; i < COUNT(want); i++) {
		for (unsigned j = 0; j < passthrough_msr_count; j++)
			found += passthrough_msrs[j] == want[i];
	}
	assert_int_equal(found, COUNT(want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_hooked_status),
		cmocka_unit_test(test_msrs),
		cmocka_unit_test(test_named_uart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
