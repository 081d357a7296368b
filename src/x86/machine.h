/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers that a hypercall has to preserve, except the general purpose ones: loading noise,
 * saving, restoring, and the list to compare.
 */
#ifndef X86_MACHINE_H
#define X86_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/cpu.h"

/* FXSAVE image, APM2 11.4.4 */
struct fx_image {
	uint16_t fcw, fsw;
	uint8_t ftw, reserved0;
	uint16_t fop;
	uint64_t fip, fdp;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16]; /* ten bytes each */
	uint8_t xmm[16][16];
	uint8_t reserved1[96];
} __attribute__((aligned(16)));

_Static_assert(sizeof(struct fx_image) == 512, "APM2 11.4.4");

struct machine {
	struct fx_image fx;
	uint16_t cs, ss, ds, es, fs, gs, tr, ldtr;
	uint64_t fs_base, gs_base, kernel_gs_base;
	struct table_register gdtr, idtr;
	uint64_t star, lstar, cstar, sfmask;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip; /* 0 if CPUID has no SEP */
	uint64_t cr0, cr2, cr3, cr4, cr8;
	uint64_t efer, pat; /* only machine_save_exiting() saves these; 0 if it can't be read */
	uint64_t dr0, dr1, dr2, dr3, dr6, dr7;
};

enum machine_group {
	GROUP_SEGMENTS,
	GROUP_BASES,
	GROUP_TABLES,
	GROUP_SYSCALL,
	GROUP_CONTROL,
	GROUP_CR2,
	GROUP_DEBUG,
	GROUP_X87,
	GROUP_MXCSR,
	GROUP_XMM,
	GROUPS,
};

/* A register, or several of the same kind: their names end with a number. */
struct machine_register {
	const char *name;
	uint16_t offset; /* in struct machine */
	uint8_t size;    /* in bytes; the next one of the kind lies 16 bytes after it */
	uint8_t group;   /* enum machine_group */
	uint8_t count;   /* of the kind; 0: it is a single register */
};

extern const struct machine_register machine_registers[];
extern const unsigned machine_register_count;

/*
 * Loads numbers from @random and @fill, which makes @n of them, into the registers that may have
 * any value, so that a host that changes one does not leave the right value by chance.  @cr8 is the
 * task priority, 0 to 15: from 1 on it may hold back interrupts.
 */
void machine_load_noise(uint64_t (*random)(void), void (*fill)(uint64_t *numbers, unsigned n),
			uint64_t cr8);

void machine_save(struct machine *machine);

/* Saves the registers that exit on many hosts when they are read: EFER, and PAT if there is one. */
void machine_save_exiting(struct machine *machine);

/* Whether CPUID has PAT, and it can be read. */
bool machine_has_pat(void);

/* Restores from @machine the registers that the image depends on. */
void machine_load(const struct machine *machine);

#endif
