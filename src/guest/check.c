/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/check.h"

#include <stdarg.h>
#include <stddef.h>

#include "lib/console.h"
#include "lib/printf.h"
#include "x86/defs.h"

void fail_check(struct run *run, const char *fmt, ...)
{
	char text[CONSOLE_LINE_MAX];
	va_list args;

	run->failed = true;
	va_start(args, fmt);
	vformat(text, sizeof(text), fmt, args);
	va_end(args);
	say("%s (rule %s)", text, run->check->rule);
	if (!this_cpu()->notes) /* else the boot vCPU will, when it prints them */
		remember(run, "%s", text);
}

void remember(struct run *run, const char *fmt, ...)
{
	va_list args;

	if (run->why[0])
		return;
	va_start(args, fmt);
	vformat(run->why, sizeof(run->why), fmt, args);
	va_end(args);
}

void say(const char *fmt, ...)
{
	struct notes *notes = this_cpu()->notes;
	char text[CONSOLE_LINE_MAX];
	va_list args;

	va_start(args, fmt);
	if (!notes) {
		vformat(text, sizeof(text), fmt, args);
		tap_diag("%s", text);
	} else if (notes->count < NOTES_MAX) {
		vformat(notes->lines[notes->count++], sizeof(notes->lines[0]), fmt, args);
	}
	va_end(args);
}

void expect_equal(struct run *run, const char *what, uint64_t got, uint64_t wanted)
{
	expect(run, got == wanted, "%s: wanted %#lx, got %#lx", what, wanted, got);
}

bool expect_returned(struct run *run, const char *what, const struct outcome *outcome)
{
	const struct trap_frame *f = &outcome->fault;

	expect(run, !outcome->faulted,
	       "%s: wanted a return, got exception %u error %#lx at rip %#lx", what,
	       (unsigned)f->vector, f->error, f->rip);
	return !outcome->faulted;
}

void expect_gp(struct run *run, const char *what, const struct outcome *outcome)
{
	const struct trap_frame *f = &outcome->fault;

	if (!outcome->faulted)
		fail_check(run, "%s: wanted #GP(0), got no fault", what);
	else
		expect(run, f->vector == VECTOR_GP && f->error == 0,
		       "%s: wanted #GP(0), got exception %u error %#lx", what, (unsigned)f->vector,
		       f->error);
}

void expect_gprs(struct run *run, const struct gprs *before, const struct gprs *after,
		 unsigned except)
{
	static const char names[][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
	const uint64_t *wanted = &before->rax;
	const uint64_t *got = &after->rax;

	for (unsigned i = 0; i < 16; i++) {
		if (!(except & 1u << i))
			expect_equal(run, names[i], got[i], wanted[i]);
	}
}

void skip(struct run *run, const char *reason)
{
	run->skipped = reason;
}

/* Neither a version, nor 0, nor a negative error code. */
static uint32_t sentinel(void)
{
	return ((uint32_t)para_random() & 0x7fffff00) | 0x40000042;
}

void prepare_state(struct kvm_vcpu_para_state *state, uint32_t version, uint64_t hypercall_gpa,
		   struct answer *answer)
{
	answer->state = state;
	answer->version_sentinel = sentinel();
	answer->ret_sentinel = sentinel();
	state->guest_version = version;
	state->host_version = answer->version_sentinel;
	state->size = sizeof(*state);
	state->ret = answer->ret_sentinel;
	state->hypercall_gpa = hypercall_gpa;
}

void prepare(enum para_page page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer)
{
	prepare_state(para_state(page), version, hypercall_gpa, answer);
}

void register_page(enum para_page page, uint32_t version, uint64_t hypercall_gpa,
		   struct answer *answer)
{
	prepare(page, version, hypercall_gpa, answer);
	para_wrmsr(KVM2007_MSR_API_MAGIC, para_gpa(page), &answer->wrmsr);
}

void expect_success(struct run *run, const struct answer *answer, const struct site *site)
{
	if (!expect_returned(run, "registration", &answer->wrmsr))
		return;
	expect_equal(run, "ret", answer->state->ret, 0);
	expect(run, site_patched(site),
	       "site %#lx: wanted the vendor's instruction, got %02x %02x %02x %02x", site->gpa,
	       site->bytes[0], site->bytes[1], site->bytes[2], site->bytes[3]);
}

void expect_refusal(struct run *run, const struct answer *answer, const struct site *site)
{
	if (!expect_returned(run, "registration", &answer->wrmsr))
		return;
	expect_equal(run, "ret", answer->state->ret, (uint32_t)-KVM2007_EINVAL);
	expect(run, site_unpatched(site), "site %#lx: wanted it unpatched, got %02x %02x %02x %02x",
	       site->gpa, site->bytes[0], site->bytes[1], site->bytes[2], site->bytes[3]);
}

bool register_default(struct run *run, struct site *site)
{
	static struct site patched;
	static uint64_t resets; /* so many there were when it was */
	struct answer answer;

	if (resets && resets == para_resets() && site_patched(&patched)) {
		*site = patched;
		return true;
	}
	para_reset();
	*site = para_site(PAGE_SITE_A, 0x100);
	register_page(PAGE_STATE_A, KVM2007_API_VERSION, site->gpa, &answer);
	if (!expect_returned(run, "registration", &answer.wrmsr))
		return false;
	patched = *site;
	resets = para_resets();
	expect(run, site_patched(site), "no registration, so no call: the site is not patched");
	return site_patched(site);
}

/* Whether the host changed anything: what it is to write, or, if it speaks a dialect, anything else. */
static bool answered(const struct answer *answer, const struct site *site)
{
	const struct kvm_vcpu_para_state *state = answer->state;

	return state->host_version != answer->version_sentinel ||
	       state->ret != answer->ret_sentinel || state->guest_version != KVM2007_API_VERSION ||
	       state->size != sizeof(*state) || state->hypercall_gpa != site->gpa ||
	       !para_untouched(PAGE_STATE_A, 24, PAGE_SIZE) || !site_unpatched(site);
}

void discover(struct run *run)
{
	static const uint32_t neighbours[2] = {KVM2007_MSR_API_MAGIC - 1,
					       KVM2007_MSR_API_MAGIC + 1};
	struct discovery *host = &run->host;
	struct site site;
	struct answer answer;
	bool rdmsr_alone, wrmsr_alone;

	para_reset();
	site = para_site(PAGE_SITE_A, 0x100);
	prepare(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
	for (unsigned i = 0; i < 2; i++) {
		para_rdmsr(neighbours[i], &host->rdmsr_neighbour[i]);
		para_wrmsr(neighbours[i], para_gpa(PAGE_STATE_A), &host->wrmsr_neighbour[i]);
	}
	host->neighbour_answered = answered(&answer, &site);

	para_rdmsr(KVM2007_MSR_API_MAGIC, &host->rdmsr);
	site = para_site(PAGE_SITE_A, 0x100);
	register_page(PAGE_STATE_A, KVM2007_API_VERSION, site.gpa, &answer);
	host->wrmsr = answer.wrmsr;
	host->answered = answered(&answer, &site);
	host->host_version = answer.state->host_version;
	host->registered = !answer.wrmsr.faulted && answer.state->ret == 0 && site_patched(&site);

	rdmsr_alone = !host->rdmsr.faulted && host->rdmsr_neighbour[0].faulted &&
		      host->rdmsr_neighbour[1].faulted;
	wrmsr_alone = !host->wrmsr.faulted && host->wrmsr_neighbour[0].faulted &&
		      host->wrmsr_neighbour[1].faulted;
	host->present = host->answered || rdmsr_alone || wrmsr_alone;
}
