/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest: reads its options, runs the checks of each ABI, reports, and ends the machine. */
#include <stddef.h>

#include "guest/compare.h"
#include "guest/pages.h"
#include "guest/select.h"
#include "guest/stray.h"
#include "guest/vcpus.h"
#include "guest/watchdog.h"
#include "lib/boot.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/panic.h"
#include "lib/printf.h"
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
	char why[BOOT_WHY_MAX];

	boot_explain((uint64_t)image_end, FOUR_GIB, PAGE_SIZE, why, sizeof(why));
	panic("no memory: wanted %u free pages below 4 GiB: %s", PAGES, why);
}

static _Noreturn void list_checks(void)
{
	const struct guest_abi *abi;
	const struct check *check;
	char rule[RULE_MAX + 1];

	tap_plan(&run.tap, 0, "list");
	EACH_ABI (abi) {
		if (!is_tried(abi, &run.options))
			continue;
		tap_diag("abi %s", abi->name);
		EACH_CHECK_OF (abi, check) {
			if (is_selected(check, &run.options))
				tap_diag("%s %s%s", check->name, rule_of(check, rule),
					 check->todo ? " optional" : "");
		}
	}
	end_run(&run.tap, VERDICT_SKIP);
}

static const char *todo_reason(const struct check *check)
{
	return run.abi->todo_reasons[check->todo];
}

static const char *reason_to_skip(const struct check *check)
{
	const struct options *o = &run.options;

	if (check->flags & CHECK_NAMED && !o->strict && !is_named(check, o))
		return todo_reason(check);
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
	watchdog_stop();
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

/*
 * A check's random numbers follow from the seed and its name (FNV-1a): so they are the same if it
 * runs alone, however long another check took, and when there are new ones.
 */
static uint64_t seed_of(const char *name)
{
	uint64_t sum = run.seed;

	for (; *name; name++)
		sum = (sum ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return sum;
}

static void begin(const struct check *check)
{
	this_vcpu()->random = seed_of(check->name);
	run.check = check;
	run.failed = false;
	run.fail_reason[0] = 0;
	run.skip_reason = NULL;
}

/* Reports the result of the test @name, which is a check or an ABI. */
static void report(const char *name, const char *todo)
{
	char rule[RULE_MAX + 1];

	if (run.failed) {
		tap_not_ok(&run.tap, name, todo);
		tap_why(run.fail_reason, rule_of(run.check, rule), run.abi->name);
	} else if (run.skip_reason) {
		tap_skip(&run.tap, name, run.skip_reason);
	} else {
		tap_ok(&run.tap, name);
	}
}

static void run_check(const struct check *check)
{
	begin(check);
	run.skip_reason = reason_to_skip(check);
	if (!run.skip_reason)
		run_announced();
	report(check->name, run.options.strict ? NULL : todo_reason(check));
}

/* One test stands for all checks of an ABI that is not there. */
static void report_absence(const struct guest_abi *abi)
{
	char reason[sizeof("no host: ") + sizeof(abi->host->seen)];

	begin(abi->discovery);
	format(reason, sizeof(reason), "no host: %s", abi->host->seen);
	if (is_required(abi, &run.options))
		fail_check(&run, "option 'require': wanted a host, got none: %s", abi->host->seen);
	else
		run.skip_reason = reason;
	report(abi->name, NULL);
}

/* Runs a check that is not in the plan: it has a name, but no result. */
static bool run_unplanned(const struct check *check)
{
	bool returned;

	begin(check);
	returned = run_announced();
	run.tap.running = NULL;
	return returned;
}

/* A host that makes other code run than ours is there.  Returns how many tests @abi has. */
static unsigned discover_abi(const struct guest_abi *abi)
{
	run.abi = abi;
	abi->map_pages();
	if (!run_unplanned(abi->discovery))
		abi->host->present = true;
	return abi->host->present ? count_selected(abi, &run.options) : 1;
}

static void run_abi(const struct guest_abi *abi)
{
	const struct check *check;

	run.abi = abi;
	if (!abi->host->present) {
		report_absence(abi);
		return;
	}
	abi->map_pages();
	EACH_CHECK_OF (abi, check) {
		if (is_selected(check, &run.options))
			run_check(check);
	}
	if (abi->host->registered && !run.strayed && !run.options.only)
		run_unplanned(abi->diagnostics);
}

/* Before the plan, which says how many tests there are: an ABI that is not there is only one. */
static unsigned discover_all(void)
{
	const struct guest_abi *abi;
	unsigned tests = 0;

	EACH_ABI (abi)
		tests += is_tried(abi, &run.options) ? discover_abi(abi) : 0;
	return tests;
}

static void start(void)
{
	char error[CMDLINE_ERROR_MAX];
	bool parsed;
	char *line;

	boot_read();
	line = boot_cmdline();
	parsed = line && options_parse(line, &run.options, error);
	console_init((uint16_t)run.options.serial, true);
	if (run.options.vga)
		console_use_screen();
	exit_may_reset(run.options.reset);
	tap_start(&run.tap);
	if (boot_info.error)
		panic("%s", boot_info.error);
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
	if (o->image)
		report_image(o->image);
	run.seed = o->seed ? o->seed : rdtsc();
	this_vcpu()->random = run.seed; /* for discovery */
	tap_diag("seed: %#lx", run.seed);
	interact_set_trace(o->trace);

	compare_init();
	timer_stop(); /* and all IRQs are masked: the flags of some calls have IF */
	serial_checkpoint = stray_check;
	tap_plan(&run.tap, discover_all(), NULL);
	EACH_ABI (abi) {
		if (is_tried(abi, o))
			run_abi(abi);
		registered |= abi->host->registered;
	}
	end_run(&run.tap, tap_verdict(&run.tap, registered));
}
