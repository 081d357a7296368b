/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/guest_memory.h"

#include <stddef.h>

#include "host/vcpu.h"
#include "lib/string.h"
#include "x86/defs.h"

#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

/* The root's address in CR3 outside long mode: APM2 5.2.1 */
#define LEGACY_ROOT UINT64_C(0xfffff000)
#define PAE_ROOT    UINT64_C(0xffffffe0)

void *guest_bytes(const struct guest_memory *memory, uint64_t gpa, uint64_t length)
{
	uint64_t end = gpa + length;

	if (end < gpa || end > memory->size)
		return NULL;
	if (gpa < GUEST_HOLE_END && end > GUEST_HOLE_START)
		return NULL;
	return memory->bytes + gpa;
}

bool guest_read(const struct guest_memory *memory, uint64_t gpa, void *to, uint64_t length)
{
	const void *from = guest_bytes(memory, gpa, length);

	if (!from)
		return false;
	memcpy(to, from, length);
	return true;
}

bool guest_write(const struct guest_memory *memory, uint64_t gpa, const void *from, uint64_t length)
{
	void *to = guest_bytes(memory, gpa, length);

	if (!to)
		return false;
	memcpy(to, from, length);
	return true;
}

/* A format of page tables: APM2 5.2 and 5.3. */
struct paging {
	uint8_t top;        /* the lowest bit of a virtual address that is in the root's index */
	uint8_t index_bits; /* of each table, except PAE's root, where it is two */
	uint8_t largest;    /* the largest page has 1 << largest bytes */
	bool root_has_rights;
};

static const struct paging long_mode = {39, 9, 30, true};
static const struct paging pae = {30, 9, 21, false};
static const struct paging legacy_pse = {22, 10, 22, true}, legacy = {22, 10, 12, true};

/* 5.2.2: bits 13 to 20 of a 4 MiB page's entry are bits 32 to 39 of its address. */
static uint64_t pse36(uint64_t entry)
{
	return (entry & UINT64_C(0xffc00000)) | (entry & 0x1fe000) << 19;
}

/* Once: another vCPU may be changing it. */
static uint64_t read_entry(const void *at, unsigned size)
{
	return size == 8 ? __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED)
			 : __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED);
}

static bool walk(const struct guest_memory *memory, const struct paging *paging, uint64_t root,
		 uint64_t va, uint64_t *gpa, bool *writable)
{
	const unsigned size = PAGE_SIZE >> paging->index_bits; /* of an entry: 4 or 8 bytes */
	const uint64_t last = (UINT64_C(1) << paging->index_bits) - 1;
	uint64_t table = root;

	*writable = true;
	for (unsigned shift = paging->top; shift >= 12; shift -= paging->index_bits) {
		uint64_t page = UINT64_C(1) << shift, entry;
		const void *at = guest_bytes(memory, table + (va >> shift & last) * size, size);

		if (!at)
			return false;
		entry = read_entry(at, size);
		if (!(entry & PTE_P))
			return false;
		if (shift < paging->top || paging->root_has_rights)
			*writable = *writable && entry & PTE_W;
		if (shift == 12 || (shift <= paging->largest && entry & PTE_PS)) {
			if (shift == 22)
				entry = pse36(entry);
			*gpa = (entry & PTE_ADDRESS & -page) | (va & (page - 1));
			return true;
		}
		table = entry & PTE_ADDRESS;
	}
	return false;
}

bool guest_translate(const struct guest_memory *memory, uint64_t cr3, uint64_t va, uint64_t *gpa,
		     bool *writable)
{
	return walk(memory, &long_mode, cr3 & PTE_ADDRESS, va, gpa, writable);
}

bool vcpu_translate(const struct vcpu *vcpu, uint64_t va, uint64_t *gpa, bool *writable)
{
	const struct vcpu_slow_state *s = &vcpu->slow;

	if (!(vcpu->efer & EFER_LMA))
		va = (uint32_t)va;
	if (!(s->cr0 & CR0_PG)) {
		*gpa = va;
		*writable = true;
		return true;
	}
	if (vcpu->efer & EFER_LMA)
		return guest_translate(vcpu->memory, s->cr3, va, gpa, writable);
	if (s->cr4 & CR4_PAE)
		return walk(vcpu->memory, &pae, s->cr3 & PAE_ROOT, va, gpa, writable);
	return walk(vcpu->memory, s->cr4 & CR4_PSE ? &legacy_pse : &legacy, s->cr3 & LEGACY_ROOT,
		    va, gpa, writable);
}

unsigned guest_fetch(const struct vcpu *vcpu, uint8_t *bytes, unsigned n)
{
	unsigned count = 0, part;

	for (; count < n; count += part) {
		uint64_t va = vcpu->rip + count, gpa;
		bool writable;

		/* APM2 4.8.1: 64-bit code has no base.  Other code's addresses wrap at 4 GiB. */
		if (vcpu->slow.code_bits != 64)
			va = (uint32_t)(va + vcpu->slow.cs_base);
		part = PAGE_SIZE - va % PAGE_SIZE;
		if (part > n - count)
			part = n - count;
		if (!vcpu_translate(vcpu, va, &gpa, &writable) ||
		    !guest_read(vcpu->memory, gpa, bytes + count, part))
			break;
	}
	return count;
}
