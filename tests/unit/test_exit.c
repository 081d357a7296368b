/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/exit.c: how a run ends, on machines with and without devices that can end it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fake_ports.h"
#include "lib/boot.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/linux_boot.h"
#include "lib/multiboot.h"
#include "lib/pvh.h"
#include "lib/serial.h"

struct boot_info boot_info;

/* What the machine has. */
static struct {
	bool debug_exit, acpi, acpi_old, keyboard, reset_control, screen;
	uint8_t nothing; /* what ports without a device read as */
	uint8_t keyboard_status;
	bool clock_stands;
} machine;

/* What happened, a word for each event; and how often ports and clock were read. */
static char story[512];
static unsigned reads;
static uint64_t clock_now;
static jmp_buf ended;

static void tell(const char *fmt, ...)
{
	size_t length = strlen(story);
	va_list args;

	va_start(args, fmt);
	vsnprintf(story + length, sizeof(story) - length, fmt, args);
	va_end(args);
}

static _Noreturn void end(const char *how)
{
	tell("%s", how);
	longjmp(ended, 1);
}

uint8_t inb(uint16_t port)
{
	reads++;
	if (port == 0xf4 && machine.debug_exit)
		return 0;
	if (port == 0x64 && machine.keyboard)
		return machine.keyboard_status;
	return machine.nothing;
}

uint16_t inw(uint16_t port)
{
	reads++;
	if ((port == 0x604 && machine.acpi) || (port == 0xb004 && machine.acpi_old))
		return 1; /* SCI_EN */
	return (uint16_t)(machine.nothing * 0x101);
}

void outb(uint16_t port, uint8_t value)
{
	if (port == 0x8900) {
		tell("%c", value);
		return;
	}
	tell(" %x:%x", (unsigned)port, value);
	if (port == 0xf4 && machine.debug_exit)
		end(" exit");
	if (port == 0x64 && value == 0xfe && machine.keyboard)
		end(" reset");
	if (port == 0xcf9 && value == 6 && machine.reset_control)
		end(" reset");
}

void outw(uint16_t port, uint16_t value)
{
	tell(" %x:%x", (unsigned)port, value);
	if ((port == 0x604 && machine.acpi) || (port == 0xb004 && machine.acpi_old))
		end(" off");
}

uint64_t rdtsc(void)
{
	reads++;
	return machine.clock_stands ? 5 : (clock_now += 1000);
}

void interrupts_off(void)
{
}

void halt_for_ever(void)
{
	end(" halt");
}

void triple_fault(void)
{
	end(" triple");
}

void console_flush(void)
{
	tell(" flush");
}

void serial_flush(void)
{
}

bool console_on_screen(void)
{
	return machine.screen;
}

void tap_diag(const char *fmt, ...)
{
	assert_non_null(strstr(fmt, "no exit device"));
	assert_non_null(strstr(fmt, "halt"));
	assert_null(strchr(fmt, '\n'));
	tell(" note");
}

void tap_result(const struct tap *tap, enum verdict verdict)
{
	(void)tap;
	tell(" result:%d", verdict);
}

static int setup(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.nothing = 0xff;
	boot_info.protocol = MULTIBOOT_MAGIC;
	exit_may_reset(false);
	return 0;
}

/* Ends a run that failed: the story must be @wanted. */
static void ends(const char *wanted)
{
	const struct tap tap = {0};

	story[0] = '\0';
	reads = 0;
	if (!setjmp(ended))
		end_run(&tap, VERDICT_FAIL);
	assert_string_equal(story, wanted);
	assert_true(reads < 4000000);
}

#define OFF "Shutdown 604:2000 b004:2000"

static void test_debug_exit(void **state)
{
	machine.debug_exit = true;
	ends(" result:1 flush f4:11 exit");
	machine.acpi = machine.screen = true;
	ends(" result:1 flush f4:11 exit");
	exit_may_reset(true);
	ends(" result:1 flush f4:11 exit");
	(void)state;
}

static void test_acpi(void **state)
{
	machine.acpi = true;
	ends(" result:1 flush f4:11Shutdown 604:2000 off");
	machine.acpi = false;
	machine.acpi_old = true;
	ends(" result:1 flush f4:11" OFF " off");
	(void)state;
}

/* No power-off, so that the screen can be read. */
static void test_screen(void **state)
{
	machine.acpi = machine.acpi_old = machine.screen = true;
	ends(" note result:1 flush f4:11 halt");
	(void)state;
}

/* The note comes before the verdict, whatever ports without a device read as. */
static void test_nothing(void **state)
{
	ends(" note result:1 flush f4:11" OFF " halt");
	machine.nothing = 0;
	ends(" note result:1 flush f4:11" OFF " halt");
	machine.keyboard = machine.reset_control = true; /* not used: no exit_may_reset() */
	ends(" note result:1 flush f4:11" OFF " halt");
	(void)state;
}

/* The ways to reset are tried in turn, and each gets time to work. */
static void test_reset(void **state)
{
	uint64_t before = clock_now;

	exit_may_reset(true);
	ends(" result:1 flush f4:11" OFF " 64:fe cf9:2 cf9:6 triple");
	assert_true(clock_now - before > 3 * UINT64_C(100000000));
	machine.reset_control = true;
	ends(" result:1 flush f4:11" OFF " 64:fe cf9:2 cf9:6 reset");
	machine.keyboard = true;
	ends(" result:1 flush f4:11" OFF " 64:fe reset");
	machine.screen = true;
	ends(" result:1 flush f4:11 64:fe reset");
	(void)state;
}

/* Small VMMs wait for a reset, without being asked: but devices that end the machine go first. */
static void test_vmm(void **state)
{
	static const uint32_t protocols[] = {PVH_MAGIC, LINUX_MAGIC};

	for (unsigned i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		setup(state);
		boot_info.protocol = protocols[i];
		ends(" result:1 flush f4:11" OFF " 64:fe cf9:2 cf9:6 triple");
		machine.keyboard = true;
		ends(" result:1 flush f4:11" OFF " 64:fe reset");
		machine.screen = true;
		ends(" note result:1 flush f4:11 halt");
		exit_may_reset(true);
		ends(" result:1 flush f4:11 64:fe reset");
		machine.debug_exit = true;
		ends(" result:1 flush f4:11 exit");
	}
}

/* Every wait has a bound: a keyboard controller that stays busy, a clock that stands still. */
static void test_bounds(void **state)
{
	machine.keyboard = true;
	machine.keyboard_status = 0x02;
	machine.clock_stands = true;
	exit_may_reset(true);
	ends(" result:1 flush f4:11" OFF " 64:fe reset");
	machine.keyboard = false;
	machine.nothing = 0x7f;
	ends(" result:1 flush f4:11" OFF " 64:fe cf9:2 cf9:6 triple");
	(void)state;
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_debug_exit), TEST(test_acpi),   TEST(test_screen), TEST(test_nothing),
		TEST(test_reset),      TEST(test_bounds), TEST(test_vmm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
