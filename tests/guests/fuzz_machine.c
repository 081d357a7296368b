/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps by what the host is for: registrations, calls in all modes, memory. */
#include "fuzz.h"

#include "abi/kvm2007.h"
#include "lib/boot.h"
#include "lib/string.h"
#include "x86/call32.h"
#include "x86/trap.h"

/* ---- registrations and calls ---- */

static void fill_head(struct fuzz *f)
{
	struct kvm_vcpu_para_state *state = (void *)fuzz_va(f, VIEW_STATE);

	state->guest_version = (uint32_t)(once_in(f, 2) ? below(f, 3) : any_value(f));
	state->host_version = (uint32_t)any_value(f);
	state->size = (uint32_t)any_value(f);
	state->hypercall_gpa = any_gpa(f);
}

static void register_step(struct fuzz *f)
{
	static const struct snippet read = SNIPPET("\x0f\x32"), write = SNIPPET("\x0f\x30");
	struct gprs in = any_gprs(f);
	uint64_t gpa = any_gpa(f);

	fill_head(f);
	in.rcx = (in.rcx & ~(uint64_t)UINT32_MAX) | KVM2007_MSR_API_MAGIC;
	in.rax = (in.rax & ~(uint64_t)UINT32_MAX) | (uint32_t)gpa;
	in.rdx = (in.rdx & ~(uint64_t)UINT32_MAX) | gpa >> 32;
	run_snippet(f, once_in(f, 4) ? &read : &write, in);
}

static void call_step(struct fuzz *f)
{
	struct snippet call = the_call();

	if (once_in(f, 4)) { /* with a prefix */
		call = (struct snippet){4,
					{(uint8_t[]){0x66, 0xf2, 0xf3, 0x48}[below(f, 4)],
					 call.bytes[0], call.bytes[1], call.bytes[2]}};
	}
	run_snippet(f, &call, any_gprs(f));
}

/* Code for legacy mode: the call, the MSR, CPUID, I/O, and what is privileged; each with RET. */
static const struct snippet legacy[] = {
	SNIPPET("\x0f\x01\xd9"),     SNIPPET("\x0f\x01\xc1"), SNIPPET("\x0f\x32"),
	SNIPPET("\x0f\x30"),         SNIPPET("\x0f\xa2"),     SNIPPET("\xe4\x80"),
	SNIPPET("\xe6\x80"),         SNIPPET("\x66\xed"),     SNIPPET("\x0f\x0b"),
	SNIPPET("\x0f\x01\xd8"),     SNIPPET("\x0f\x01\xda"), SNIPPET("\x0f\x01\xdf"),
	SNIPPET("\x66\x0f\x01\xd9"), SNIPPET("\x0f\x08"),     SNIPPET("\xcd\x80"),
	SNIPPET("\xf3\x6f"),         SNIPPET("\x67\x6e"),     SNIPPET("\x0f\x20\xc0"),
	SNIPPET("\x0f\x22\xd0"),     SNIPPET("\x8b\x03"),     SNIPPET("\x0f\x01\x0b"),
};

static bool reads_port(const struct snippet *s)
{
	return s->bytes[0] == 0x66 && s->bytes[1] == 0xed;
}

/* Only vCPU 0 may use paging there. */
static void call32_step(struct fuzz *f)
{
	const struct snippet *snippet = &legacy[below(f, LENGTH(legacy))];
	enum mode32 mode = f->id ? MODE32_UNPAGED : (enum mode32)below(f, MODE32_PAE + 1);
	uint8_t *code = (uint8_t *)fuzz_va(f, VIEW_CODE_RW);
	struct call32 call = {.mode = mode, .in = any_gprs(f)};

	call.target = (uint32_t)(mode == MODE32_UNPAGED ? fuzz_gpa(f, FUZZ_CODE)
							: fuzz_va(f, VIEW_CODE_RX));
	if (once_in(f, 2)) {
		fill_head(f);
		call.in.rcx = KVM2007_MSR_API_MAGIC;
		call.in.rax = any_gpa(f);
		call.in.rdx = once_in(f, 4) ? call.in.rdx : 0;
	}
	if (reads_port(snippet) || snippet->bytes[0] == 0xf3 || snippet->bytes[0] == 0x67)
		call.in.rdx = 0xe9;
	/* A load by EBX, and a table: from this vCPU's memory, or what the host must refuse. */
	if (mode == MODE32_UNPAGED)
		call.in.rbx = fuzz_gpa(f, FUZZ_DATA);
	memset(code, 0xcc, 32); /* INT3 */
	memcpy(code, snippet->bytes, snippet->length);
	code[snippet->length] = 0xc3;
	attempt_call32(&call);
}

