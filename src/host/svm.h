/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU's structures for SVM.  svm_run.asm knows the offsets. */
#ifndef HOST_SVM_H
#define HOST_SVM_H

#include "host/vcpu.h"
#include "host/vmcb.h"

struct svm {
	struct vmcb guest;       /* first: svm_run.asm takes its address as that of the whole */
	struct vmcb host;        /* what VMSAVE saves of the host */
	uint8_t host_save[4096]; /* for VMRUN: 15.30.4 */
} __attribute__((aligned(4096)));

_Static_assert(sizeof(struct svm) == VCPU_PAGES * PAGE_SIZE, "vcpu.h");

_Static_assert(offsetof(struct svm, guest) == 0, "svm_run.asm");
_Static_assert(offsetof(struct svm, host) == PAGE_SIZE, "svm_run.asm");

/*
 * svm_run.asm: runs the guest, and calls svm_exit() for each exit.  That returns the VMCB to run
 * next; NULL: the vCPU leaves the guest.
 */
void svm_run(struct svm *svm, struct vcpu *vcpu);
struct vmcb *svm_exit(struct vcpu *vcpu);

/*
 * After an exit the hidden state is still the guest's, TR among it.  The first of these saves that
 * and loads the host's, without which the host has no stacks for traps; the other loads the
 * guest's, as the VMCB has it.
 */
void svm_load_host(struct svm *svm);
void svm_load_guest(struct svm *svm);

/* From now on NMIs wait for the guest, where they make it exit. */
void svm_block_nmis(void);

/* svm_flip.c: as in struct vcpu_vendor. */
void svm_flip(struct vcpu *vcpu, enum vcpu_register which, uint64_t bits);

/* An NMI that made the guest exit is still pending (15.13.2): lets the host's handler have it. */
void svm_take_nmi(void);

/* As in struct vcpu_vendor.  An NMI that comes meanwhile is for an INIT, which is seen anyway. */
int svm_take_interrupt(void);

#endif
