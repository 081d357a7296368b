/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/kvm2007/faults.h"

#include "lib/string.h"

/* In the order of tests/kvm2007/faults.tsv and faults-smp.tsv. */
static const struct row *const tables[] = {
	kvm2007_probe_faults,     kvm2007_reject_faults,      kvm2007_page_faults,
	kvm2007_gpa_faults,       kvm2007_version_faults,     kvm2007_patch_faults,
	kvm2007_argument_faults,  kvm2007_result_faults,      kvm2007_exception_faults,
	kvm2007_resume_faults,    kvm2007_gpr_faults,         kvm2007_flag_faults,
	kvm2007_state_faults,     kvm2007_some_call_faults,   kvm2007_later_faults,
	kvm2007_else_faults,      kvm2007_late_faults,        kvm2007_register_faults,
	kvm2007_memory_faults,    kvm2007_flip_faults,        kvm2007_live_faults,
	kvm2007_fx_faults,        kvm2007_system_flag_faults, kvm2007_around_faults,
	kvm2007_gp_faults,        kvm2007_refusal_faults,     kvm2007_args_faults,
	kvm2007_index_faults,     kvm2007_bit_faults,         kvm2007_value_faults,
	kvm2007_rare_faults,      kvm2007_when_faults,        kvm2007_vcpu_page_faults,
	kvm2007_vcpu_site_faults, kvm2007_vcpu_call_faults,   kvm2007_vcpu_run_faults,
	kvm2007_vcpu1_faults,     kvm2007_end_faults,
};

#define ROWS_MAX 511

const struct row *kvm2007_on;

/* All rows are listed once: to count up to one each time would take long. */
static const struct row *row_by(unsigned n)
{
	static const struct row *rows[ROWS_MAX];
	unsigned count = 0;

	if (!rows[0]) {
		for (unsigned i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
			for (const struct row *row = tables[i]; row->fault.name; row++) {
				if (count < ROWS_MAX)
					rows[count++] = row;
			}
		}
	}
	return n < ROWS_MAX ? rows[n] : NULL;
}

const struct fault *kvm2007_fault(unsigned n)
{
	const struct row *row = row_by(n);

	return row ? &row->fault : NULL;
}

static void replace(struct steps *steps, unsigned at, step *override)
{
	if (override)
		memcpy((uint8_t *)steps + at, &override, sizeof(override));
}

bool kvm2007_use_fault(const struct fault *fault)
{
	struct steps steps = kvm2007_honest;
	unsigned i = 0;

	while ((kvm2007_on = row_by(i)) && &kvm2007_on->fault != fault)
		i++;
	if (!kvm2007_on)
		return false;
	replace(&steps, kvm2007_on->first_at, kvm2007_on->first);
	replace(&steps, kvm2007_on->second_at, kvm2007_on->second);
	kvm2007_use_steps(&steps);
	if (kvm2007_on->hooks)
		hooks_add(kvm2007_on->hooks);
	return true;
}
