/* SPDX-License-Identifier: GPL-2.0-only */
/* The echo service, which no ABI has, but which the host offers by the calls of each. */
#ifndef HOST_ECHO_H
#define HOST_ECHO_H

#include <stdbool.h>
#include <stdint.h>

/*
 * FNV-1a (64 bits) of @n arguments, of eight bytes each, least significant first.  If the caller is
 * not in @long_mode, the lower half XOR the upper one.
 */
uint64_t echo(const uint64_t *args, unsigned n, bool long_mode);

#endif
