/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stdint.h>

/*
 * Returns the next pseudo-random number and changes *@state: the same state gives the same numbers.
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
 */
uint64_t random_next(uint64_t *state);

/* Changes *@state as if @n numbers had been taken. */
void random_skip(uint64_t *state, uint64_t n);

#endif
