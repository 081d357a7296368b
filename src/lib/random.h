/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stdint.h>

/*
 * The next pseudo-random number after @state, which it changes: the same from the same state.
 * SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
 */
uint64_t random_next(uint64_t *state);

#endif
