/* SPDX-License-Identifier: GPL-2.0-only */
/* What SVM adds to a vCPU; svm_run.asm knows its offsets. */
#ifndef HOST_SVM_H
#define HOST_SVM_H

#include "host/vcpu.h"
#include "host/vmcb.h"

struct svm {
	struct vmcb guest; /* +0: its address is the address of all this */
	struct vmcb host;  /* what VMSAVE saved of ours */
	uint8_t host_save[4096];
} __attribute__((aligned(4096)));

_Static_assert(sizeof(struct svm) == VCPU_PAGES * PAGE_SIZE, "vcpu.h");

_Static_assert(offsetof(struct svm, guest) == 0, "svm_run.asm");
_Static_assert(offsetof(struct svm, host) == PAGE_SIZE, "svm_run.asm");

/*
 * svm_run.asm: enters the guest, and for each of its exits calls svm_exit(), until that
 * returns false.
 */
void svm_run(struct svm *svm, struct vcpu *vcpu);
bool svm_exit(struct svm *svm, struct vcpu *vcpu);

#endif
