/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service pageout=PORT, which is no part of the ABI: a guest writes the number of a page of its
 * memory to the port, 32 bits, and the host takes that page away for about 10 ms.  So a guest can
 * see asynchronous page faults (KF7).
 *
 * Nested paging loses the page; its bytes stay where they are.  So nobody is hurt by a vCPU that
 * still has the translation in its TLB: it only misses the fault.  The TLB of the vCPU that asked
 * is flushed.  The page comes back when somebody touches it, or wants to know, after its time.
 */
#include "host/kvm/policy.h"

#include "host/config.h"
#include "host/log.h"
#include "host/nested_paging.h"
#include "x86/deadline.h"
#include "x86/insn.h"

#define PAGES  (LARGE_PAGE_SIZE / PAGE_SIZE) /* that nested paging can lose */
#define TIMES  100                           /* a second: 10 ms */
#define CYCLES UINT64_C(10000000)            /* if nobody knows how long a second is */
#define POLLS  UINT64_C(100000000)

/*
 * Shared, and any vCPU sets these, atomically: when each page was taken away, by the TSC; 0: it is
 * there.  A page is lost before its time is set, and comes back after that is cleared.  So none
 * stays away without a time; if two vCPUs take and return one at once, it may be back too early.
 */
static uint64_t since[PAGES];

static uint64_t time_away(void)
{
	return kvm_clock.tsc_hz ? kvm_clock.tsc_hz / TIMES : CYCLES;
}

static uint64_t load_since(uint64_t gpa)
{
	return __atomic_load_n(&since[gpa / PAGE_SIZE], __ATOMIC_ACQUIRE);
}

/* Unless another vCPU has done it, or has taken it again. */
static void give_back(const struct vcpu *vcpu, uint64_t gpa, uint64_t start)
{
	if (start && __atomic_compare_exchange_n(&since[gpa / PAGE_SIZE], &start, 0, false,
						 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		nested_set_present(vcpu->memory, gpa, true);
}

bool pageout_is_away(const struct vcpu *vcpu, uint64_t gpa)
{
	const uint64_t start = load_since(gpa);

	if (start && rdtsc() - start < time_away())
		return true;
	give_back(vcpu, gpa, start);
	return false;
}

/* No longer than a page is away, even if another vCPU takes it again and again. */
void pageout_wait(const struct vcpu *vcpu, uint64_t gpa)
{
	struct deadline deadline = deadline_in(time_away(), POLLS);

	while (pageout_is_away(vcpu, gpa) && before_deadline(&deadline) && !vcpu_must_leave(vcpu))
		;
	give_back(vcpu, gpa, load_since(gpa));
}

void pageout_io(struct vcpu *vcpu)
{
	const uint64_t gpa = (vcpu->regs.rax & UINT32_MAX) * PAGE_SIZE;
	const uint64_t now = rdtsc();

	if (vcpu->exit.io.port != config.pageout || vcpu->exit.io.size != 4 || vcpu->exit.io.in ||
	    vcpu->exit.io.string)
		return;
	if (!nested_set_present(vcpu->memory, gpa, false)) {
		log_line("pageout %u %#lx refused", vcpu->id, gpa);
		return;
	}
	__atomic_store_n(&since[gpa / PAGE_SIZE], now ? now : 1, __ATOMIC_RELEASE);
	vcpu->flush = true;
}

/* A page that is there by now, because its time was over or another vCPU waited, is tried again. */
bool pageout_touched(struct vcpu *vcpu)
{
	struct kvm_request q;

	kvm_begin(&q, vcpu);
	q.page = vcpu->exit.gpa & -(uint64_t)PAGE_SIZE;
	if (q.page / PAGE_SIZE >= PAGES || !guest_bytes(vcpu->memory, q.page, PAGE_SIZE))
		return false;
	if (pageout_is_away(vcpu, q.page))
		kvm_steps.page_away(&q);
	return true;
}
