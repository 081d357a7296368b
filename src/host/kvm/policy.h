/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an honest host does by today's KVM ABI (docs/abi-kvm.md has its rules), as plain C over
 * guest memory, so that it is also tested on the build machine.  A file is an area of the rules.
 *
 * It consists of small steps, each for one or two rules.  They call one another through a table,
 * so that each can be replaced.
 */
#ifndef HOST_KVM_POLICY_H
#define HOST_KVM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/kvm.h"
#include "host/abi.h"
#include "host/vcpu.h"

/*
 * What the guest asks for, and what the steps find out.  kvm_begin() makes one: the rest of it is
 * valid when it has been set.  To clear it all would take longer than most exits do.
 */
struct kvm_request {
	struct vcpu *vcpu;

	/* Not so until a step says that it is. */
	bool write;     /* the MSR is written */
	bool claimed;   /* the MSR exists */
	bool refused;   /* the guest takes a #GP */
	bool tell;      /* the guest is told that a page is away; else it waits for it */
	bool long_mode; /* the call is from 64-bit code */
	bool woken;     /* HLT ends */
	bool may_write; /* the guest may write all bytes of the other vendor's instruction */

	/* CPUID. */
	uint32_t leaf;      /* as the guest gave it */
	uint32_t subleaf;   /* likewise; nothing depends on it */
	uint32_t from_base; /* how many leaves after the signature's it is */
	struct cpuid_regs *answer;

	/* RDMSR or WRMSR. */
	uint32_t msr;
	unsigned number; /* as if it were an old one's: counted from KVM_MSR_WALL_CLOCK */
	uint64_t value;

	/* A page that is away (KF7). */
	uint64_t page;  /* its gpa */
	uint32_t token; /* what the guest is told */

	/* A structure in guest memory. */
	uint64_t gpa;
	union {
		struct pvclock_wall_clock wall;
		struct pvclock_vcpu_time_info time;
		struct kvm_steal_time steal;
	};

	/* A call. */
	uint64_t index, args[4];
	uint64_t result;

	/* The other vendor's call instruction. */
	uint64_t site[CALL_LENGTH]; /* gpas of its bytes */
	uint8_t code[CALL_LENGTH];  /* to write there */
	uint64_t forbidden_at;      /* a virtual address, if the guest may not write all of them */
};

static inline void kvm_begin(struct kvm_request *q, struct vcpu *vcpu)
{
	q->vcpu = vcpu;
	q->write = q->claimed = q->refused = q->tell = q->long_mode = q->woken = false;
	q->may_write = false;
}

typedef void kvm_step(struct kvm_request *request);

/* policy.c has them in a table; the files named here have them with their rules. */
#define KVM_STEPS(X)                                                              \
	X(answer) /* cpuid.c: takes those of the next four that the leaf needs */ \
	X(place)                                                                  \
	X(show_hypervisor)                                                        \
	X(show_signature)                                                         \
	X(show_features)                                                          \
	X(claim) /* msr.c */                                                      \
	X(read_msr)                                                               \
	X(write_msr) /* takes the next four */                                    \
	X(check)                                                                  \
	X(reject)                                                                 \
	X(keep)                                                                   \
	X(act)              /* takes a step of the next files */                  \
	X(forget)           /* for an INIT */                                     \
	X(write_wall_clock) /* clock.c: takes the next two */                     \
	X(make_wall_clock)                                                        \
	X(put_wall_clock)                                                         \
	X(register_time) /* takes the next one */                                 \
	X(write_time)    /* takes the next two */                                 \
	X(make_time)                                                              \
	X(put_time)                                                               \
	X(register_steal) /* steal.c: takes the next one */                       \
	X(write_steal)                                                            \
	X(count_exit)      /* renews what is registered */                        \
	X(enable_async_pf) /* async_pf.c: takes wake */                           \
	X(acknowledge)     /* likewise */                                         \
	X(page_away)       /* takes the next two */                               \
	X(may_tell)                                                               \
	X(tell)                                                                   \
	X(wake) /* takes the next two, if an event is due */                      \
	X(next_event)                                                             \
	X(deliver)                                                                \
	X(register_eoi) /* pv_eoi.c: takes the next one */                        \
	X(take_eoi)                                                               \
	X(offer_eoi) /* takes the next one, if it may */                          \
	X(put_eoi)                                                                \
	X(call) /* calls.c: takes the next three */                               \
	X(read_call)                                                              \
	X(find_result) /* takes one of the last five */                           \
	X(give_result)                                                            \
	X(poll_irq)                                                               \
	X(kick_cpu)                                                               \
	X(clock_pairing)                                                          \
	X(send_ipi)                                                               \
	X(sched_yield)                                                            \
	X(halt)                                                                   \
	X(make_code) /* quirk.c: these three, in this order */                    \
	X(find_site)                                                              \
	X(patch)

