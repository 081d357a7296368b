/* SPDX-License-Identifier: GPL-2.0-only */
/* The ports that are the guest's own: they do not exit. */
#ifndef HOST_PORTS_H
#define HOST_PORTS_H

#include <stdbool.h>
#include <stdint.h>

/* Port ranges, for whoever builds a bitmap of them. */
struct port_range {
	uint16_t first, last;
};

extern const struct port_range passed_ports[];
extern const unsigned passed_port_count;

bool port_passed(uint16_t port);

#endif
