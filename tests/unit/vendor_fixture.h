/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU for the tests of svm.c and vmx.c, and what both of these call. */
#ifndef UNIT_VENDOR_FIXTURE_H
#define UNIT_VENDOR_FIXTURE_H

#include "host/config.h"
#include "host/nested_paging.h"
#include "host/passthrough.h"
#include "host/vcpu.h"
#include "unit.h"

#define ROOT 0x7000u
#define RIP  0x100123u

struct config config;

static struct vcpu vcpu;
static uint8_t pages[VCPU_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));

static const struct vcpu_start begin = {
	.code = {0x08, 0xc09b, 0xffffffff, 0x1000},
	.data = {0x10, 0xc093, 0xffffffff, 0},
	.cr0 = CR0_PE | CR0_ET,
	.rip = RIP,
	.eax = 0x2badb002,
};

uint64_t nested_root(void)
{
	return ROOT;
}

static bool is_passthrough(uint32_t msr)
{
	for (unsigned i = 0; i < passthrough_msr_count; i++) {
		if (passthrough_msrs[i] == msr)
			return true;
	}
	return false;
}

#endif
