/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/kvm2007/faults.h"

#include "lib/string.h"

/* In the order of tests/kvm2007/faults.tsv, faults-smp.tsv and faults-bochs.tsv. */
const void *const kvm2007_fault_tables[] = {
	kvm2007_probe_faults,
	kvm2007_reject_faults,
	kvm2007_page_faults,
	kvm2007_gpa_faults,
	kvm2007_version_faults,
	kvm2007_patch_faults,
	kvm2007_argument_faults,
	kvm2007_result_faults,
	kvm2007_exception_faults,
	kvm2007_resume_faults,
	kvm2007_gpr_faults,
	kvm2007_flag_faults,
	kvm2007_state_faults,
	kvm2007_some_call_faults,
	kvm2007_later_faults,
	kvm2007_else_faults,
	kvm2007_late_faults,
	kvm2007_register_faults,
	kvm2007_memory_faults,
	kvm2007_flip_faults,
	kvm2007_live_faults,
	kvm2007_fx_faults,
	kvm2007_system_flag_faults,
	kvm2007_around_faults,
	kvm2007_gp_faults,
	kvm2007_refusal_faults,
	kvm2007_args_faults,
	kvm2007_index_faults,
	kvm2007_bit_faults,
	kvm2007_value_faults,
	kvm2007_rare_faults,
	kvm2007_when_faults,
	kvm2007_vcpu_page_faults,
	kvm2007_vcpu_site_faults,
	kvm2007_vcpu_call_faults,
	kvm2007_vcpu_run_faults,
	kvm2007_vcpu1_faults,
	kvm2007_beside_faults,
	kvm2007_segment_faults,
	kvm2007_end_faults,
	NULL,
};

const struct row *kvm2007_on;

static void replace(struct steps *steps, unsigned at, step *override)
{
	if (override)
		memcpy((uint8_t *)steps + at, &override, sizeof(override));
}

void kvm2007_use_fault(const struct fault *fault)
{
	struct steps steps = kvm2007_honest;

	kvm2007_on = (const struct row *)fault;
	if (!kvm2007_on)
		return;
	replace(&steps, kvm2007_on->first_at, kvm2007_on->first);
	replace(&steps, kvm2007_on->second_at, kvm2007_on->second);
	kvm2007_use_steps(&steps);
	if (kvm2007_on->hooks)
		hooks_add(kvm2007_on->hooks);
}
