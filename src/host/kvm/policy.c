/* SPDX-License-Identifier: GPL-2.0-only */
/* The honest host's steps; the files of their areas have them, with their rules. */
#include "host/kvm/policy.h"

struct kvm_steps kvm_steps;
struct kvm_clock kvm_clock;

const struct kvm_steps kvm_honest = {
#define X(name) .name = kvm_##name,
	KVM_STEPS(X)
#undef X
};
