/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an honest host does by the ABI of 2007 (abi/kvm_para.h): plain C over guest memory, so that
 * it is tested on the build machine too.  It is made of steps, each for a rule or two; they call
 * one another through a table, so that a step can be replaced.
 */
#ifndef HOST_KVM2007_POLICY_H
#define HOST_KVM2007_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/kvm2007.h"
#include "host/abi.h"
#include "host/vcpu.h"

/* What the guest asks for, and what the steps hand on to one another. */
struct request {
	struct vcpu *vcpu;

	/* A call. */
	uint64_t index, args[6];
	bool long_mode; /* the 64-bit convention holds */
	uint64_t result;

	/* An access to an MSR. */
	uint32_t msr;
	bool write;
	bool claimed;   /* it is the ABI's */
	bool gp;        /* it is answered by a #GP */
	uint64_t value; /* that it reads */

	/* A registration, which is a write of the MSR. */
	uint64_t gpa;                     /* of the page */
	struct kvm_vcpu_para_state *page; /* NULL: there is none */
	uint64_t site;                    /* a gpa, too */
	uint8_t code[5];                  /* that goes there */
	unsigned length;                  /* of it, in bytes */
	bool refused;
};

typedef void step(struct request *request);

/* In the order in which they are taken; policy.c says more of each. */
struct steps {
	step *claim;    /* whose MSR is it */
	step *read_msr; /* what RDMSR reads */

	step *registration;  /* all of a WRMSR */
	step *reject;        /* a page that is not there */
	step *answer;        /* one that is there: all that follows */
	step *make_code;     /* for the site */
	step *check;         /* refused or not: by the next two */
	step *check_version; /* the guest's */
	step *check_site;
	step *write_version; /* the host's */
	step *patch;         /* the site, if it is not refused */
	step *write_code;    /* to the site */
	step *write_ret;     /* to the page */
	step *record;        /* what was registered */

	step *read_call; /* by one of the next two */
	step *read_call64;
	step *read_call32;
	step *give_result;
};

extern const struct steps kvm2007_honest;

/*
 * @instruction is the call instruction that registrations patch in, by the CPU's vendor.  Nothing
 * is registered, and the steps are the honest ones.
 */
void kvm2007_init(const uint8_t instruction[CALL_LENGTH]);

/* From now on these steps are taken.  Only before any vCPU runs. */
void kvm2007_use_steps(const struct steps *others);

/* As in struct host_abi. */
enum msr_outcome kvm2007_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum msr_outcome kvm2007_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t gpa);

/* Two ways to handle a hypercall: fast, as an honest host answers it; and step by step. */
void kvm2007_hypercall(struct vcpu *vcpu);
void kvm2007_hypercall_by_steps(struct vcpu *vcpu);

#endif
