/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an honest host does by the ABI of 2007 (docs/abi-kvm2007.md has its rules).  It is plain C
 * over guest memory, without assembly, so that it is also tested on the build machine.
 *
 * It consists of small steps, each for one or two rules.  They call one another through a table,
 * so that each can be replaced.
 */
#ifndef HOST_KVM2007_POLICY_H
#define HOST_KVM2007_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/kvm2007.h"
#include "host/abi.h"
#include "host/vcpu.h"

/* What the guest asks for, and what the steps find out. */
struct request {
	struct vcpu *vcpu;

	/* A call. */
	uint64_t index, args[6];
	bool long_mode; /* by the convention of 64-bit mode */
	uint64_t result;

	/* RDMSR or WRMSR. */
	uint32_t msr;
	bool write;
	bool claimed;   /* the MSR is the ABI's */
	bool gp;        /* the guest takes a #GP */
	uint64_t value; /* that RDMSR reads */

	/* A registration: a WRMSR of the ABI's MSR. */
	uint64_t gpa;                     /* of the state page */
	struct kvm_vcpu_para_state *page; /* NULL if no page can be there */
	uint64_t site;                    /* gpa of the call site */
	uint8_t code[5];                  /* to write there: @length bytes */
	unsigned length;
	bool refused; /* by ret in the page */
};

typedef void step(struct request *request);

/* policy.c has the rules of each. */
struct steps {
	step *claim;    /* decides whether the MSR is the ABI's */
	step *read_msr; /* RDMSR of it */

	step *registration;  /* WRMSR of it: reject or answer */
	step *reject;        /* no page can be there */
	step *answer;        /* takes all that follow, in this order */
	step *make_code;     /* for the site */
	step *check;         /* takes the next two: refuse or not */
	step *check_version; /* the guest's */
	step *check_site;
	step *write_version; /* the host's, to the page */
	step *patch;         /* takes the next one, unless refused */
	step *write_code;    /* to the site */
	step *write_ret;     /* to the page */
	step *record;        /* what is registered now */

	step *read_call; /* takes one of the next two */
	step *read_call64;
	step *read_call32;
	step *give_result;
};

extern const struct steps kvm2007_honest;

/* Before any vCPU runs: honest steps, and @instruction as the one that is patched in. */
void kvm2007_init(const uint8_t instruction[CALL_LENGTH]);

/* Takes these steps from now on.  Only before any vCPU runs. */
void kvm2007_use_steps(const struct steps *others);

/* As in struct host_abi. */
enum msr_outcome kvm2007_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum msr_outcome kvm2007_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t gpa);

/* Two ways to handle a hypercall: the fast one of an honest host, and the one by steps. */
void kvm2007_hypercall(struct vcpu *vcpu);
void kvm2007_hypercall_by_steps(struct vcpu *vcpu);

#endif
