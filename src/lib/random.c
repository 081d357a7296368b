/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/random.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15)

void random_skip(uint64_t *state, uint64_t n)
{
	*state += n * STEP;
}

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += STEP;

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}
