/* SPDX-License-Identifier: GPL-2.0-only */
#include "passed.h"

#include "config.h"
#include "lib/string.h"
#include "x86/defs.h"

#define UART_LSR 0x3fd

static const struct {
	uint16_t first, last;
} passed_ports[] = {
	{0x20, 0x21},     /* PIC, first */
	{0x40, 0x43},     /* PIT */
	{0xa0, 0xa1},     /* PIC, second */
	{0x3f8, 0x3ff},   /* COM1 */
	{0x604, 0x605},   /* ACPI power-off */
	{0x8900, 0x8900}, /* Bochs's shutdown */
	{0xb004, 0xb005}, /* ACPI power-off, older */
};

const uint32_t passed_msrs[] = {
	MSR_STAR,    MSR_LSTAR,          MSR_CSTAR,       MSR_SFMASK,       MSR_FS_BASE,
	MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
};

const unsigned passed_msr_count = sizeof(passed_msrs) / sizeof(passed_msrs[0]);

static uint8_t io_bitmap[IO_BITMAP_SIZE] __attribute__((aligned(4096)));

bool port_passed(uint16_t port)
{
	for (unsigned i = 0; i < sizeof(passed_ports) / sizeof(passed_ports[0]); i++) {
		if (port >= passed_ports[i].first && port <= passed_ports[i].last)
			return true;
	}
	return false;
}

const uint8_t *io_bitmap_init(void)
{
	memset(io_bitmap, 0xff, sizeof(io_bitmap));
	for (unsigned i = 0; i < sizeof(passed_ports) / sizeof(passed_ports[0]); i++) {
		for (uint32_t port = passed_ports[i].first; port <= passed_ports[i].last; port++)
			io_bitmap[port / 8] &= (uint8_t)~BIT(port % 8);
	}
	if (config.fault == FAULT_STALE_RIP)
		io_bitmap[UART_LSR / 8] |= (uint8_t)BIT(UART_LSR % 8);
	return io_bitmap;
}
