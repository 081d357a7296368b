/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/kvm2007/faults*.c: each fault has an effect, and its row is in order. */
#include "kvm2007_fixture.h"

/* An earlier host's fault has no effect. */
static void test_honest_again(void **state)
{
	(void)state;
	start_host("drop-rdi");
	offer_echo(ECHO);
	vcpu.regs.rax = ECHO;
	vcpu.hypercall(&vcpu);
	assert_true(vcpu.regs.rax == echoed((uint64_t[]){0, noise().rsi, noise().rdx, noise().rcx,
							 noise().r8, noise().r9}));
	assert_int_equal(synced, 1); /* so that faults find all of the vCPU */
	synced = 0;
	start_host("none");
	call_64(0, EINVAL_64);
	call_64(ECHO, echoed((uint64_t[]){noise().rdi, noise().rsi, noise().rdx, noise().rcx,
					  noise().r8, noise().r9}));
	register_ok(&vcpu, PAGE, SITE);
}

/* Page tables that map the first 2 MiB to themselves, at the CR3 of sync_slow(). */
static void map_identity(void)
{
	const uint64_t entries[] = {0x3000 | PTE_P | PTE_W, 0x4000 | PTE_P | PTE_W,
				    PTE_P | PTE_W | PTE_PS};

	for (unsigned i = 0; i < COUNT(entries); i++)
		memcpy(memory.bytes + 0x2000 + i * PAGE_SIZE, &entries[i], sizeof(entries[i]));
}

/* Whether the host handles the exception of the code at @rip. */
static bool taken(uint64_t rip, const void *code, unsigned length)
{
	if (code)
		memcpy(memory.bytes + rip, code, length);
	vcpu.rip = rip;
	return hook_exception(&vcpu);
}

/* both-vendors: handles only the other vendor's instruction, at RIP. */
static void test_both_vendors(void **state)
{
	(void)state;
	map_identity();
	for (unsigned amd = 0; amd < 2; amd++) {
		struct vcpu_vendor either = vendor;

		memcpy(either.call_instruction, amd ? vmmcall : vmcall, 3);
		vcpu.vendor = &either;
		start_host("none");
		assert_false(taken(SITE, vmcall, 3));
		start_host("both-vendors");
		assert_int_equal(hooked_exceptions(), BIT(VECTOR_UD));
		assert_int_equal(taken(SITE, vmcall, 3), amd);
		assert_int_equal(vcpu.rip, SITE + (amd ? 3 : 0));
		assert_int_equal(taken(SITE, vmmcall, 3), !amd);
		assert_false(taken(SITE, "\x0f\x0b\xd9", 3));
		assert_false(taken(HOLE, NULL, 0));     /* translates, but not to memory */
		assert_false(taken(0x200000, NULL, 0)); /* does not translate */
		vcpu.vendor = &vendor;
	}
}

/* cpl3-wrmsr: a WRMSR of the magic that is a #GP registers all the same. */
static void test_cpl3_wrmsr(void **state)
{
	static const uint8_t wrmsr[] = {0x0f, 0x30};

	(void)state;
	map_identity();
	fill_page(PAGE, 1, 4096, SITE + 0x100);
	vcpu.regs.rcx = MAGIC;
	vcpu.regs.rax = PAGE;
	vcpu.regs.rdx = 0;
	start_host("none");
	assert_false(taken(SITE, wrmsr, 2));
	start_host("cpl3-wrmsr");
	assert_int_equal(hooked_exceptions(), BIT(VECTOR_GP));
	assert_false(taken(SITE, "\x0f\x32", 2));
	assert_true(taken(SITE, wrmsr, 2));
	assert_int_equal(vcpu.rip, SITE + 2);
	assert_int_equal(vcpu.para_state_gpa, PAGE);
	vcpu.regs.rcx = MAGIC + 5;
	assert_false(taken(SITE, wrmsr, 2));
}

