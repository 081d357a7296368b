/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/echo.h"

#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME        UINT64_C(0x100000001b3)

/* This is half of an echo call: without a loop over the bytes it takes half the instructions. */
static uint64_t add(uint64_t hash, const uint8_t bytes[8])
{
	hash = (hash ^ bytes[0]) * FNV_PRIME;
	hash = (hash ^ bytes[1]) * FNV_PRIME;
	hash = (hash ^ bytes[2]) * FNV_PRIME;
	hash = (hash ^ bytes[3]) * FNV_PRIME;
	hash = (hash ^ bytes[4]) * FNV_PRIME;
	hash = (hash ^ bytes[5]) * FNV_PRIME;
	hash = (hash ^ bytes[6]) * FNV_PRIME;
	return (hash ^ bytes[7]) * FNV_PRIME;
}

uint64_t echo(const uint64_t *args, unsigned n, bool long_mode)
{
	uint64_t hash = FNV_OFFSET_BASIS;

	for (unsigned i = 0; i < n; i++)
		hash = add(hash, (const uint8_t *)&args[i]);
	return long_mode ? hash : (uint32_t)hash ^ hash >> 32;
}