/* From CPL 3 and compatibility mode; INT3 comes next. */
static void other_mode_step(struct fuzz *f)
{
	bool user = once_in(f, 2);
	struct snippet snippet = once_in(f, 2) ? the_call() : legacy[below(f, LENGTH(legacy))];
	uint8_t *code = (uint8_t *)fuzz_va(f, VIEW_CODE_RW);
	struct iret_call call = {.regs = any_gprs(f),
				 .rip = fuzz_va(f, user ? VIEW_CODE_USER : VIEW_CODE_RX),
				 .cs = user ? SEL_USER_CODE64 | RPL_USER : SEL_CODE32,
				 .ss = user ? SEL_USER_DATA | RPL_USER : SEL_DATA};

	if (!user && (reads_port(&snippet) || snippet.bytes[0] == 0xf3))
		call.regs.rdx = 0xe9;
	call.regs.rsp = fuzz_va(f, VIEW_DATA) + PAGE_SIZE / 2;
	memset(code, 0xcc, 32);
	memcpy(code, snippet.bytes, snippet.length);
	attempt_iret(&call);
	check_trap();
}

/* ---- memory ---- */

static uint64_t game_gpa(struct fuzz *f, bool *readable_only)
{
	const uint64_t end = boot_memory_end();

	*readable_only = false;
	if (once_in(f, RARE / 5))
		return any_value(f) & UINT64_C(0xfffffff000);
	switch (below(f, 4)) {
	case 0:
		return 0xb8000 + below(f, 8) * PAGE_SIZE;
	case 1:
		*readable_only = true;
		return 0x100000 + below(f, (end - 0x100000) / PAGE_SIZE) * PAGE_SIZE;
	case 2:
		return once_in(f, 2) ? 0x9f000 : end - PAGE_SIZE;
	default:
		return fuzz_gpa(f, once_in(f, 2) ? FUZZ_STATE : FUZZ_DATA);
	}
}

static void memory_step(struct fuzz *f)
{
	static const struct snippet reads[] = {
		SNIPPET("\x8a\x06"), SNIPPET("\x48\x8b\x06"), SNIPPET("\x0f\x28\x06"),
		SNIPPET("\xf3\xac"), SNIPPET("\xf3\xa6"),     SNIPPET("\x0f\x18\x0e"),
	};
	static const struct snippet writes[] = {
		SNIPPET("\x88\x06"),     SNIPPET("\x48\x89\x06"), SNIPPET("\x0f\x29\x06"),
		SNIPPET("\xf3\xaa"),     SNIPPET("\xf0\x01\x06"), SNIPPET("\x0f\xae\x06"),
		SNIPPET("\xf3\x48\xab"), SNIPPET("\x87\x06"),     SNIPPET("\xf0\x48\x0f\xc7\x0e"),
	};
	bool readable_only;
	uint64_t va = fuzz_va(f, VIEW_GAME), gpa = game_gpa(f, &readable_only), rights;
	struct gprs in = any_gprs(f);

	rights = any_value(f) & (PTE_U | PTE_PCD | BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(8));
	rights |= once_in(f, 2) ? PTE_NX : 0;
	rights |= readable_only || once_in(f, 4) ? 0 : PTE_W;
	paging_map(va, gpa, rights);
	in.rsi = in.rdi = va + (once_in(f, 4) ? PAGE_SIZE - below(f, 16) : below(f, 256) * 16);
	in.rflags &= ~RFLAGS_DF;
	if (readable_only || once_in(f, 2))
		run_snippet(f, &reads[below(f, LENGTH(reads))], in);
	else
		run_snippet(f, &writes[below(f, LENGTH(writes))], in);
	paging_unmap(va);
}

const struct fuzz_step fuzz_machine_steps[] = {
	{"register", register_step, 20}, {"call", call_step, 10},
	{"call32", call32_step, 10},     {"other-mode", other_mode_step, 10},
	{"memory", memory_step, 10},     {NULL, NULL, 0},
};
