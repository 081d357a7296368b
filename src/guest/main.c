/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest: reads its options, runs the checks of each ABI, reports, and ends the machine. */
#include <stddef.h>

#include "guest/abi.h"
#include "guest/compare.h"
#include "guest/pages.h"
#include "guest/select.h"
#include "guest/stray.h"
#include "guest/vcpus.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/multiboot.h"
#include "lib/panic.h"
#include "lib/serial.h"
#include "x86/insn.h"
#include "x86/timer.h"

void main(void);

#define FOUR_GIB (UINT64_C(1) << 32)

extern uint8_t image_end[];

static struct run run;

static void report_image(const char *image)
{
	char shown[CONSOLE_LINE_MAX];

	cmdline_show(image, shown, sizeof(shown));
	tap_diag("image: %s", shown);
}

static _Noreturn void panic_no_memory(void)
{
	char why[MULTIBOOT_WHY_MAX];

	multiboot_explain((uint64_t)image_end, FOUR_GIB, PAGE_SIZE, why, sizeof(why));
	panic("no memory: wanted %u free pages below 4 GiB: %s", PAGES, why);
}

static _Noreturn void list_checks(void)
{
	const struct check *check;

	tap_plan(&run.tap, 0, "list");
	EACH_CHECK (check) {
		if (is_selected(check, &run.options))
			tap_diag("%s %s%s", check->name, check->rule,
				 check->todo ? " optional" : "");
	}
	end_run(&run.tap, VERDICT_SKIP);
}

static const char *reason_to_skip(const struct check *check)
{
	const struct options *o = &run.options;

	if (!run.host.present)
		return "no host";
	if (check->flags & CHECK_NAMED && !o->strict && !is_named(check, o))
		return check->todo;
	if (check->flags & CHECK_VCPUS && run.vcpus == 1)
		return one_vcpu_reason;
	if (check->flags & CHECK_ECHO && !o->has_echo)
		return "no echo=INDEX";
	return NULL;
}

/* A failure is one of the rules of calls, not of what the check is about. */
static bool calls_come_back(void)
{
	const struct check *check = run.check;

	if (run.strayed) {
		fail_check(&run,
			   "not tried: where calls go astray, one from legacy mode is the end");
		return false;
	}
	run.check = run.abi->sane_call;
	run.check->body(&run);
	if (!run.failed)
		run.check = check;
	return !run.failed;
}

static void run_body(void *unused)
{
	(void)unused;
	if (run.check->flags & CHECK_VCPUS && vcpus_start(&run) == 1) {
		skip(&run, one_vcpu_reason);
		return;
	}
	if (!(run.check->flags & CHECK_LEGACY) || calls_come_back())
		run.check->body(&run);
}

static void report_stray(void)
{
	struct guest_vcpu *vcpu = this_vcpu();

	vcpu->keeps_diags = false;
	compare_restore();
	run.abi->map_pages();
	timer_stop();
	run.strayed = true;
	fail_check(&run, "the host went on elsewhere than after the interaction (number %lu)",
		   vcpu->interactions);
	if (vcpu->stray_faulted)
		print_frame(&vcpu->stray_fault);
}

/* Runs the current check, after its name.  False: a stray ended it. */
static bool run_announced(void)
{
	tap_run(&run.tap, run.check->name);
	if (run_stray_safe(run_body, NULL))
		return true;
	report_stray();
	return false;
}

static void report(const struct check *check)
{
	bool todo = check->todo && !run.options.strict && run.host.present;

	if (run.failed) {
		tap_not_ok(&run.tap, check->name, todo ? check->todo : NULL);
		tap_why(run.fail_reason, run.check->rule, run.abi->name);
	} else if (run.skip_reason) {
		tap_skip(&run.tap, check->name, run.skip_reason);
	} else {
		tap_ok(&run.tap, check->name);
	}
}

static void run_check(const struct check *check)
{
	run.check = check;
	run.failed = false;
	run.fail_reason[0] = 0;
	run.skip_reason = reason_to_skip(check);
	if (!run.host.present && run.options.require)
		fail_check(&run, "option 'require': wanted a host, got none");
	else if (!run.skip_reason)
		run_announced();
	report(check);
}

/* Runs a check that is not in the plan: it has a name, but no result. */
static bool run_unplanned(const struct check *check)
{
	bool returned;

	run.check = check;
	returned = run_announced();
	run.tap.running = NULL;
	return returned;
}

static void run_abi(const struct guest_abi *abi)
{
	const struct check *check;

	run.abi = abi;
	run.host = (struct presence){0};
	abi->map_pages();
	if (!run_unplanned(abi->discovery))
		run.host.present = true;
	for (unsigned i = 0; (check = abi->check(i)); i++) {
		if (is_selected(check, &run.options))
			run_check(check);
	}
	if (run.host.registered && !run.strayed && !run.options.only)
		run_unplanned(abi->diagnostics);
}

static void start(void)
{
	char error[CMDLINE_ERROR_MAX];
	char *line = multiboot_cmdline();
	bool parsed = line && options_parse(line, &run.options, error);

	console_init((uint16_t)run.options.serial, true);
	if (run.options.vga)
		console_use_screen();
	exit_may_reset(run.options.reset);
	tap_start(&run.tap);
	if (!line)
		panic("command line too long: wanted less than %u characters", BOOT_LINE_SIZE);
	if (!parsed)
		panic("%s", error);
	require_matches(&run.options);
}

void main(void)
{
	const struct options *o = &run.options;
	const struct guest_abi *abi;
	bool registered = false;

	vcpu_init();
	cpu_init(stray_trap);
	panic_init(&run.tap);
	start();
	if (o->list)
		list_checks();
	if (!pages_init())
		panic_no_memory();
	tap_plan(&run.tap, count_selected(o), NULL);
	if (o->image)
		report_image(o->image);
	this_vcpu()->random = o->seed ? o->seed : rdtsc();
	tap_diag("seed: %#lx", this_vcpu()->random);
	interact_set_trace(o->trace);

	compare_init();
	serial_checkpoint = stray_check;
	for (unsigned i = 0; (abi = abi_at(i)); i++) {
		run_abi(abi);
		registered |= run.host.registered;
	}
	end_run(&run.tap, tap_verdict(&run.tap, registered));
}
