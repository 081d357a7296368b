/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/hooks.h"

static const struct hooks *all[HOOKS_MAX];
static unsigned count;

void hooks_add(const struct hooks *hooks)
{
	if (count == HOOKS_MAX)
		__builtin_trap(); /* HOOKS_MAX is too small */
	all[count++] = hooks;
}

void hooks_clear(void)
{
	count = 0;
}

uint32_t hooked_exceptions(void)
{
	uint32_t exceptions = 0;

	for (unsigned i = 0; i < count; i++)
		exceptions |= all[i]->exceptions;
	return exceptions;
}

bool uart_status_is_hooked(void)
{
	for (unsigned i = 0; i < count; i++) {
		if (all[i]->uart_status)
			return true;
	}
	return false;
}

bool hook_exception(struct vcpu *vcpu)
{
	for (unsigned i = 0; i < count; i++) {
		if (all[i]->exception && all[i]->exception(vcpu))
			return true;
	}
	return false;
}

void hook_io(struct vcpu *vcpu)
{
	for (unsigned i = 0; i < count; i++) {
		if (all[i]->io)
			all[i]->io(vcpu);
	}
}

bool hook_halt(struct vcpu *vcpu)
{
	for (unsigned i = 0; i < count; i++) {
		if (all[i]->halt && all[i]->halt(vcpu))
			return true;
	}
	return false;
}

bool hook_nested_fault(struct vcpu *vcpu)
{
	for (unsigned i = 0; i < count; i++) {
		if (all[i]->nested_fault && all[i]->nested_fault(vcpu))
			return true;
	}
	return false;
}

bool hook_startup(const struct vcpu *vcpu, unsigned *vector)
{
	for (unsigned i = 0; i < count; i++) {
		if (all[i]->startup && !all[i]->startup(vcpu, vector))
			return false;
	}
	return true;
}