/* Adds @value to @hash. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15) + (hash >> 29);
}

/* Adds all of the vCPU's state that a fault may change. */
static uint64_t mix_vcpu(uint64_t hash)
{
	const struct vcpu_slow_state *slow = &vcpu.slow;

	for (unsigned i = 0; i < 16; i++)
		hash = mix(hash, (&vcpu.regs.rax)[i]);
	hash = mix(hash, vcpu.rip);
	hash = mix(hash, vcpu.event.pending);
	hash = mix(hash, vcpu.event.vector);
	hash = mix(hash, vcpu.event.error);
	vcpu_sync(&vcpu);
	hash = mix(hash, vcpu.efer);
	hash = mix(hash, vcpu.pat);
	hash = mix(hash, slow->rsp);
	hash = mix(hash, slow->rflags);
	hash = mix(hash, slow->cr2);
	hash = mix(hash, slow->cr4);
	hash = mix(hash, slow->fs_base);
	hash = mix(hash, slow->gs_base);
	hash = mix(hash, slow->lstar);
	hash = mix(hash, slow->ds);
	hash = mix(hash, slow->idtr_limit);
	hash = mix(hash, flipped);
	vcpu.synced = false;
	return hash;
}

/* Pages as they were written here, as most are, add nothing: each time all of memory takes long. */
static uint64_t mix_memory(uint64_t hash)
{
	for (unsigned at = 0; at < SIZE; at += 4096) {
		if (!memcmp(memory.bytes + at, expected + at, 4096))
			continue;
		hash = mix(hash, at);
		for (unsigned i = at; i < at + 4096; i += 8) {
			uint64_t word;

			memcpy(&word, memory.bytes + i, sizeof(word));
			hash = mix(hash, word);
		}
	}
	return hash;
}

static uint32_t page_size = 4097; /* that mix_registration() writes into the page */

static uint64_t mix_registration(uint64_t hash, uint64_t gpa, uint32_t version, uint64_t site)
{
	uint64_t page = (uint32_t)gpa & ~0xfffu;

	memset(&vcpu.event, 0, sizeof(vcpu.event));
	if (page < SIZE && site != HOLE)
		memset(memory.bytes + site, 0xcc, 8);
	if (page < SIZE)
		fill_page(page, version, page_size, site);
	vcpu.rip = 0;
	vcpu.exit.length = 2;
	hash = mix(hash, kvm2007_wrmsr(&vcpu, MAGIC, gpa));
	return mix_vcpu(mix_memory(hash));
}

/* A call of @index by either convention, whose first @n arguments are @value, the others 0. */
static uint64_t mix_args(uint64_t hash, uint64_t index, unsigned n, uint64_t value)
{
	struct gprs *r = &vcpu.regs;
	uint64_t *const args[] = {&r->rdi, &r->rsi, &r->rdx, &r->rcx, &r->r8, &r->r9};
	uint64_t *const args_32[] = {&r->rax, &r->rcx, &r->rdx, &r->rsi, &r->rdi, &r->rbp};

	*r = (struct gprs){.rax = index};
	for (unsigned i = 0; i < n; i++)
		*args[i] = value;
	vcpu.hypercall(&vcpu);
	hash = mix_vcpu(hash);
	*r = (struct gprs){.rbx = index};
	for (unsigned i = 0; i < n; i++)
		*args_32[i] = value;
	vcpu.efer = 0;
	vcpu.hypercall(&vcpu);
	vcpu.efer = LME | LMA;
	return mix_vcpu(hash);
}

static uint64_t mix_call(uint64_t hash, uint64_t index)
{
	vcpu.regs = noise();
	vcpu.regs.rax = index;
	vcpu.hypercall(&vcpu);
	hash = mix_vcpu(hash);

	vcpu.regs = noise();
	vcpu.regs.rbx = index;
	vcpu.efer = 0;
	vcpu.hypercall(&vcpu);
	vcpu.efer = LME | LMA;
	return mix_vcpu(hash);
}

