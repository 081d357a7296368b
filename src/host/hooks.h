/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ABI wants to see of its guest besides MSRs and hypercalls.  It adds its hooks before any
 * vCPU runs.  Without hooks nothing exits for them.
 */
#ifndef HOST_HOOKS_H
#define HOST_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Each function may be NULL. */
struct hooks {
	uint32_t exceptions; /* these exit: a bit for each vector */
	bool uart_status;    /* reads of a UART's line status exit */

	/* vcpu->exit.event is one of @exceptions.  False: the guest takes it. */
	bool (*exception)(struct vcpu *vcpu);

	/* An I/O instruction that exited is done; vcpu->rip is after it. */
	void (*io)(struct vcpu *vcpu);

	/*
	 * The guest has made a HLT, with interrupts on or off, and vcpu->rip is at it.  True: it
	 * ends now, if with interrupts off.  This function may wait for that.
	 */
	bool (*halt)(struct vcpu *vcpu);

	/* A nested fault, but not at the APIC.  True: the guest goes on; it may try once more. */
	bool (*nested_fault)(struct vcpu *vcpu);

	/* A start-up IPI for @vcpu, whose *@vector may be changed.  False: it gets lost. */
	bool (*startup)(const struct vcpu *vcpu, unsigned *vector);
};

/* Adds hooks, up to HOOKS_MAX times; they must stay in memory. */
#define HOOKS_MAX 4
void hooks_add(const struct hooks *hooks);

/* Removes all. */
void hooks_clear(void);

/* All hooks that were added: what they want together, and calling each. */
uint32_t hooked_exceptions(void);
bool uart_status_is_hooked(void);
bool hook_exception(struct vcpu *vcpu);
void hook_io(struct vcpu *vcpu);
bool hook_halt(struct vcpu *vcpu);
bool hook_nested_fault(struct vcpu *vcpu);
bool hook_startup(const struct vcpu *vcpu, unsigned *vector);

#endif
