/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C1, C32.1, C32.4: a host with the echo service (README.md) returns a digest of the six arguments,
 * which is right only if each arrived whole and in its place.
 */
#include "guest/kvm2007/checks.h"
#include "x86/defs.h"

#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME        UINT64_C(0x100000001b3)

/* In one stay in legacy mode: entering and leaving it takes longer than the calls. */
#define RANDOM_CALLS_32 12

static uint64_t digest(const uint64_t args[6])
{
	uint64_t hash = FNV_OFFSET_BASIS;

	for (unsigned i = 0; i < 6; i++) {
		for (unsigned shift = 0; shift < 64; shift += 8)
			hash = (hash ^ (args[i] >> shift & 0xff)) * FNV_PRIME;
	}
	return hash;
}

uint64_t echo_of(const struct gprs *in)
{
	return digest((uint64_t[6]){in->rdi, in->rsi, in->rdx, in->rcx, in->r8, in->r9});
}

static bool expect_digest(struct run *run, uint64_t got, uint64_t wanted, const uint64_t args[6])
{
	if (got == wanted)
		return true;
	expect_equal(run, "digest", got, wanted);
	check_diag("of %#lx %#lx %#lx %#lx %#lx %#lx", args[0], args[1], args[2], args[3], args[4],
		   args[5]);
	return false;
}

static bool expect_echo(struct run *run, const struct site *site, const uint64_t args[6])
{
	struct outcome outcome;

	hypercall64(site, run->options.echo, args, &outcome);
	return expect_returned(run, "echo call", &outcome) &&
	       expect_digest(run, outcome.after.rax, digest(args), args);
}

/* One argument has a value, the others are 0: a wrong place gives a wrong digest. */
static void one_arg(struct run *run)
{
	uint64_t args[6] = {0};
	struct site site;

	if (!register_default(run, &site))
		return;
	args[run->check->arg] = UINT64_C(0x8877665544332211);
	expect_echo(run, &site, args);
}

/* The 32-bit convention: the digest of the zero-extended arguments, its halves combined by XOR. */
static bool expect_echo32(struct run *run, const struct call32 *call, const uint64_t args[6])
{
	uint64_t hash = digest(args);

	return expect_returned32(run, call) &&
	       expect_digest(run, (uint32_t)call->out.rax, (uint32_t)(hash ^ hash >> 32), args);
}

static void echo32(struct run *run, enum mode32 mode, const uint64_t args[6])
{
	struct call32 call;
	struct site site;

	if (!register_default(run, &site))
		return;
	hypercall32(&site, mode, (uint32_t)run->options.echo, args, 0, &call);
	expect_echo32(run, &call, args);
}

static void one_arg32(struct run *run)
{
	uint64_t args[6] = {0};

	args[run->check->arg] = 0x44332211;
	echo32(run, MODE32_UNPAGED, args);
}

/*
 * C32.4: the arguments are 0, and what 32-bit code can't see is noise: R8-R15 and the upper halves
 * of RBX, RSI, RDI and RBP.  Those of RAX, RCX and RDX are lost on the way to legacy mode.
 */
static void stale(struct run *run)
{
	for (enum mode32 mode = MODE32_UNPAGED; mode <= MODE32_PAE; mode++)
		echo32(run, mode, no_args);
}

void expect_echoes32(struct run *run, const struct site *site, unsigned modes)
{
	struct call32 calls[RANDOM_CALLS_32];
	uint64_t args[RANDOM_CALLS_32][6];

	for (unsigned n = 0; n < RANDOM_CALLS_32; n++) {
		for (unsigned i = 0; i < 6; i++)
			args[n][i] = (uint32_t)random64();
		hypercall32_prepare(site, n % modes, (uint32_t)run->options.echo, args[n], 0,
				    &calls[n]);
	}
	hypercalls32(calls, RANDOM_CALLS_32);
	for (unsigned n = 0; n < RANDOM_CALLS_32; n++) {
		if (!expect_echo32(run, &calls[n], args[n]))
			return;
	}
}

static void random_calls32(struct run *run)
{
	struct site site;

	if (register_default(run, &site))
		expect_echoes32(run, &site, 3);
}

/*
 * Patterns in which a lost or moved bit shows.  In patterns 0 to 5, bit i of pattern k is bit k of
 * the number i, so no two bits have the same value in all of them.  Pattern 6 so has no bit set,
 * and pattern 7 has all.
 */
static uint64_t bit_pattern(unsigned k)
{
	uint64_t pattern = 0;

	if (k == 7)
		return UINT64_MAX;
	for (unsigned i = 0; i < 64; i++)
		pattern |= (uint64_t)(i >> k & 1) << i;
	return pattern;
}

static void bits(struct run *run)
{
	struct site site;

	if (!register_default(run, &site))
		return;
	for (unsigned k = 0; k < 8; k++) {
		uint64_t args[6];

		for (unsigned i = 0; i < 6; i++)
			args[i] = bit_pattern((k + i) % 8);
		if (!expect_echo(run, &site, args))
			return;
	}
}

bool expect_random_echo(struct run *run, const struct site *site)
{
	uint64_t args[6];

	for (unsigned i = 0; i < 6; i++)
		args[i] = random64();
	return expect_echo(run, site, args);
}

/* What a call has of bits, the next has not: each bit is set and clear in any two of them. */
static void random_calls(struct run *run)
{
	struct site site;
	uint64_t args[6] = {0};

	if (!register_default(run, &site))
		return;
	for (uint64_t n = 0; n < run->options.echo_calls; n++) {
		for (unsigned i = 0; i < 6; i++)
			args[i] = n % 2 ? ~args[i] : random64();
		if (!expect_echo(run, &site, args)) {
			check_diag("call %lu of %lu", n + 1, run->options.echo_calls);
			return;
		}
	}
}

static const struct check checks[] = {
	{"echo.rdi", "C1", CHECK_ECHO, .body = one_arg, .arg = 0},
	{"echo.rsi", "C1", CHECK_ECHO, .body = one_arg, .arg = 1},
	{"echo.rdx", "C1", CHECK_ECHO, .body = one_arg, .arg = 2},
	{"echo.rcx", "C1", CHECK_ECHO, .body = one_arg, .arg = 3},
	{"echo.r8", "C1", CHECK_ECHO, .body = one_arg, .arg = 4},
	{"echo.r9", "C1", CHECK_ECHO, .body = one_arg, .arg = 5},
	{"echo.bits", "C1", CHECK_ECHO, .body = bits},
	{"echo.random", "C1", CHECK_ECHO, .body = random_calls},
	{"echo32.eax", "C32.1", CHECK_ECHO | CHECK_LEGACY, .body = one_arg32, .arg = 0},
	{"echo32.ecx", "C32.1", CHECK_ECHO | CHECK_LEGACY, .body = one_arg32, .arg = 1},
	{"echo32.edx", "C32.1", CHECK_ECHO | CHECK_LEGACY, .body = one_arg32, .arg = 2},
	{"echo32.esi", "C32.1", CHECK_ECHO | CHECK_LEGACY, .body = one_arg32, .arg = 3},
	{"echo32.edi", "C32.1", CHECK_ECHO | CHECK_LEGACY, .body = one_arg32, .arg = 4},
	{"echo32.ebp", "C32.1", CHECK_ECHO | CHECK_LEGACY, .body = one_arg32, .arg = 5},
	{"echo32.stale", "C32.4", CHECK_ECHO | CHECK_LEGACY, .body = stale},
	{"echo32.random", "C32.1", CHECK_ECHO | CHECK_LEGACY, .body = random_calls32},
};

const struct area echo_area = AREA(checks);
