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

/* A linear congruential generator, whose factor fits into an instruction. */
#define FOLLOWING(number) ((number)*0x5851f42d + 0x4057b7ef)

void random_fill(uint64_t *numbers, unsigned n)
{
	uint64_t number = random64();

	random_skip(&this_vcpu()->random, n - 1);
	for (const uint64_t *end = numbers + n; numbers < end; numbers += 4) {
		numbers[0] = number = FOLLOWING(number);
		numbers[1] = number = FOLLOWING(number);
		numbers[2] = number = FOLLOWING(number);
		numbers[3] = number = FOLLOWING(number);
	}
}
