/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that does at random what a guest can do to its host, the same again from the same seed.
 * It ends with a verdict, or the host ends it with a reason.
 */
#ifndef GUESTS_FUZZ_H
#define GUESTS_FUZZ_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tap.h"
#include "x86/machine.h"
#include "x86/paging.h"
#include "x86/regs.h"

#ifndef LENGTH
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#endif

/* Each vCPU's pages of memory, and where they are mapped. */
enum fuzz_page { FUZZ_CODE, FUZZ_DATA, FUZZ_STATE, FUZZ_PAGES };
enum fuzz_view {
	VIEW_CODE_RW,
	VIEW_CODE_RX,
	VIEW_CODE_USER, /* writable and executable, from CPL 3 */
	VIEW_DATA,      /* writable from CPL 3 */
	VIEW_STATE,
	VIEW_GAME, /* whatever a step maps there; the next page is not mapped */
	VIEW_APIC = 8,
	VIEWS = 16
};

/* One vCPU's. */
struct fuzz {
	uint64_t random;
	unsigned id;
	uint64_t gpa; /* of FUZZ_CODE; the others follow */
	struct machine machine;
	volatile bool done;
	volatile bool lost; /* somebody may have sent it an INIT */
	bool x2apic;        /* its APIC's mode */
	uint8_t *eoi;       /* where it has PV EOI's bit; NULL: not where it could look */
};

/* All of them, by number. */
#define FUZZ_MAX 8
extern struct fuzz fuzzers[FUZZ_MAX];
extern unsigned fuzz_count;

/* The guest's options. */
struct fuzz_options {
	uint64_t seed, count; /* of steps */
	uint64_t cpus;        /* vCPUs, at most FUZZ_MAX */
	uint64_t pageout;     /* the host's port that takes pages away */
	bool trace;           /* vCPU 0 prints each step before it does it */
	bool nostep; /* no single steps: Bochs's SVM makes a triple fault of one after an exit */
};
extern const struct fuzz_options *fuzz_options;

static inline uint64_t fuzz_va(const struct fuzz *f, enum fuzz_view view)
{
	return PAGING_WINDOW + (f->id * VIEWS + view) * PAGE_SIZE;
}

static inline uint64_t fuzz_gpa(const struct fuzz *f, enum fuzz_page page)
{
	return f->gpa + page * PAGE_SIZE;
}

/*
 * Random numbers: below @n; true once in @n times; of any magnitude; gpas and what a register may
 * hold.
 */
uint64_t below(struct fuzz *f, uint64_t n);
bool once_in(struct fuzz *f, unsigned n);
uint64_t any_value(struct fuzz *f);
uint64_t any_gpa(struct fuzz *f);
uint32_t any_vector(struct fuzz *f);
struct gprs any_gprs(struct fuzz *f);

/* What would end the run is done once in so many times. */
#define RARE 1500

/* An instruction, or some. */
struct snippet {
	uint8_t length;
	uint8_t bytes[15];
};
#define SNIPPET(string)                    \
	{                                  \
		sizeof(string) - 1, string \
	}

/* The CPU's call instruction. */
struct snippet the_call(void);

/* Runs it at CPL 0, with RET after it.  Any trap ends it. */
void run_snippet(struct fuzz *f, const struct snippet *snippet, struct gprs in);

/* The same; if no trap ended it, *@out has the registers. */
void run_snippet_to(struct fuzz *f, const struct snippet *snippet, struct gprs in,
		    struct gprs *out);

/* The vCPU's own APIC, in the mode in which that is; with no attempt, so traps may use it. */
uint32_t fuzz_apic_read(const struct fuzz *f, unsigned offset);
void fuzz_apic_write(const struct fuzz *f, unsigned offset, uint32_t value);

/* Today's KVM_HC_KICK_CPU.  False: the host takes it for another call, or has none. */
bool fuzz_kick(struct fuzz *f, uint64_t apic_id);

/* Writes the code in which vCPUs start after an INIT, into these pages.  Called once. */
#define START_PAGE  0x20u
#define START_PAGES 16u
void fuzz_prepare_starts(struct fuzz *f);

/* After an attempt: panics if an NMI came. */
void check_trap(void);

/* The steps of each file, each ended by an entry without a name. */
struct fuzz_step {
	const char *name;
	void (*run)(struct fuzz *f);
	unsigned weight;
};
extern const struct fuzz_step fuzz_io_steps[], fuzz_instruction_steps[], fuzz_machine_steps[],
	fuzz_apic_steps[], fuzz_kvm_steps[], fuzz_code_steps[], fuzz_pv_steps[];

/* Ends the run. */
_Noreturn void fuzz(struct tap *tap, const struct fuzz_options *options);

#endif
