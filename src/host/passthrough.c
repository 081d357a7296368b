/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/passthrough.h"

#include "host/config.h"
#include "host/hooks.h"
#include "lib/serial.h"
#include "lib/string.h"
#include "x86/defs.h"

static struct {
	uint16_t first, last;
} passthrough_ports[] = {
	{1, 0},           /* no port, unless serial= names a UART */
	{0x20, 0x21},     /* PIC, first */
	{0x40, 0x43},     /* PIT */
	{0xa0, 0xa1},     /* PIC, second */
	{0x2e8, 0x2ef},   /* COM4 */
	{0x2f8, 0x2ff},   /* COM2 */
	{0x3e8, 0x3ef},   /* COM3 */
	{0x3f8, 0x3ff},   /* COM1 */
	{0x604, 0x605},   /* ACPI power-off */
	{0x8900, 0x8900}, /* Bochs's shutdown */
	{0xb004, 0xb005}, /* ACPI power-off, older */
};

const uint32_t passthrough_msrs[] = {
	MSR_STAR,    MSR_LSTAR,          MSR_CSTAR,       MSR_SFMASK,       MSR_FS_BASE,
	MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
};

const unsigned passthrough_msr_count = sizeof(passthrough_msrs) / sizeof(passthrough_msrs[0]);

uint8_t io_bitmap[IO_BITMAP_SIZE] __attribute__((aligned(4096)));

bool passthrough_port(uint16_t port)
{
	for (unsigned i = 0; i < sizeof(passthrough_ports) / sizeof(passthrough_ports[0]); i++) {
		if (port >= passthrough_ports[i].first && port <= passthrough_ports[i].last)
			return true;
	}
	return false;
}

static void pass_through(uint32_t first, uint32_t last)
{
	uint32_t lsr = first + SERIAL_LINE_STATUS;

	for (uint32_t port = first; port <= last; port++)
		io_bitmap[port / 8] &= (uint8_t)~BIT(port % 8);
	if (uart_status_is_hooked() && last - first == SERIAL_SIZE - 1) /* it is a UART */
		io_bitmap[lsr / 8] |= (uint8_t)BIT(lsr % 8);
}

const uint8_t *io_bitmap_init(void)
{
	if (config.serial != SERIAL_ANY) {
		passthrough_ports[0].first = (uint16_t)config.serial;
		passthrough_ports[0].last = (uint16_t)(config.serial + SERIAL_SIZE - 1);
	}
	memset(io_bitmap, 0xff, sizeof(io_bitmap));
	for (unsigned i = 0; i < sizeof(passthrough_ports) / sizeof(passthrough_ports[0]); i++)
		pass_through(passthrough_ports[i].first, passthrough_ports[i].last);
	return io_bitmap;
}
