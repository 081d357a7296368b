/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/exit.h"

#include "lib/boot.h"
#include "lib/console.h"
#include "lib/linux_boot.h"
#include "lib/pvh.h"
#include "lib/serial.h"
#include "x86/insn.h"

#define BOCHS_SHUTDOWN   0x8900
#define PM1_CONTROL      0x604  /* QEMU's pc and q35 */
#define PM1_CONTROL_OLD  0xb004 /* older QEMU, and Bochs */
#define PM1_SLEEP_ENABLE 0x2000 /* SLP_EN, SLP_TYP 0: ACPI 6.5, 4.8.4.2.1 */
#define KEYBOARD_COMMAND 0x64   /* reads as the status */
#define KEYBOARD_BUSY    0x02   /* the last byte was not taken yet */
#define KEYBOARD_RESET   0xfe
#define RESET_CONTROL    0xcf9 /* Intel's chip sets since PIIX3, and compatible ones */
#define RESET_SYSTEM     0x02
#define RESET_NOW        0x04

#define NO_DEVICE    0xff
#define FEW_POLLS    1000
#define MOMENT       (UINT64_C(1) << 28) /* ticks of the time stamp counter, about 0.1 s */
#define MOMENT_POLLS 1000000             /* if the counter stands still */

static bool may_reset;

void exit_may_reset(bool may)
{
	may_reset = may;
}

/* If KVM has the APIC, a VMM never sees a halt. */
bool exit_resets(void)
{
	bool vmm = boot_info.protocol == PVH_MAGIC || boot_info.protocol == LINUX_MAGIC;

	return may_reset || (vmm && !console_on_screen());
}

/*
 * Whether a device is found that ends the machine.  Ports without a device all read the same: 0xff,
 * or 0 under some hypervisors.  Bochs's shutdown port reads so, too, but Bochs has ACPI.
 */
static bool has_exit_device(void)
{
	uint8_t none = inb(BOCHS_SHUTDOWN);

	if (inb(DEBUG_EXIT) != none)
		return true;
	return !console_on_screen() &&
	       ((uint8_t)inw(PM1_CONTROL) != none || (uint8_t)inw(PM1_CONTROL_OLD) != none);
}

static void power_off(void)
{
	for (const char *c = "Shutdown"; *c; c++)
		outb(BOCHS_SHUTDOWN, (uint8_t)*c);
	outw(PM1_CONTROL, PM1_SLEEP_ENABLE);
	outw(PM1_CONTROL_OLD, PM1_SLEEP_ENABLE);
}

/* A busy emulator may take some time to end the machine. */
static void wait_a_moment(void)
{
	uint64_t start = rdtsc();

	for (unsigned i = 0; i < MOMENT_POLLS && rdtsc() - start < MOMENT; i++)
		cpu_relax();
}

static void reset_by_keyboard(void)
{
	for (unsigned i = 0; i < FEW_POLLS; i++) {
		uint8_t status = inb(KEYBOARD_COMMAND);

		if (status == NO_DEVICE || !(status & KEYBOARD_BUSY))
			break;
	}
	outb(KEYBOARD_COMMAND, KEYBOARD_RESET);
}

void machine_reset(void)
{
	reset_by_keyboard();
	wait_a_moment();
	outb(RESET_CONTROL, RESET_SYSTEM);
	outb(RESET_CONTROL, RESET_SYSTEM | RESET_NOW);
	wait_a_moment();
	triple_fault();
}

void machine_exit(uint8_t code)
{
	interrupts_off();
	console_flush();
	serial_flush();
	outb(DEBUG_EXIT, code);
	/* A verdict on the screen stays; and on a real machine these ports have other uses. */
	if (!console_on_screen())
		power_off();
	if (exit_resets()) {
		wait_a_moment();
		machine_reset();
	}
	halt_for_ever();
}

void end_run(const struct tap *tap, enum verdict verdict)
{
	if (!exit_resets() && !has_exit_device())
		tap_diag("no exit device answers (port 0xf4, ACPI): unless one ends this run all "
			 "the same, it ends by a halt");
	tap_result(tap, verdict);
	machine_exit(EXIT_CODE(verdict));
}
