/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/vcpu.h"

#include "lib/random.h"
#include "x86/smp.h"

void vcpu_init(void)
{
	static uint8_t pages[SMP_OWN_PAGES][PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

	this_cpu()->own = pages;
}

uint64_t random64(void)
{
	return random_next(&this_vcpu()->random);
}

/* A linear congruential generator: Knuth's MMIX. */
void random_fill(uint64_t *numbers, unsigned n)
{
	uint64_t number = random64();

	for (; n; n--, numbers++) {
		number = number * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		*numbers = number;
	}
}
