/* SPDX-License-Identifier: GPL-2.0-only */
#include "setup.h"

#include <stddef.h>

#include "guest/interact.h"
#include "guest/stray.h"
#include "guest/vcpu.h"
#include "lib/boot.h"
#include "lib/console.h"
#include "lib/exit.h"
#include "lib/panic.h"
#include "lib/serial.h"
#include "x86/cpu.h"

void bench_boot(struct tap *tap, const char *name)
{
	vcpu_init();
	cpu_init(stray_trap);
	boot_read();
	panic_init(tap);
	console_init(SERIAL_ANY, false);
	tap_start(tap);
	tap_plan(tap, 1, NULL);
	tap_run(tap, name);
}

struct site bench_start(struct tap *tap, const char *name)
{
	struct kvm_vcpu_para_state *state;
	struct outcome outcome;
	struct site site;

	bench_boot(tap, name);
	if (!pages_init())
		panic("no memory");
	site_init();
	pages_map(kvm2007_pages);
	pages_reset();
	site = make_site(PAGE_SITE_A, 0);
	state = (struct kvm_vcpu_para_state *)page_bytes(PAGE_STATE_A);
	state->guest_version = KVM2007_API_VERSION;
	state->hypercall_gpa = site.gpa;
	interact_wrmsr(KVM2007_MSR_API_MAGIC, page_gpa(PAGE_STATE_A), &outcome);
	if (outcome.faulted || !site_patched(&site))
		panic("no host: wanted the site patched");
	return site;
}

void bench_pass(struct tap *tap, const char *name)
{
	tap_ok(tap, name);
	tap_result(tap, VERDICT_PASS);
	machine_exit(EXIT_CODE(VERDICT_PASS));
}
