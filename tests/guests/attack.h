/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An attack: machine code that runs in a page of its own inside an interaction, so that the fault
 * that it deserves is a result like any other.
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

/* Three pages of memory, and the virtual addresses where each can be written and executed. */
enum attack_page { PAGE_CODE, PAGE_STATE, PAGE_SITE, PAGES };

#define WRITABLE(page)   (PAGING_WINDOW + (page)*PAGE_SIZE)
#define EXECUTABLE(page) (PAGING_WINDOW + 0x100000 + (page)*PAGE_SIZE)

/* The page's guest-physical address. */
uint64_t attack_gpa(enum attack_page page);

/* What an attack came to, and some registers after it. */
struct attack_result {
	bool faulted;
	uint64_t vector, error; /* if it did */
	uint64_t rax, rcx, rdx, rsi;
};

/* Runs @code, a string without a RET, with the registers @in.  RUN: .rax = 1, ... */
struct attack_result run_code(const char *code, struct gprs in);
#define RUN(code, ...) run_code(code, (struct gprs){__VA_ARGS__})

/* Runs what is at the virtual address @target, up to its RET. */
struct attack_result run_at(uint64_t target, struct gprs in);

struct attack_result read_msr(uint32_t msr);
struct attack_result write_msr(uint32_t msr, uint64_t value);

/* Whether it is so; if not, a diagnostic says what was wanted.  The error code must be 0. */
bool faulted(const struct attack_result *result, unsigned vector);
bool came_back(const struct attack_result *result);
bool equal(const char *what, uint64_t got, uint64_t wanted);

/* Whether the CPU is Intel's; if not, it is AMD's. */
bool on_intel(void);

/* Of all memory of ours that an attack may aim at: changes with any byte of it. */
uint64_t digest(void);

/*
 * A table of attacks.  try(i) names itself by begin(), and returns whether the host stood firm.
 * It may call it off by returning skip().
 */
struct attacks {
	unsigned count;
	bool (*try)(unsigned i);
};

void begin(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool skip(const char *reason);

/* The tables, each up to an entry with a count of 0. */
extern const struct attacks cpu_attacks[], port_attacks[], para_attacks[];

/* Finds and maps the pages, and runs all tables, a TAP line an attack, from the plan on. */
void run_attacks(struct tap *tap);

#endif