/* A hash of all that the guest can see of a host with this fault. */
static uint64_t seen_with(const char *fault)
{
	static const struct {
		uint64_t gpa;
		uint32_t version;
		uint64_t site;
	} registrations[] = {
		{PAGE, 1, SITE},
		{PAGE, 1, SITE + 3},
		{PAGE, 0, SITE},
		{PAGE, 0xffffffff, SITE},
		{PAGE, 2, SITE + 16},
		{PAGE, 1, 0x112ffe},
		{PAGE, 1, HOLE},
		{PAGE + 8, 1, SITE},
		{HOLE, 1, SITE},
		{(UINT64_C(1) << 32) + PAGE, 1, SITE},
		{PAGE + 4096, 1, SITE + 64},
		{0, 1, SITE + 128},
		{PAGE, 1, PAGE + 0x200},
		{PAGE, 1, 0x112000},
		{PAGE, 1, 0x112fff},
	};
	static const uint64_t called[] = {0, 1, ECHO, ECHO, BIT(31), BIT(63), UINT64_MAX};
	static const uint32_t page_sizes[] = {0, 1, 24, 4095, BIT(31), UINT32_MAX};
	uint64_t hash = 1, value = 0;
	void *state = NULL;

	free_memory(&state);
	setup(&state);
	start_host(fault);
	vcpu.hypercall = kvm2007_hypercall_by_steps; /* also on an honest host */
	offer_echo(ECHO);
	hash = mix(hash, kvm2007_rdmsr(&vcpu, MAGIC, &value));
	hash = mix_vcpu(hash);
	hash = mix(hash, kvm2007_rdmsr(&vcpu, MAGIC + 1, &value));
	hash = mix(hash, kvm2007_wrmsr(&vcpu, MAGIC + 1, PAGE));
	for (size_t i = 0; i < 2 * COUNT(registrations); i++) {
		rflags = i % 2 ? RFLAGS_IF : RFLAGS_PF;
		hash = mix_registration(hash, registrations[i / 2].gpa,
					registrations[i / 2].version, registrations[i / 2].site);
	}
	for (unsigned i = 0; i < COUNT(page_sizes); i++) {
		page_size = page_sizes[i];
		hash = mix_registration(hash, PAGE, 1, SITE);
	}
	page_size = 4097;
	vcpu.efer = 0;
	hash = mix_registration(hash, PAGE, 1, SITE + 256);
	vcpu.efer = LME | LMA;
	fill_page(PAGE, 1, 4097, SITE + 256); /* not as the host left it */
	for (unsigned i = 0; i < COUNT(called); i++) {
		rflags = i % 2 ? RFLAGS_IF : ~RFLAGS_IF;
		hash = mix_call(hash, called[i]);
	}
	for (unsigned n = 0; n <= 6; n++)
		hash = mix_args(hash, 5, n, UINT64_MAX);
	hash = mix_args(hash, ECHO, 0, 0);
	hash = mix_args(hash, ECHO, 6, UINT64_MAX);
	hash = mix_args(hash, ECHO, 6, UINT64_C(0x5555555555555555));
	hash = mix_memory(hash); /* a byte may come round again */
	guest_cr0 = guest_cr4 = 0;
	for (unsigned i = 0; i < 62; i++)
		hash = mix_call(hash, UINT64_C(1) << i % 31);
	guest_cr0 = CR0_PG;
	for (unsigned i = 0; i < 50; i++)
		hash = mix_call(hash, 1);
	guest_cr4 = CR4_PAE;
	for (unsigned i = 0; i < 8; i++) {
		vcpu.rip = 0x112fff + i; /* after sites around the end of a page */
		hash = mix_call(hash, 1500);
	}
	for (unsigned i = 0; i < 1000; i++)
		hash = mix_call(hash, UINT64_C(1) << 32);
	return mix_memory(hash);
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (!strcmp(name, *names))
			return true;
	}
	return false;
}

static bool is_in(const struct row *row, const struct fault *fault)
{
	for (; row->fault.name; row++) {
		if (&row->fault == fault)
			return true;
	}
	return false;
}

/* The @n-th of this ABI's faults, whose tables are the first in the list, after "none". */
static const struct fault *own_fault(unsigned n)
{
	const struct fault *fault = abi_fault(n + 1);

	for (const void *const *table = kvm2007_fault_tables; fault && *table; table++) {
		if (is_in(*table, fault))
			return fault;
	}
	return NULL;
}

