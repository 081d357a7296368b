/* SPDX-License-Identifier: GPL-2.0-only */
#include "ports.h"

const struct port_range passed_ports[] = {
	{0x20, 0x21},     /* PIC, first */
	{0x40, 0x43},     /* PIT */
	{0xa0, 0xa1},     /* PIC, second */
	{0xf4, 0xf4},     /* isa-debug-exit */
	{0x3f8, 0x3ff},   /* COM1 */
	{0x604, 0x605},   /* ACPI power-off */
	{0x8900, 0x8900}, /* Bochs's shutdown */
	{0xb004, 0xb005}, /* ACPI power-off, older */
};

const unsigned passed_port_count = sizeof(passed_ports) / sizeof(passed_ports[0]);

bool port_passed(uint16_t port)
{
	for (unsigned i = 0; i < passed_port_count; i++) {
		if (port >= passed_ports[i].first && port <= passed_ports[i].last)
			return true;
	}
	return false;
}
