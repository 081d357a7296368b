/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's physical memory: one range of the host's virtual addresses, with a PC's hole from
 * 640 KiB to 1 MiB.  The host accesses it only through these functions, which check each access.
 * layout.h says where it is in the machine.
 */
#ifndef HOST_GUEST_MEMORY_H
#define HOST_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_HOLE_START UINT64_C(0xa0000)
#define GUEST_HOLE_END   UINT64_C(0x100000)

struct guest_memory {
	uint8_t *bytes;            /* gpa 0 */
	uint64_t size;             /* in bytes, with the hole */
	const uint64_t *directory; /* the page directory by which the host maps it */
};

/* The @length bytes at @gpa; NULL unless all of them are the guest's memory. */
void *guest_bytes(const struct guest_memory *memory, uint64_t gpa, uint64_t length);

/* Copy @length bytes; false, and nothing is copied, unless all of them are the guest's memory. */
bool guest_read(const struct guest_memory *memory, uint64_t gpa, void *to, uint64_t length);
bool guest_write(const struct guest_memory *memory, uint64_t gpa, const void *from,
		 uint64_t length);

/*
 * Translates @va by the guest's long mode page tables at @cr3 (APM2, 24593 rev. 3.41, 5.3): sets
 * the gpa, and whether the tables let the guest write there.  False: the address does not
 * translate.
 */
bool guest_translate(const struct guest_memory *memory, uint64_t cr3, uint64_t va, uint64_t *gpa,
		     bool *writable);

struct vcpu;

/* The same by the page tables that the guest uses now, if any.  The vCPU must be synced. */
bool vcpu_translate(const struct vcpu *vcpu, uint64_t va, uint64_t *gpa, bool *writable);

/*
 * Copies up to @n bytes of code from the vCPU's RIP on, and returns how many could be read.  The
 * vCPU must be synced.
 */
unsigned guest_fetch(const struct vcpu *vcpu, uint8_t *bytes, unsigned n);

#endif
