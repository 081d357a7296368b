/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/checksum.h"

#include "host/config.h"
#include "host/nested_paging.h"
#include "host/passthrough.h"
#include "x86/insn.h"

#define ADDRESS        UINT64_C(0x000ffffffffff000)
#define RIGHTS         (PTE_P | PTE_W | PTE_U) /* or EPT's to read, write and execute */
#define ACCESSED_DIRTY (BIT(5) | BIT(6))
#define ENTRIES        512
#define LEVELS         4
#define FNV_BASIS      UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME      UINT64_C(0x100000001b3)

/* linker.ld */
extern uint8_t image_start[], text_end[], rodata_end[];

static const struct vcpu_vendor *vendor;

/* Each step is one to one: if a single word changes, so does the sum. */
static uint64_t add(uint64_t sum, uint64_t word)
{
	return (sum ^ word) * FNV_PRIME;
}

static uint64_t sum_of(const void *from, const void *end)
{
	uint64_t sum = FNV_BASIS;

	for (const uint64_t *word = from; word < (const uint64_t *)end; word++)
		sum = add(sum, *word);
	return sum;
}

/*
 * Of a table and those below it.  All tables are mapped at their own addresses.  @away: what the
 * entry of a page without rights has lost, for that is no damage: pageout= takes pages away.
 */
static uint64_t add_tables(uint64_t sum, uint64_t table, unsigned level, uint64_t away)
{
	const uint64_t *entries = (const uint64_t *)(table & ADDRESS);

	for (unsigned i = 0; i < ENTRIES; i++) {
		uint64_t entry = entries[i] & ~ACCESSED_DIRTY;

		if (level == 1 && entry && !(entry & RIGHTS))
			entry |= away;
		sum = add(sum, entry);
		if (level > 1 && entry & RIGHTS && !(entry & PTE_PS))
			sum = add_tables(sum, entry, level - 1, away);
	}
	return sum;
}

static uint64_t sum_text(void)
{
	return sum_of(image_start, text_end);
}

static uint64_t sum_constants(void)
{
	return sum_of(text_end, rodata_end);
}

static uint64_t sum_nested(void)
{
	return add_tables(FNV_BASIS, nested_root(), LEVELS, RIGHTS);
}

static uint64_t sum_tables(void)
{
	return add_tables(FNV_BASIS, READ_REG(cr3), LEVELS, 0);
}

static uint64_t sum_ports(void)
{
	return sum_of(io_bitmap, io_bitmap + IO_BITMAP_SIZE);
}

static uint64_t sum_msrs(void)
{
	return sum_of(vendor->msr_bitmap, vendor->msr_bitmap + vendor->msr_bitmap_size);
}

static const struct {
	const char *name;
	uint64_t (*sum)(void);
} ranges[] = {
	{"code", sum_text},
	{"constants", sum_constants},
	{"nested page tables", sum_nested},
	{"page tables", sum_tables},
	{"bitmap of ports", sum_ports},
	{"bitmap of MSRs", sum_msrs},
};

#define RANGES (sizeof(ranges) / sizeof(ranges[0]))

static uint64_t sums[RANGES];

void checksum_init(const struct vcpu_vendor *of)
{
	vendor = of;
	for (unsigned i = 0; config.checksum && i < RANGES; i++)
		sums[i] = ranges[i].sum();
}

const char *checksum_changed(void)
{
	for (unsigned i = 0; config.checksum && vendor && i < RANGES; i++) {
		if (ranges[i].sum() != sums[i])
			return ranges[i].name;
	}
	return NULL;
}
