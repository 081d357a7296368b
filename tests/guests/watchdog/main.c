/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that never return, on any machine: the call instruction is a jump to itself.  In each mode
 * the watchdog must end one, where it is, and must leave alone one that returns.  At last the
 * processor's own call instructions, which some hosts never get done: says how they end.
 */
#include "guest/interact.h"
#include "guest/pages.h"
#include "guest/stray.h"
#include "guest/watchdog.h"
#include "lib/boot.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/panic.h"
#include "lib/serial.h"
#include "lib/string.h"
#include "x86/deadline.h"

void main(void);

#define MANY_ALARMS 20
#define WAIT_CYCLES UINT64_C(20000000000)
#define STACK       0xff0 /* where in the code's page the stack of a call by IRET begins */

static const enum page_use uses[PAGES] = {[0] = PAGE_CODE};
static const uint8_t stuck[] = {0xeb, 0xfe}; /* JMP to itself */
static const uint8_t quick[] = {0xc3};       /* RET */
static const uint8_t trap[] = {0x0f, 0x0b};  /* UD2 */
static const uint8_t vmmcall[] = {0x0f, 0x01, 0xd9};
static const uint8_t vmcall[] = {0x0f, 0x01, 0xc1};
static struct tap tap;

static struct gprs watched_gprs(void)
{
	struct gprs gprs = noise_gprs();

	gprs.rflags |= RFLAGS_IF;
	gprs.rsp = page_entry(0) + STACK;
	return gprs;
}

static void set_code(const void *code, unsigned size)
{
	pages_reset();
	memcpy(page_bytes(0), code, size);
}
#define SET_CODE(code) set_code(code, sizeof(code))

static void report(const char *name, bool passed)
{
	if (passed)
		tap_ok(&tap, name);
	else
		tap_not_ok(&tap, name, NULL);
}

/* The registers are those of the call, and the code is where it was. */
static bool is_stuck(const struct trap_frame *f, const struct gprs *in, uint64_t cs)
{
	tap_diag("vector %u at rip %#lx", (unsigned)f->vector, f->rip);
	return never_returned(f) && f->rip == page_entry(0) && f->rax == in->rax && f->cs == cs &&
	       f->r15 == in->r15 && f->rflags & RFLAGS_IF;
}

static uint64_t alarms(void)
{
	return this_vcpu()->ticks + this_vcpu()->from_apic[0];
}

/* Quick calls, which together take longer than one may take. */
static bool quick_calls_return(const struct gprs *gprs)
{
	struct deadline deadline = deadline_in(WAIT_CYCLES, UINT64_MAX);
	uint64_t first = alarms();
	struct outcome outcome = {0};

	SET_CODE(quick);
	while (!outcome.faulted && alarms() - first < MANY_ALARMS && before_deadline(&deadline))
		interact_call(page_entry(0), gprs, &outcome);
	tap_diag("%lu alarms", alarms() - first);
	return !outcome.faulted && alarms() - first >= MANY_ALARMS;
}

static void long_mode(void)
{
	struct gprs gprs = watched_gprs();
	struct outcome outcome;

	SET_CODE(stuck);
	interact_call(page_entry(0), &gprs, &outcome);
	report("64-bit", outcome.faulted && is_stuck(&outcome.fault, &gprs, SEL_CODE64) &&
				 quick_calls_return(&gprs));
}

static void other_mode(enum other_mode mode, const char *name, uint64_t cs)
{
	struct gprs gprs = watched_gprs();
	struct trap_frame fault;
	bool passed;

	SET_CODE(stuck);
	page_user(0, mode == FROM_USER);
	interact_enter(mode, page_entry(0), &gprs, &fault);
	passed = is_stuck(&fault, &gprs, cs);
	SET_CODE(trap);
	interact_enter(mode, page_entry(0), &gprs, &fault);
	report(name, passed && fault.vector == VECTOR_UD);
	page_user(0, false);
}

static void legacy_mode(enum mode32 mode, const char *name)
{
	struct call32 call = {.mode = mode};
	bool passed;

	call.target = (uint32_t)(mode == MODE32_UNPAGED ? page_gpa(0) : page_entry(0));
	call.in = watched_gprs();
	SET_CODE(stuck);
	watchdog_call32(&call);
	tap_diag("vector %u at eip %#x", call32_vector(&call), call.fault_eip);
	if (call.fault_eip != call.target && call32_vector(&call) < IRQ_VECTOR) {
		tap_skip(&tap, name, "a fault on the way to this mode");
		return;
	}
	passed =
		call.faulted && call32_vector(&call) >= IRQ_VECTOR && call.fault_eip == call.target;
	SET_CODE(quick);
	watchdog_call32(&call);
	report(name, passed && !call.faulted && call.out.rflags & RFLAGS_IF);
}

/* The page is writable: so a host that patches the instruction can. */
static void hypercall(const uint8_t code[3], const char *name)
{
	struct gprs gprs = watched_gprs();
	struct outcome outcome;
	bool kept = true;

	set_code(code, 3);
	page_bytes(0)[3] = quick[0];
	page_code_writable(0, true);
	gprs.rax = UINT32_MAX;
	interact_call(page_entry(0), &gprs, &outcome);
	if (!outcome.faulted)
		tap_diag("%s: returned", name);
	else if (!never_returned(&outcome.fault))
		tap_diag("%s: exception %u", name, (unsigned)outcome.fault.vector);
	else
		kept = is_stuck(&outcome.fault, &gprs, SEL_CODE64);
	report(name, kept);
}

static void run_tests(void)
{
	tap_plan(&tap, 8, NULL);
	long_mode();
	other_mode(FROM_USER, "cpl3", SEL_USER_CODE64 | RPL_USER);
	other_mode(FROM_COMPATIBILITY, "compatibility", SEL_CODE32);
	legacy_mode(MODE32_UNPAGED, "unpaged");
	legacy_mode(MODE32_PAGED, "paged");
	legacy_mode(MODE32_PAE, "pae");
	hypercall(vmmcall, "vmmcall");
	hypercall(vmcall, "vmcall");
	watchdog_stop();
}

void main(void)
{
	enum verdict verdict;

	vcpu_init();
	cpu_init(stray_trap);
	boot_read();
	panic_init(&tap);
	console_init(SERIAL_ANY, false);
	tap_start(&tap);
	if (!pages_init())
		panic("no memory");
	pages_map(uses);
	if (watchdog_start())
		run_tests();
	else
		tap_plan(&tap, 0, "no timer");
	verdict = tap_verdict(&tap, true);
	tap_result(&tap, verdict);
	machine_exit(EXIT_CODE(verdict));
}
