/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's physical memory: one range of the host's addresses, with a PC's hole from 640 KiB to
 * 1 MiB.  The only way in which the host touches it; every access is checked.  layout.h has where
 * it really lies.
 */
#ifndef HOST_GUEST_MEMORY_H
#define HOST_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_HOLE_START UINT64_C(0xa0000)
#define GUEST_HOLE_END   UINT64_C(0x100000)

struct guest_memory {
	uint8_t *bytes; /* where gpa 0 is in the host */
	uint64_t size;  /* including the hole */

	/* The host's page directory for that range: tables that map pages, and blocks of 2 MiB. */
	const uint64_t *directory;
};

/* The @length bytes at @gpa, or NULL if not every one of them is the guest's memory. */
void *guest_bytes(const struct guest_memory *memory, uint64_t gpa, uint64_t length);

/* Copy all of it, or nothing: false if not every byte is the guest's memory. */
bool guest_read(const struct guest_memory *memory, uint64_t gpa, void *to, uint64_t length);
bool guest_write(const struct guest_memory *memory, uint64_t gpa, const void *from,
		 uint64_t length);

/*
 * The gpa to which @va translates by the guest's own long mode tables at @cr3 (APM2
 * 5.3), and whether they let it write there; false if it does not translate.  Only a
 * faulty host has a use for this.
 */
bool guest_translate(const struct guest_memory *memory, uint64_t cr3, uint64_t va, uint64_t *gpa,
		     bool *writable);

struct vcpu;

/* The same by whatever tables the guest uses now, if any.  The vCPU has to be synced. */
bool vcpu_translate(const struct vcpu *vcpu, uint64_t va, uint64_t *gpa, bool *writable);

/*
 * Copies the @n bytes of code from the vCPU's RIP on, and returns how many of them there are; the
 * vCPU has to be synced.
 */
unsigned guest_fetch(const struct vcpu *vcpu, uint8_t *bytes, unsigned n);

#endif
