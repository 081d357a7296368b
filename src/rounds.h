/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks on several vCPUs: what belongs to each, and how all of them are given something to do. */
#ifndef ROUNDS_H
#define ROUNDS_H

#include "check.h"
#include "x86/smp.h"

/*
 * A vCPU's own: it fills cpu->own, at a gpa that is its address.  Around the state page, up to what is
 * named here before it, is noise.
 */
struct vcpu {
	union {
		struct {
			struct notes notes;
			struct site site;
			uint32_t version;     /* that it registers as */
			struct answer answer; /* to its registration */
			bool asked;           /* whether it did, since it was prepared */
			uint64_t noise;
		};
		uint8_t front[PAGE_SIZE];
	};
	struct kvm_vcpu_para_state state;
	uint8_t behind[PAGE_SIZE];
};

_Static_assert(sizeof(struct vcpu) == SMP_OWN_PAGES * PAGE_SIZE, "x86/smp.h");
_Static_assert(offsetof(struct vcpu, noise) < PAGE_SIZE - 1024, "room for a canary");

/* Why a check that needs several is skipped. */
extern const char one_vcpu[];

/* Starts them, once, and returns how many there are. */
unsigned vcpus_start(struct run *run);

/* By number, from 0 to run->vcpus - 1. */
struct vcpu *vcpu_by(unsigned id);

/* Fills the vCPU's pages with new noise, and its state page's head as prepare() does, to register @site. */
void vcpu_reset(struct vcpu *vcpu, struct site site);
void vcpu_prepare(struct vcpu *vcpu, uint32_t version);

/* Whether its pages are as they were, but for the answer that it asked for. */
bool vcpu_kept(const struct vcpu *vcpu);

/*
 * All vCPUs at once do @do_it @times, and go on while others are behind, each until it has something to note.  All of the notes, and whatever
 * did not come back, fail the check.  Returns whether it has not failed.
 */
typedef void act(struct run *run, struct vcpu *vcpu);
bool let(struct run *run, act *do_it, unsigned times);

#endif
