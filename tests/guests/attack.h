/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An attack: machine code that runs in its own page inside an interaction, so that an exception is
 * a result and not the end.
 */
#ifndef GUESTS_ATTACK_H
#define GUESTS_ATTACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/tap.h"
#include "x86/paging.h"
#include "x86/regs.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Three pages of memory.  Each has a writable and an executable virtual address. */
enum attack_page { PAGE_CODE, PAGE_STATE, PAGE_SITE, PAGES };

#define WRITABLE(page)   (PAGING_WINDOW + (page)*PAGE_SIZE)
#define EXECUTABLE(page) (PAGING_WINDOW + 0x100000 + (page)*PAGE_SIZE)

/* The page's guest-physical address. */
uint64_t attack_gpa(enum attack_page page);

/* What happened, and some registers after it. */
struct attack_result {
	bool faulted;
	uint64_t vector, error; /* if it faulted */
	uint64_t rax, rcx, rdx, rsi;
};

/*
 * Runs @code, a string without a RET, with the registers @in.  RUN(code, .rax = 1, ...) is
 * shorter.
 */
struct attack_result run_code(const char *code, struct gprs in);
#define RUN(code, ...) run_code(code, (struct gprs){__VA_ARGS__})

/* Runs the code at the virtual address @target, up to its RET. */
struct attack_result run_at(uint64_t target, struct gprs in);

struct attack_result read_msr(uint32_t msr);
struct attack_result write_msr(uint32_t msr, uint64_t value);

/*
 * If it is not so, these print what was wanted and return false.  A fault's error code must be 0.
 */
bool faulted(const struct attack_result *result, unsigned vector);
bool came_back(const struct attack_result *result);
bool equal(const char *what, uint64_t got, uint64_t wanted);

/* Whether the CPU is Intel's, not AMD's. */
bool on_intel(void);

/* A hash of the memory that attacks aim at. */
uint64_t digest(void);

/*
 * A table of attacks.  try(i) calls begin() with its name, and returns whether the host refused
 * it, or skip().
 */
struct attacks {
	unsigned count;
	bool (*try)(unsigned i);
};

void begin(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool skip(const char *reason);

/* Each ends with an entry whose count is 0. */
extern const struct attacks cpu_attacks[], port_attacks[], para_attacks[];

/* kvm.c: they only say what they see.  The calls do not come back from every KVM. */
extern const struct attacks kvm_registers[], kvm_calls[];

/*
 * Finds and maps the pages, prints the plan, and runs the attacks of all @tables up to NULL, each a
 * TAP line.
 */
void run_attacks(struct tap *tap, const struct attacks *const *tables);

/* The host's port that takes pages away; 0: none. */
extern uint64_t attack_pageout;

/* attack_apic.c: all of its attacks; ends the run. */
void attack_apic(struct tap *tap);

/* There, too: an endless exchange of INIT and start-up IPIs between four vCPUs. */
void attack_storm(struct tap *tap);

/* There, too: vCPU 1 sends vCPU 0 an INIT. */
void attack_vcpu_0(void);

#endif
