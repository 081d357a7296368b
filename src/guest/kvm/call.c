/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/call.h"

#include "guest/kvm/checks.h"
#include "guest/vcpu.h"
#include "guest/vendor.h"
#include "guest/watchdog.h"
#include "lib/string.h"

#define INT3        0xcc
#define AROUND_SITE 16
#define STACK       0xff0 /* of a call by IRET, which does not use it */

struct last_call last_call;

/* Asked once, because CPUID exits. */
static bool cpu_is_amd(void)
{
	static enum { UNKNOWN, NO, YES } known;

	if (known == UNKNOWN)
		known = vendor_by_name() == VENDOR_AMD ? YES : NO;
	return known == YES;
}

const uint8_t *call_bytes(enum call_kind kind)
{
	static const uint8_t vmmcall[] = {0x0f, 0x01, 0xd9}, vmcall[] = {0x0f, 0x01, 0xc1};
	bool other = kind == CALL_OTHER || kind == CALL_OTHER_READ_ONLY;

	return cpu_is_amd() != other ? vmmcall : vmcall;
}

bool site_has(enum call_kind kind)
{
	return !memcmp(last_call.site, call_bytes(kind), CALL_SIZE);
}

bool is_legacy_call(enum call_kind kind)
{
	return kind >= CALL_UNPAGED;
}

/* From there only a trap leads back. */
static bool is_entered(enum call_kind kind)
{
	return kind == CALL_USER || kind == CALL_COMPATIBILITY;
}

/* With INT3 before and after it, so that a host that goes on elsewhere is noticed. */
static void write_site(enum call_kind kind, unsigned offset)
{
	static const uint8_t ret[] = {0xc3, INT3}, ud2[] = {0x0f, 0x0b};

	last_call.kind = kind;
	last_call.site = page_bytes(PAGE_SITE_A) + offset;
	memset(last_call.site - AROUND_SITE, INT3, 2 * AROUND_SITE);
	memcpy(last_call.site, call_bytes(kind), CALL_SIZE);
	memcpy(last_call.site + CALL_SIZE, is_entered(kind) ? ud2 : ret, sizeof(ret));
}

/* The UD2 after the call is a return. */
static void call_by_iret(enum other_mode mode, uint64_t entry, struct outcome *o)
{
	struct trap_frame *f = &o->fault;

	o->before.rsp = page_entry(PAGE_SITE_A) + STACK;
	page_user(PAGE_SITE_A, mode == FROM_USER);
	interact_enter(mode, entry, &o->before, f);
	page_user(PAGE_SITE_A, false);
	o->faulted = f->vector != VECTOR_UD || f->rip != entry + CALL_SIZE;
	o->after = trap_gprs(f);
}

static void call_from_legacy(uint32_t entry, struct outcome *o)
{
	struct call32 *call = &last_call.legacy;

	*call = (struct call32){.mode = (enum mode32)(last_call.kind - CALL_UNPAGED),
				.target = entry};
	if (call->mode == MODE32_UNPAGED)
		call->target = (uint32_t)page_gpa(PAGE_SITE_A) + entry % PAGE_SIZE;
	call->in = o->before;
	if (o->before.rflags & RFLAGS_IF)
		watchdog_call32(call);
	else
		interact_calls32(call, 1);
	o->before = call->in;
	o->after = call->out;
	o->after.rax = (uint32_t)call->out.rax;
	o->faulted = call->faulted;
	o->fault.vector = call32_vector(call);
	o->fault.error = call->fault_error;
	o->fault.rip = call->fault_eip;
}

static void trace(void)
{
	const struct gprs *in = &last_call.outcome.before;

	if (interact_tracing())
		tap_diag("call kvm %#lx %#lx %#lx %#lx %#lx = %s%#lx", in->rax, in->rbx, in->rcx,
			 in->rdx, in->rsi, last_call.outcome.faulted ? "exception " : "",
			 last_call.outcome.faulted ? last_call.outcome.fault.vector
						   : last_call.outcome.after.rax);
}

static void call_once(enum call_kind kind, uint64_t entry)
{
	struct outcome *o = &last_call.outcome;

	if (is_legacy_call(kind)) {
		call_from_legacy((uint32_t)entry, o);
	} else if (is_entered(kind)) {
		call_by_iret(kind == CALL_USER ? FROM_USER : FROM_COMPATIBILITY, entry, o);
	} else {
		if (kind == CALL_OTHER)
			page_code_writable(PAGE_SITE_A, true);
		interact_call(entry, &o->before, o);
		if (kind == CALL_OTHER)
			page_code_writable(PAGE_SITE_A, false);
	}
	trace();
}

/*
 * With IF = 1 under the watchdog, which is not there before and after: if a guest's interrupt waits
 * while it writes CR8, QEMU 7.2 that emulates SVM for the host aborts.
 */
void make_call(enum call_kind kind, unsigned offset, const struct gprs *gprs)
{
	bool watched = gprs->rflags & RFLAGS_IF;

	write_site(kind, offset);
	last_call.outcome.before = *gprs;
	comparison_begin(&last_call.machine, watched ? 0 : random64() & 15);
	if (watched)
		watchdog_start();
	call_once(kind, page_entry(PAGE_SITE_A) + offset);
	watchdog_stop();
	comparison_end(&last_call.machine);
}

void make_bare_call(const struct gprs *gprs)
{
	write_site(CALL_NATIVE, CALL_OFFSET);
	last_call.outcome.before = *gprs;
	call_once(CALL_NATIVE, page_entry(PAGE_SITE_A) + CALL_OFFSET);
}
