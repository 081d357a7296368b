/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/kvm/faults.h"

#include "lib/string.h"

/* In the order of tests/kvm/faults.tsv and faults-smp.tsv. */
const void *const kvm_fault_tables[] = {
	kvm_cpuid_faults,
	kvm_msr_faults,
	kvm_value_faults,
	kvm_refusal_faults,
	kvm_check_faults,
	kvm_cpl3_faults,
	kvm_wall_faults,
	kvm_register_faults,
	kvm_time_faults,
	kvm_steal_faults,
	kvm_call_faults,
	kvm_argument_faults,
	kvm_result_faults,
	kvm_clobber_faults,
	kvm_service_faults,
	kvm_quirk_faults,
	kvm_vcpu_check_faults,
	kvm_vcpu_async_pf_faults,
	kvm_vcpu_away_faults,
	kvm_vcpu_ipi_faults,
	kvm_vcpu_eoi_faults,
	kvm_vcpu_msr_faults,
	kvm_vcpu_clock_faults,
	kvm_vcpu_area_faults,
	kvm_vcpu_init_faults,
	kvm_vcpu_kick_faults,
	kvm_vcpu_send_faults,
	kvm_vcpu_call_faults,
	NULL,
};

const struct kvm_row *kvm_on;

void kvm_do_nothing(struct kvm_request *q)
{
	(void)q;
}

static void replace(unsigned at, kvm_step *override)
{
	if (override)
		memcpy((uint8_t *)&kvm_steps + at, &override, sizeof(override));
}

void kvm_use_fault(const struct fault *fault)
{
	kvm_steps = kvm_honest;
	kvm_on = (const struct kvm_row *)fault;
	if (!kvm_on)
		return;
	replace(kvm_on->first_at, kvm_on->first);
	replace(kvm_on->second_at, kvm_on->second);
	if (kvm_on->hooks)
		hooks_add(kvm_on->hooks);
}
