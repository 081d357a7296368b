/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ABI wants to see of its guest besides MSRs and hypercalls.  It adds its hooks before any
 * vCPU runs; with none, nothing exits that need not.
 */
#ifndef HOST_HOOKS_H
#define HOST_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* Each may be left out. */
struct hooks {
	uint32_t exceptions; /* of the guest that are to exit: a bit a vector */
	bool uart_status;    /* reads of a UART's line status are to exit, too */

	/*
	 * vcpu->exit.event is one of @exceptions: true if it was handled, false if the guest is to
	 * take it.
	 */
	bool (*exception)(struct vcpu *vcpu);

	/* The guest's I/O instruction is done: vcpu->rip is after it. */
	void (*io)(struct vcpu *vcpu);

	/* A start-up IPI is on its way to the vCPU: false if it gets lost. */
	bool (*startup)(const struct vcpu *vcpu, unsigned *vector);
};

/* Up to HOOKS_MAX of them; @hooks must stay. */
#define HOOKS_MAX 4
void hooks_add(const struct hooks *hooks);

/* Forgets all of them. */
void hooks_clear(void);

/* All of them together. */
uint32_t hooked_exceptions(void);
bool uart_status_is_hooked(void);
bool hook_exception(struct vcpu *vcpu);
void hook_io(struct vcpu *vcpu);
bool hook_startup(const struct vcpu *vcpu, unsigned *vector);

#endif
