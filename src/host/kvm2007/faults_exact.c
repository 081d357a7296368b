/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults of one number of arguments, one index, one bit, or one value of a field: C1, C3, C4, S2,
 * S4.
 */
#include "host/kvm2007/faults.h"

static void give_zero(struct request *q, bool wrong)
{
	if (wrong)
		q->result = 0;
	kvm2007_honest.give_result(q);
}

/* ---- .arg: how many arguments are not 0 ---- */

static unsigned arguments(const struct request *q)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 6; i++)
		n += q->args[i] != 0;
	return n;
}

static void answer_n_args(struct request *q)
{
	give_zero(q, q->long_mode && arguments(q) == kvm2007_on->arg);
}

static void answer_n_args32(struct request *q)
{
	give_zero(q, !q->long_mode && arguments(q) == kvm2007_on->arg);
}

#define ARGS(n)                                                   \
	{                                                         \
		ROW("args-" #n, "C1", give_result, answer_n_args, \
		    "calls with " #n " arguments give 0"),        \
			.arg = n                                  \
	}
#define ARGS32(n)                                                        \
	{                                                                \
		ROW("args32-" #n, "C32.1", give_result, answer_n_args32, \
		    "32-bit calls with " #n " arguments give 0"),        \
			.arg = n                                         \
	}

const struct row kvm2007_args_faults[] = {
	ARGS(0),   ARGS(1),   ARGS(2),   ARGS(3),   ARGS(4),
	ARGS(5),   ARGS(6),   ARGS32(0), ARGS32(1), ARGS32(2),
	ARGS32(3), ARGS32(4), ARGS32(5), ARGS32(6), {.fault.name = NULL},
};

/* ---- one index; .arg: the number of its one bit ---- */

static void answer_index_0(struct request *q)
{
	give_zero(q, q->index == 0);
}

static void answer_one_bit(struct request *q)
{
	give_zero(q, q->index == BIT(kvm2007_on->arg));
}

static void answer_all_ones(struct request *q)
{
	give_zero(q, q->index == (q->long_mode ? UINT64_MAX : UINT32_MAX));
}

static void answer_index_0_of_32(struct request *q)
{
	give_zero(q, !q->long_mode && q->index == 0);
}

static void answer_index_1_of_32(struct request *q)
{
	give_zero(q, !q->long_mode && q->index == 1);
}

const struct row kvm2007_index_faults[] = {
	{ROW("index-0", "C3", give_result, answer_index_0, "index 0 gives 0")},
	{ROW("index-bit31", "C4", give_result, answer_one_bit, "index 2^31 gives 0"), .arg = 31},
	{ROW("index-bit32", "C4", give_result, answer_one_bit, "index 2^32 gives 0"), .arg = 32},
	{ROW("index-bit63", "C4", give_result, answer_one_bit, "index 2^63 gives 0"), .arg = 63},
	{ROW("index-all-ones", "C4", give_result, answer_all_ones, "the highest index gives 0")},
	{ROW("index32-0", "C32.3", give_result, answer_index_0_of_32, "32-bit index 0 gives 0")},
	{ROW("index32-1", "C32.3", give_result, answer_index_1_of_32, "32-bit index 1 gives 0")},
	{.fault.name = NULL},
};

/* ---- bits of arguments; .arg: 64 times the argument's number, and the bit's ---- */

#define BIT_OF(arg, bit) ((arg) << 6 | (bit))

static uint64_t *argument(struct request *q)
{
	return &q->args[kvm2007_on->arg >> 6];
}

static void lose_bit(struct request *q)
{
	kvm2007_honest.read_call64(q);
	*argument(q) &= ~BIT(kvm2007_on->arg & 63);
}

static void set_bit(struct request *q)
{
	kvm2007_honest.read_call64(q);
	*argument(q) |= BIT(kvm2007_on->arg & 63);
}

/* This one and the next; after the last one comes the first. */
static void swap_bits(struct request *q)
{
	const unsigned bit = kvm2007_on->arg & 63, next = (bit + 1) % 64;
	uint64_t *arg, differ;

	kvm2007_honest.read_call64(q);
	arg = argument(q);
	differ = (*arg >> bit ^ *arg >> next) & 1;
	*arg ^= differ << bit | differ << next;
}

const struct row kvm2007_bit_faults[] = {
	{ROW("lost-bit-0", "C1", read_call64, lose_bit, "bit 0 of argument 1 is lost"),
	 .arg = BIT_OF(0, 0)},
	{ROW("lost-bit-63", "C1", read_call64, lose_bit, "bit 63 of argument 6 is lost"),
	 .arg = BIT_OF(5, 63)},
	{ROW("set-bit-0", "C1", read_call64, set_bit, "bit 0 of argument 2 is always set"),
	 .arg = BIT_OF(1, 0)},
	{ROW("set-bit-47", "C1", read_call64, set_bit, "bit 47 of argument 5 is always set"),
	 .arg = BIT_OF(4, 47)},
	{ROW("swap-bits-33", "C1", read_call64, swap_bits,
	     "bits 33 and 34 of argument 3 are swapped"),
	 .arg = BIT_OF(2, 33)},
	{ROW("swap-bits-62", "C1", read_call64, swap_bits,
	     "bits 62 and 63 of argument 4 are swapped"),
	 .arg = BIT_OF(3, 62)},
	{ROW("swap-bits-63", "C1", read_call64, swap_bits,
	     "bits 63 and 0 of argument 1 are swapped"),
	 .arg = BIT_OF(0, 63)},
	{.fault.name = NULL},
};

/* ---- a field of the page with one value; .arg: that value, as int16_t ---- */

static bool is_value(uint32_t value)
{
	return value == (uint32_t)(int16_t)kvm2007_on->arg;
}

static void refuse_size(struct request *q)
{
	kvm2007_honest.check(q);
	q->refused |= is_value(q->page->size);
}

static void refuse_size_bit31(struct request *q)
{
	kvm2007_honest.check(q);
	q->refused |= q->page->size == BIT(31);
}

static void accept_version_65536(struct request *q)
{
	if (q->page->guest_version != 65536)
		kvm2007_honest.check_version(q);
}

/* Not at the first contact, to which all others are compared. */
static void skip_version_of(struct request *q)
{
	if (!is_value(q->page->guest_version) || !q->vcpu->para_state_gpa)
		kvm2007_honest.write_version(q);
}

static void count_size_of(struct request *q)
{
	kvm2007_honest.write_ret(q);
	q->page->size += is_value(q->page->guest_version);
}

#define SIZE(name, value)                                    \
	{                                                    \
		ROW("size-" name, "S4", check, refuse_size,  \
		    "a page of size " #value " is refused"), \
			.arg = (uint16_t)(value)             \
	}

const struct row kvm2007_value_faults[] = {
	SIZE("0", 0),
	SIZE("1", 1),
	SIZE("24", 24),
	SIZE("4095", 4095),
	SIZE("4097", 4097),
	SIZE("all-ones", -1),
	SIZE("64", 64),
	{ROW("version-65536", "V1", check_version, accept_version_65536,
	     "a guest of version 65536 is accepted")},
	{ROW("size-bit31", "S4", check, refuse_size_bit31, "a page of size 2^31 is refused")},
	{ROW("no-version-0", "S2", write_version, skip_version_of,
	     "a guest of version 0 gets no host_version"),
	 .arg = 0},
	{ROW("no-version-1", "S2", write_version, skip_version_of,
	     "a guest of version 1 gets no host_version"),
	 .arg = 1},
	{ROW("size-for-0", "S4", write_ret, count_size_of, "size is changed for version 0"),
	 .arg = 0},
	{ROW("size-for-1", "S4", write_ret, count_size_of, "size is changed for version 1"),
	 .arg = 1},
	{ROW("size-for-newest", "S4", write_ret, count_size_of,
	     "size is changed for the highest version"),
	 .arg = (uint16_t)-1},
	{.fault.name = NULL},
};
