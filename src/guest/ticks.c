/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/ticks.h"

#include "guest/stray.h"
#include "x86/insn.h"
#include "x86/timer.h"

bool timer_ticks(unsigned periods)
{
	const struct guest_vcpu *vcpu = this_vcpu();
	uint64_t first = vcpu->ticks;
	unsigned wraps = 0;
	uint16_t last = timer_count();

	interrupts_on();
	while (vcpu->ticks == first && wraps < periods) {
		uint16_t now = timer_count();

		stray_check(); /* a host that lost its place may resume the guest after its last I/O */
		wraps += now > last;
		last = now;
	}
	interrupts_off();
	return vcpu->ticks != first;
}