struct kvm_steps {
#define X(name) kvm_step *name;
	KVM_STEPS(X)
#undef X
};

#define X(name) kvm_step kvm_##name;
KVM_STEPS(X)
#undef X

extern const struct kvm_steps kvm_honest;

/* The steps that are taken.  Set only before any vCPU runs. */
extern struct kvm_steps kvm_steps;

/* The machine's clocks, as the honest host found them before any vCPU ran. */
struct kvm_clock {
	uint64_t tsc_hz; /* 0: there is no clock to offer */
	uint64_t start;  /* the TSC then, */
	uint64_t boot;   /* and the time, in ns since 1970 */
	uint32_t mul;    /* as in struct pvclock_vcpu_time_info */
	int8_t shift;
};

extern struct kvm_clock kvm_clock;

/* Before any vCPU runs: the clock, by its fields; and the CPU's own call instruction. */
void kvm_set_clock(uint64_t tsc_hz, uint64_t start, uint64_t boot);
void kvm_set_instruction(const uint8_t instruction[CALL_LENGTH]);

/* The features that the guest sees. */
uint32_t kvm_features(void);
static inline bool kvm_has(unsigned feature)
{
	return kvm_features() >> feature & 1;
}

/* clock.c: ns since the host's start, at a value of the TSC. */
uint64_t kvm_time(uint64_t tsc);

/* clock.c: the version of a structure after it was written (KW2, KT1). */
uint32_t kvm_next_version(uint32_t version);

/* msr.c: the value of the MSR that this one is, KM1. */
uint64_t *kvm_msr(struct vcpu *vcpu, unsigned number);

/* pv_eoi.c: after each exit. */
void kvm_renew_eoi(struct vcpu *vcpu);

/* As in struct host_abi. */
void kvm_init_vcpu(struct vcpu *vcpu);
void kvm_cpuid(struct vcpu *vcpu, uint32_t leaf, struct cpuid_regs *answer);
enum msr_outcome kvm_rdmsr(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
enum msr_outcome kvm_wrmsr(struct vcpu *vcpu, uint32_t msr, uint64_t value);
void kvm_exit(struct vcpu *vcpu);
void kvm_reset(struct vcpu *vcpu);

/* A call that is not another ABI's. */
void kvm_hypercall(struct vcpu *vcpu);

/* As in struct hooks: in calls.c. */
bool kvm_hlt(struct vcpu *vcpu);

/* pageout.c, for pageout=PORT: whether the page at @gpa is away still; a wait until it is not. */
bool pageout_is_away(const struct vcpu *vcpu, uint64_t gpa);
void pageout_wait(const struct vcpu *vcpu, uint64_t gpa);

/* Likewise: as in struct hooks. */
void pageout_io(struct vcpu *vcpu);
bool pageout_touched(struct vcpu *vcpu);

/* quirk.c, for quirk=on: as in struct hooks. */
bool kvm_undefined_opcode(struct vcpu *vcpu);

#endif