static bool takes_several_vcpus(const struct fault *fault)
{
	const struct row *const tables[] = {kvm2007_vcpu_page_faults, kvm2007_vcpu_site_faults,
					    kvm2007_vcpu_call_faults, kvm2007_vcpu_run_faults,
					    kvm2007_vcpu1_faults,     kvm2007_beside_faults};

	for (unsigned i = 0; i < COUNT(tables); i++) {
		if (is_in(tables[i], fault))
			return true;
	}
	return false;
}

/*
 * Each fault has an effect, except those that change exceptions or registers of a real CPU, or that
 * show only under conditions that seen_with() does not make.
 */
static void test_faults(void **state)
{
	static const char *const elsewhere[] = {"cpl3-wrmsr",
						"cpl3-ud",
						"both-vendors",
						"hot-unpatched",
						"call-x87",
						"call-mxcsr",
						"call-xmm7",
						"echo-xmm15",
						"wrmsr-xmm0",
						"gp-xmm0",
						"exit-byte-24",
						"wrmsr-push",
						"rdmsr-push",
						"push-by-call-0",
						"push-by-echo",
						"rsp-32",
						"cr4-tsd",
						"cr4-de",
						"cr4-pse",
						"cr4-pge",
						"cr4-pce",
						"echo-cut",
						"df-backwards",
						"refusal-calls",
						"zero-calls",
						"site-wraps",
						"gpa-wraps",
						"gpa-bit-40",
						"gpa-bit-45",
						"gpa-bit-52",
						"gpa-bit-63",
						"rip-32",
						"top-site",
						"legacy-newer",
						"legacy-misaligned",
						"wrmsr-rsp",
						"rdmsr-once",
						"neighbour-later",
						"rdmsr32-ebx",
						"x87-exceptions",
						"x87-top",
						"mxcsr-fz",
						"legacy-neighbour",
						"gp-high-rip",
						"version-65536",
						"size-64",
						NULL};
	static const char *const forbidden[] = {"call-dr0",  "call-dr1", "call-dr2", "call-dr3",
						"rdmsr-dr3", "call-cr8", "dr0-low",  "hang",
						"reset",     NULL};
	const uint64_t honest = seen_with("none");
	const struct fault *fault;

	(void)state;
	assert_true(seen_with("none") == honest);
	for (unsigned i = 0; (fault = own_fault(i)); i++) {
		bool without = is_one_of(fault->name, elsewhere) || is_in(kvm2007_fx_faults, fault);

		if (takes_several_vcpus(fault) || is_one_of(fault->name, forbidden))
			continue;
		if ((seen_with(fault->name) == honest) != without)
			fail_msg("fault=%s: wanted %s", fault->name,
				 without ? "no effect here" : "an effect");
	}
}

/*
 * Each fault has a unique name of letters, digits and dashes, a text, a step or hooks, and a rule,
 * unless it ends the run.
 */
static void test_fault_table(void **state)
{
	static const char *const without_rule[] = {"mute", "hang", "reset", "lost-rip", NULL};
	const char *const *names = abi_fault_names();
	const struct fault *fault;
	unsigned n;

	(void)state;
	for (n = 0; (fault = abi_fault(n)); n++) {
		assert_ptr_equal(names[n], fault->name);
		assert_true(*fault->name && *fault->what);
		assert_int_equal(strspn(fault->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(fault->name));
		for (unsigned i = 0; i < n; i++) {
			assert_string_not_equal(fault->name, abi_fault(i)->name);
			assert_string_not_equal(fault->what, abi_fault(i)->what);
		}
	}
	assert_null(names[n]);

	start_host("none");
	assert_null(kvm2007_on);
	for (n = 0; (fault = own_fault(n)); n++) {
		assert_int_equal(!*fault->rule, is_one_of(fault->name, without_rule));
		assert_int_equal(strspn(fault->rule, "CDPSV0123456789."), strlen(fault->rule));
		start_host(fault->name);
		assert_true(kvm2007_on->first || kvm2007_on->hooks);
	}
	assert_true(n >= 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_honest_again), TEST(test_both_vendors), TEST(test_cpl3_wrmsr),
		TEST(test_faults),       TEST(test_fault_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
