/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest: reads its options, meets the host, runs the table of checks, reports, ends. */
#include <stddef.h>

#include "guest/kvm2007/checks.h"
#include "guest/vcpus.h"
#include "lib/cmdline.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/multiboot.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "x86/insn.h"
#include "x86/timer.h"
#include "x86/trap.h"

void main(void);

#define GLOB_MAX 64
#define FOUR_GIB (UINT64_C(1) << 32)

extern uint8_t image_end[];

static struct run run;

static bool selected(const struct check *check)
{
	const struct options *o = &run.options;

	return (!o->only || glob_list_match(o->only, check->name)) &&
	       !(o->skip && glob_list_match(o->skip, check->name));
}

static unsigned count_selected(void)
{
	const struct check *check;
	unsigned n = 0;

	for (unsigned i = 0; (check = check_at(i)); i++)
		n += selected(check);
	return n;
}

/* Copies the next of the comma-separated @globs, and returns what is behind it; NULL at the end. */
static const char *next_glob(const char *globs, char glob[GLOB_MAX])
{
	size_t length = 0, kept;

	if (!globs || !*globs)
		return NULL;
	while (globs[length] && globs[length] != ',')
		length++;
	kept = length < GLOB_MAX ? length : GLOB_MAX - 1;
	memcpy(glob, globs, kept);
	glob[kept] = 0;
	return globs + length + (globs[length] == ',');
}

static bool matches_any(const char *glob)
{
	const struct check *check;

	for (unsigned i = 0; (check = check_at(i)); i++) {
		if (glob_match(glob, check->name))
			return true;
	}
	return false;
}

/* Whether only= has the check by its name, not by a glob. */
static bool named(const struct check *check)
{
	const char *rest = run.options.only;
	char glob[GLOB_MAX];

	while ((rest = next_glob(rest, glob))) {
		if (!strcmp(glob, check->name))
			return true;
	}
	return false;
}

/* Each glob of an option must match a check. */
static void require_use(const char *option, const char *globs)
{
	char glob[GLOB_MAX], shown[4 * GLOB_MAX];

	while ((globs = next_glob(globs, glob))) {
		cmdline_show(glob, shown, sizeof(shown));
		if (!matches_any(glob))
			panic("option '%s': no check is named '%s' (see 'list')", option, shown);
	}
}

static void report_image(const char *image)
{
	char shown[CONSOLE_LINE_MAX];

	cmdline_show(image, shown, sizeof(shown));
	tap_diag("image: %s", shown);
}

static _Noreturn void refuse_memory(void)
{
	char why[MULTIBOOT_WHY_MAX];

	multiboot_explain((uint64_t)image_end, FOUR_GIB, PAGE_SIZE, why, sizeof(why));
	panic("no memory: wanted %u free pages below 4 GiB: %s", PARA_PAGES, why);
}

static _Noreturn void list_checks(void)
{
	const struct check *check;

	tap_plan(&run.tap, 0, "list");
	for (unsigned i = 0; (check = check_at(i)); i++) {
		if (selected(check))
			tap_diag("%s %s%s", check->name, check->rule,
				 check->todo ? " optional" : "");
	}
	end_run(&run.tap, VERDICT_SKIP);
}

static const char *why_not(const struct check *check)
{
	const struct options *o = &run.options;

	if (!run.host.present)
		return "no host";
	if (check->flags & CHECK_NAMED && !o->strict && !named(check))
		return check->todo;
	if (check->flags & CHECK_VCPUS && run.vcpus == 1)
		return one_vcpu;
	if (check->flags & CHECK_ECHO && !o->has_echo)
		return "no echo=INDEX";
	return NULL;
}

static void run_body(void *unused)
{
	bool unsafe_after_stray = run.check->flags & CHECK_LEGACY && run.strayed;

	(void)unused;
	if (run.check->flags & CHECK_VCPUS && vcpus_start(&run) == 1) {
		skip(&run, one_vcpu);
		return;
	}
	expect(&run, !unsafe_after_stray,
	       "not tried: where calls go astray, one from legacy mode is the end");
	if (!unsafe_after_stray)
		run.check->body(&run);
}

static void report_stray(void)
{
	struct cpu *cpu = this_cpu();

	cpu->notes = NULL;
	preserves_restore();
	para_map();
	timer_stop();
	run.strayed = true;
	fail_check(&run, "the host went on elsewhere than after the interaction (number %lu)",
		   cpu->in_flight.count);
	if (cpu->stray_faulted)
		print_frame(&cpu->stray_fault);
}

static void report(const struct check *check)
{
	bool todo = check->todo && !run.options.strict && run.host.present;

	if (run.failed) {
		tap_not_ok(&run.tap, check->name, todo ? check->todo : NULL);
		tap_why(run.why, check->rule);
	} else if (run.skipped) {
		tap_skip(&run.tap, check->name, run.skipped);
	} else {
		tap_ok(&run.tap, check->name);
	}
}

static void run_check(const struct check *check)
{
	run.check = check;
	run.failed = false;
	run.why[0] = 0;
	run.skipped = why_not(check);
	if (!run.host.present && run.options.require) {
		fail_check(&run, "option 'require': wanted a host, got none");
	} else if (!run.skipped) {
		tap_run(&run.tap, check->name);
		if (!run_stray_safe(run_body, NULL))
			report_stray();
	}
	report(check);
}

static void run_discovery(void *unused)
{
	discover(&run);
	(void)unused;
}

/* The first contact, under a name of its own: it may be the last thing that a run does. */
static void meet_host(void)
{
	static const struct check discovery = {.name = "discovery", .rule = "D2"};

	run.check = &discovery;
	tap_run(&run.tap, discovery.name);
	if (!run_stray_safe(run_discovery, NULL)) {
		report_stray();
		run.host.present = true;
	}
	if (!run.host.present)
		tap_diag("no host: RDMSR of the magic %s, WRMSR %s",
			 run.host.rdmsr.faulted ? "faults" : "says nothing",
			 run.host.wrmsr.faulted ? "faults" : "changes nothing");
	run.tap.running = NULL;
}

static void run_diagnostics(void *unused)
{
	diagnostics();
	(void)unused;
}

/* Behind the checks: what comes of it is for people, and no check's failure. */
static void report_diagnostics(void)
{
	static const struct check survey = {.name = "survey", .rule = "C6"};

	if (!run.host.registered || run.strayed || run.options.only)
		return;
	run.check = &survey;
	tap_run(&run.tap, survey.name);
	if (!run_stray_safe(run_diagnostics, NULL))
		report_stray();
	run.tap.running = NULL;
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
	require_use("only", run.options.only);
	require_use("skip", run.options.skip);
	if (!count_selected())
		panic("no check is selected");
}

void main(void)
{
	const struct options *o = &run.options;
	const struct check *check;

	cpu_init();
	panic_init(&run.tap);
	start();
	if (o->list)
		list_checks();
	if (!para_init())
		refuse_memory();
	tap_plan(&run.tap, count_selected(), NULL);
	if (o->image)
		report_image(o->image);
	if (!run.options.seed)
		run.options.seed = rdtsc();
	tap_diag("seed: %#lx", o->seed);
	para_seed(o->seed);
	para_trace(o->trace);

	preserves_init();
	meet_host();
	for (unsigned i = 0; (check = check_at(i)); i++) {
		if (selected(check))
			run_check(check);
	}
	report_diagnostics();
	end_run(&run.tap, tap_verdict(&run.tap, run.host.registered));
}
