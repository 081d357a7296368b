/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers, of the kinds that hosts might stumble over. */
#include "fuzz.h"

#include "lib/boot.h"
#include "lib/random.h"

uint64_t below(struct fuzz *f, uint64_t n)
{
	return random_next(&f->random) % n;
}

bool once_in(struct fuzz *f, unsigned n)
{
	return !below(f, n);
}

uint64_t any_value(struct fuzz *f)
{
	uint64_t value = random_next(&f->random) >> below(f, 64);

	switch (below(f, 6)) {
	case 0:
		return 0;
	case 1:
		return BIT(below(f, 64)) - below(f, 2);
	case 2:
		return ~value;
	case 3:
		return fuzz_va(f, VIEW_DATA) + below(f, PAGE_SIZE);
	default:
		return value;
	}
}

/* Memory that nobody else uses, its edges, and what is no memory. */
uint64_t any_gpa(struct fuzz *f)
{
	const uint64_t end = boot_memory_end();
	const uint64_t edges[] = {0x9f000, 0x9fff0, 0x9ffff, 0xa0000,    0xb8000,     0xc0000,
				  0xfffff, end,     end - 1, end - 0x10, end - 0x1000};

	switch (below(f, 6)) {
	case 0:
		return edges[below(f, LENGTH(edges))];
	case 1:
		return any_value(f) | (once_in(f, 2) ? BIT(32 + below(f, 32)) : end);
	default:
		return fuzz_gpa(f, FUZZ_STATE) + (once_in(f, 4) ? below(f, PAGE_SIZE) : 0);
	}
}

/* Of an interrupt: none that looks like an exception, whose frame may have an error code. */
uint32_t any_vector(struct fuzz *f)
{
	return (uint32_t)(once_in(f, 8) ? below(f, 16) : 32 + below(f, 224));
}

struct gprs any_gprs(struct fuzz *f)
{
	struct gprs gprs;
	uint64_t *registers = (uint64_t *)&gprs;

	for (unsigned i = 0; i < 16; i++)
		registers[i] = any_value(f);
	gprs.rflags =
		RFLAGS_RESERVED1 | (any_value(f) & (RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF |
						    RFLAGS_SF | RFLAGS_OF | RFLAGS_DF | RFLAGS_ID));
	return gprs;
}
