/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/exit.h"

#include "lib/console.h"
#include "lib/serial.h"
#include "x86/insn.h"

#define BOCHS_SHUTDOWN   0x8900
#define PM1_CONTROL      0x604  /* QEMU's pc and q35 */
#define PM1_CONTROL_OLD  0xb004 /* older ones, and Bochs */
#define PM1_SLEEP_ENABLE 0x2000 /* SLP_EN, SLP_TYP 0: ACPI 6.5, 4.8.4.2.1 */
#define KEYBOARD_COMMAND 0x64
#define KEYBOARD_RESET   0xfe

static void power_off(void)
{
	for (const char *c = "Shutdown"; *c; c++)
		outb(BOCHS_SHUTDOWN, (uint8_t)*c);
	outw(PM1_CONTROL, PM1_SLEEP_ENABLE);
	outw(PM1_CONTROL_OLD, PM1_SLEEP_ENABLE);
}

void machine_exit(uint8_t code, bool reset)
{
	interrupts_off();
	console_flush();
	serial_flush();
	outb(DEBUG_EXIT, code);
	if (!console_on_screen()) /* the verdict stays there; on a real machine these ports are others' */
		power_off();
	if (reset)
		outb(KEYBOARD_COMMAND, KEYBOARD_RESET);
	for (;;)
		__asm__ volatile("cli; hlt");
}
