/* SPDX-License-Identifier: GPL-2.0-only */
/* V2, S9: each vCPU's registrations end as the first vCPU's do, and change no register. */
#include "guest/kvm2007/checks.h"
#include "guest/kvm2007/endings.h"
#include "guest/kvm2007/vcpu_pages.h"

typedef void look_fn(struct run *run, const struct registration *r, struct vcpu_pages *own);

/*
 * Prepares registrations of the vCPU's own page and site with each ending, and calls @look to make
 * each.  Leaves the pages as vcpu_pages_reset() did, if the host wrote only where it may.
 */
static void end_in_all_ways(struct run *run, struct vcpu_pages *own, look_fn *look)
{
	struct registration all[REGISTRATIONS_MAX];

	for (unsigned ending = 0; ending < ENDINGS; ending++) {
		unsigned n = registrations((enum ending)ending, (uint64_t)&own->state,
					   own->site.gpa, all);

		for (unsigned i = 0; i < n; i++) {
			site_restore(&own->site);
			registration_prepare(&all[i], &own->state, &own->answer);
			look(run, &all[i], own);
		}
	}
	vcpu_pages_prepare(own, KVM2007_API_VERSION);
}

static void look_at_ending(struct run *run, const struct registration *r, struct vcpu_pages *own)
{
	const struct kvm_vcpu_para_state *state = &own->state;

	registration_make(r, 0, &own->answer);
	expect_ending(run, r, &own->answer, &own->site);
	expect(run, state->guest_version == r->version && state->hypercall_gpa == r->site,
	       "the page's head: wanted it kept");
}

static void look_at_registers(struct run *run, const struct registration *r, struct vcpu_pages *own)
{
	struct comparison c;

	comparison_begin(&c, random64() % 16);
	registration_make(r, random64() & NOISE_FLAGS, &own->answer);
	comparison_end(&c);
	expect_registers_kept(run, &own->answer.wrmsr, 0);
	expect_groups(run, &c, ALL_GROUPS);
}

static void check_endings(struct run *run, struct vcpu_pages *own)
{
	end_in_all_ways(run, own, look_at_ending);
}

static void check_registers(struct run *run, struct vcpu_pages *own)
{
	end_in_all_ways(run, own, look_at_registers);
}

static void endings(struct run *run)
{
	vcpu_pages_reset(run);
	if (on_each_vcpu(run, check_endings))
		expect_vcpu_pages_untouched(run);
}

static void registers(struct run *run)
{
	vcpu_pages_reset(run);
	on_each_vcpu(run, check_registers);
}

static void check_neighbours(struct run *run, struct vcpu_pages *own)
{
	(void)run;
	write_neighbours((uint64_t)&own->state);
}

/* D3: none of them is the magic to any vCPU. */
static void neighbours(struct run *run)
{
	vcpu_pages_reset(run);
	if (on_each_vcpu(run, check_neighbours))
		expect_vcpu_pages_untouched(run);
}

static const struct check checks[] = {
	{"vcpu.versions", "V2", CHECK_VCPUS, .body = endings},
	{"vcpu.neighbours", "D3", CHECK_VCPUS, .body = neighbours},
	{"vcpu.register-keeps", "S9", CHECK_VCPUS, .body = registers},
};

const struct area vcpu_register_area = AREA(checks);
