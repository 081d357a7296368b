/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm/smp.h"

#include "guest/events.h"
#include "guest/kvm/checks.h"
#include "lib/string.h"
#include "x86/insn.h"

/* In PAGE_SITE_B, which is not the page of the other calls. */
#define HALT_OFFSET (CALL_OFFSET + 0x40)

/*
 * Code that another CPU has changed is seen after a serializing instruction: SDM volume 3
 * (325384-083), 9.1.3.
 */
static void serialize(struct run *run, struct vcpu_pages *own)
{
	(void)run;
	(void)own;
	WRITE_REG(cr3, READ_REG(cr3));
}

bool smp_ready(struct run *run)
{
	static const uint8_t ret[] = {0xc3}, halt[] = {0xf4, 0xc3};
	uint8_t *code = page_bytes(PAGE_SITE_B);

	if (!calls_return(run, CALL_NATIVE) || !needs_events(run))
		return false;
	memcpy(code + CALL_OFFSET, call_bytes(CALL_NATIVE), CALL_SIZE);
	memcpy(code + CALL_OFFSET + CALL_SIZE, ret, sizeof(ret));
	memcpy(code + HALT_OFFSET, halt, sizeof(halt));
	return on_each_vcpu(run, serialize);
}

bool smp_call(struct run *run, uint64_t rflags, uint64_t index, const uint64_t args[4],
	      uint64_t *result)
{
	struct gprs gprs = call_gprs(index, args);
	struct outcome o;

	gprs.rflags |= rflags;
	interact_call(page_entry(PAGE_SITE_B) + CALL_OFFSET, &gprs, &o);
	return result_of(run, &o, result);
}

bool smp_call_compared(struct run *run, uint64_t index, const uint64_t args[4], uint64_t *result)
{
	struct comparison c;
	bool returned;

	comparison_begin(&c, random64() & 15);
	returned = smp_call(run, random_flags() & ~RFLAGS_IF, index, args, result);
	comparison_end(&c);
	expect_groups(run, &c, ALL_GROUPS);
	return returned && !run->failed;
}

void smp_halt(uint64_t rflags, struct outcome *outcome)
{
	struct gprs gprs = noise_gprs();

	gprs.rflags |= rflags;
	interact_call(page_entry(PAGE_SITE_B) + HALT_OFFSET, &gprs, outcome);
}
