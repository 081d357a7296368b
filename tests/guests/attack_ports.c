/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports that the guest's machine does not have. */
#include "attack.h"

#include "x86/defs.h"

/* Ports that the guest does not have, or only in part, and a value that would do harm there. */
static const struct {
	uint16_t port;
	uint8_t sizes; /* one bit for each size: 1, 2, 4 */
	uint32_t value;
} ports[] = {
	{0xe9, 7, 0x58585858}, /* the host's log */
	{0x402, 7, 0x58585858},
	{0x80, 7, 0},
	{0x61, 7, 3},
	{0x70, 6, 0x8f}, /* but not the RTC alone, which the guest may read */
	{0x64, 7, 0xfe}, /* three ways to reset the machine */
	{0x92, 7, 1},
	{0xcf9, 7, 6},
	{0xcf8, 7, 0x80000000}, /* PCI */
	{0x510, 7, 0},          /* QEMU's firmware configuration, and its DMA */
	{0x514, 7, 0x100000},
	{0x1f0, 7, 0},
	{0xf3, 6, 0x1010}, /* accesses that are partly in a port that the guest has */
	{0xf4, 6, 0x10},
	{0x20, 4, 0},
	{0x3f6, 4, 0},
	{0x3ff, 6, 0},
	{0x2ff, 6, 0},
	{0x2ef, 6, 0},
	{0x3ef, 6, 0},
	{0x603, 6, 0x2000},
	{0x604, 4, 0x2000},
	{0x1f, 1, 0}, /* the neighbours */
	{0x22, 1, 0},
	{0x3f, 1, 0},
	{0x44, 1, 0},
	{0x9f, 1, 0},
	{0xa2, 1, 0},
	{0xf5, 1, 0x10},
	{0x2e7, 1, 0},
	{0x2f0, 1, 0},
	{0x2f7, 1, 0},
	{0x300, 1, 0},
	{0x3e7, 1, 0},
	{0x3f0, 1, 0},
	{0x3f7, 1, 0},
	{0x400, 1, 0},
	{0x606, 1, 0},
	{0x88ff, 1, 0},
	{0x8901, 1, 0},
	{0xb003, 1, 0},
	{0xb006, 1, 0},
	{0, 7, 0}, /* both ends */
	{0xffff, 7, 0xffffffff},
	{0x7067, 7, 0xffffffff}, /* pageout=, of a page that is not there */
};

static uint64_t size_mask(unsigned size)
{
	return (UINT64_C(1) << 8 * size) - 1;
}

static bool try_in(unsigned i)
{
	static const char *const codes[] = {[1] = "\xec", [2] = "\x66\xed", [4] = "\xed"};
	const uint64_t before = 0x5555555555555555;
	bool ok = true;

	begin("in.%#x", ports[i].port);
	for (unsigned size = 1; size <= 4; size *= 2) {
		struct attack_result o;

		if (!(ports[i].sizes & size))
			continue;
		o = RUN(codes[size], .rdx = ports[i].port, .rax = before);
		ok &= came_back(&o) &&
		      equal("rax", o.rax,
			    size == 4 ? size_mask(4)
				      : (before & ~size_mask(size)) | size_mask(size));
	}
	return ok;
}

static bool try_out(unsigned i)
{
	static const char *const codes[] = {[1] = "\xee", [2] = "\x66\xef", [4] = "\xef"};
	bool ok = true;

	begin("out.%#x", ports[i].port);
	for (unsigned size = 1; size <= 4; size *= 2) {
		struct attack_result o;

		if (!(ports[i].sizes & size))
			continue;
		o = RUN(codes[size], .rdx = ports[i].port, .rax = ports[i].value);
		ok &= came_back(&o) && equal("rax", o.rax, ports[i].value);
	}
	return ok;
}

/*
 * OUTS to a port that is not there changes the registers; INS is a #GP, for it would need page
 * tables.
 */
static const struct {
	const char *name, *code;
	uint64_t flags;
	int64_t moved; /* RSI */
	uint64_t left; /* RCX, of 5 */
} strings[] = {
	{"outsb", "\x6e", 0, 1, 5},          {"outsl", "\x6f", 0, 4, 5},
	{"rep-outsb", "\xf3\x6e", 0, 5, 0},  {"rep-outsw", "\x66\xf3\x6f", 0, 10, 0},
	{"rep-outsl", "\xf3\x6f", 0, 20, 0}, {"rep-outsl-down", "\xf3\x6f", RFLAGS_DF, -20, 0},
};

static bool try_outs(unsigned i)
{
	const uint64_t rsi = WRITABLE(PAGE_STATE) + 64;
	struct attack_result o;

	begin("%s", strings[i].name);
	o = RUN(strings[i].code, .rdx = 0xe9, .rcx = 5, .rsi = rsi, .rflags = strings[i].flags);
	return came_back(&o) && equal("rsi", o.rsi, rsi + (uint64_t)strings[i].moved) &&
	       equal("rcx", o.rcx, strings[i].left);
}

static const char *const ins[] = {"\x6c", "\x6d", "\xf3\x6c", "\xf3\x6d"};

static bool try_ins(unsigned i)
{
	struct attack_result o;

	begin("ins.%u", i);
	o = RUN(ins[i], .rdx = 0xe9, .rcx = 5, .rdi = WRITABLE(PAGE_STATE));
	return faulted(&o, VECTOR_GP);
}

const struct attacks port_attacks[] = {
	{LENGTH(ports), try_in},
	{LENGTH(ports), try_out},
	{LENGTH(strings), try_outs},
	{LENGTH(ins), try_ins},
	{0, NULL},
};
