/* SPDX-License-Identifier: GPL-2.0-only */
/* The echo service is no part of the ABI: it shows that all arguments arrive (README.md). */
#include "guest/kvm/hypercall.h"
#include "guest/vcpu.h"

#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME        UINT64_C(0x100000001b3)

uint64_t kvm_echo_digest(const uint64_t args[4], bool wide)
{
	uint64_t hash = FNV_OFFSET_BASIS;

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned shift = 0; shift < 64; shift += 8)
			hash = (hash ^ ((wide ? args[i] : (uint32_t)args[i]) >> shift & 0xff)) *
			       FNV_PRIME;
	}
	return wide ? hash : (uint32_t)(hash ^ hash >> 32);
}

void expect_echo(struct run *run, enum call_kind kind)
{
	const uint64_t args[4] = {random64(), random64(), random64(), random64()};

	if (run->options.kvm_echo)
		expect_call(run, kind, run->options.kvm_echo, args,
			    kvm_echo_digest(args, kind < CALL_COMPATIBILITY));
	else
		skip(run, "no kvm-echo=INDEX");
}
