/* SPDX-License-Identifier: GPL-2.0-only */
/* Registrations of memory that the guest does not have. */
#include "attack.h"

#include "abi/kvm2007.h"
#include "lib/boot.h"
#include "lib/string.h"
#include "x86/defs.h"

struct place {
	const char *name;
	uint64_t gpa;
	enum { ABSOLUTE, FROM_END, FROM_POOL } base;
};

static uint64_t place_gpa(const struct place *place)
{
	if (place->base == FROM_END)
		return boot_memory_end() + place->gpa;
	return place->base == FROM_POOL ? attack_gpa(PAGE_STATE) + place->gpa : place->gpa;
}

static const struct place bad_pages[] = {
	{"hole-start", 0xa0000, ABSOLUTE},
	{"screen", 0xb8000, ABSOLUTE},
	{"hole-end", 0xff000, ABSOLUTE},
	{"memory-end", 0, FROM_END},
	{"memory-end-8", (uint64_t)-8, FROM_END},
	{"high-bit-32", BIT(32), FROM_POOL},
	{"high-bit-63", BIT(63), FROM_POOL},
	{"2-32", BIT(32), ABSOLUTE},
	{"2-40", BIT(40), ABSOLUTE},
	{"2-52", BIT(52), ABSOLUTE},
	{"local-apic", 0xfee00000, ABSOLUTE},
	{"last-page", -(uint64_t)PAGE_SIZE, ABSOLUTE},
	{"last-byte", UINT64_MAX, ABSOLUTE},
	{"plus-1", 1, FROM_POOL},
	{"plus-8", 8, FROM_POOL},
	{"plus-2048", 2048, FROM_POOL},
	{"minus-1", (uint64_t)-1, FROM_POOL},
};

static bool try_page(unsigned i)
{
	struct attack_result o;

	begin("register.%s", bad_pages[i].name);
	o = write_msr(KVM2007_MSR_API_MAGIC, place_gpa(&bad_pages[i]));
	return faulted(&o, VECTOR_GP);
}

static const struct place bad_sites[] = {
	{"hole", 0xa0000, ABSOLUTE},
	{"screen", 0xb8000, ABSOLUTE},
	{"into-hole", 0x9fffe, ABSOLUTE},
	{"out-of-hole", 0xfffff, ABSOLUTE},
	{"memory-end", 0, FROM_END},
	{"memory-end-1", (uint64_t)-1, FROM_END},
	{"memory-end-2", (uint64_t)-2, FROM_END},
	{"2-32", BIT(32), ABSOLUTE},
	{"2-52", BIT(52), ABSOLUTE},
	{"last-byte", UINT64_MAX, ABSOLUTE},
	{"last-3-bytes", (uint64_t)-3, ABSOLUTE},
};

static uint32_t register_site(uint64_t site)
{
	volatile struct kvm_vcpu_para_state *state = (void *)WRITABLE(PAGE_STATE);
	struct attack_result o;

	state->guest_version = KVM2007_API_VERSION;
	state->host_version = 0;
	state->size = sizeof(*state);
	state->ret = 0x5a5a5a5a;
	state->hypercall_gpa = site;
	o = write_msr(KVM2007_MSR_API_MAGIC, attack_gpa(PAGE_STATE));
	return came_back(&o) ? state->ret : 0x5a5a5a5a;
}

static bool try_site(unsigned i)
{
	uint64_t before;

	begin("site.%s", bad_sites[i].name);
	before = digest();
	return equal("ret", register_site(place_gpa(&bad_sites[i])), (uint32_t)-KVM2007_EINVAL) &&
	       equal("digest", digest(), before);
}

/* After all attacks a correct call still works. */
static bool try_call(unsigned i)
{
	const char *wanted = on_intel() ? "\x0f\x01\xc1\xc3" : "\x0f\x01\xd9\xc3";
	uint8_t *site = (uint8_t *)WRITABLE(PAGE_SITE);
	struct attack_result o;

	begin("call.%u", i);
	memcpy(site, "\x0f\x0b\xc3\xc3", 4);
	if (!equal("ret", register_site(attack_gpa(PAGE_SITE)), 0) ||
	    !equal("patched", (uint64_t)memcmp(site, wanted, 4), 0))
		return false;
	o = run_at(EXECUTABLE(PAGE_SITE), (struct gprs){.rax = 0});
	return came_back(&o) && equal("rax", o.rax, (uint64_t)-KVM2007_EINVAL);
}

const struct attacks para_attacks[] = {
	{LENGTH(bad_pages), try_page},
	{LENGTH(bad_sites), try_site},
	{1, try_call},
	{0, NULL},
};
