/* SPDX-License-Identifier: GPL-2.0-only */
/* A check, the run that it is part of, and how it says what it found. */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/options.h"
#include "guest/para.h"
#include "lib/tap.h"

struct run;

enum check_flag {
	CHECK_NAMED = 1 << 0,  /* runs only under strict, or when named in only= */
	CHECK_ECHO = 1 << 1,   /* needs the echo service */
	CHECK_LEGACY = 1 << 2, /* calls from legacy mode, where a stray can't be caught */
	CHECK_VCPUS = 1 << 3,  /* needs more than one */
};

struct check {
	const char *name; /* area.what: stable */
	char rule[6];     /* of the ABI */
	uint16_t flags;   /* enum check_flag */
	void (*body)(struct run *run);
	uint64_t arg;     /* for a body that serves several checks */
	const char *todo; /* why it is only recommended: a failure is TODO unless strict */
};

/* What the first contact showed (D2). */
struct discovery {
	bool present;
	bool answered;   /* WRMSR changed the page or the site */
	bool registered; /* and the answer was a success */
	struct outcome rdmsr, wrmsr;
	struct outcome rdmsr_neighbour[2], wrmsr_neighbour[2];
	bool neighbour_answered; /* WRMSR of a neighbour changed the page or the site */
	uint32_t host_version;   /* if it answered */
};

struct run {
	struct options options;
	struct tap tap;
	struct discovery host;
	const struct check *check;
	bool failed, strayed; /* this check; any so far */
	char why[160];        /* the first thing that failed it, cut */
	const char *skipped;  /* the reason */
	unsigned vcpus;       /* how many are there; 0: not started yet */
};

/* The checks, from 0 on, in the order in which they run; NULL after the last one. */
const struct check *check_at(unsigned i);

/*
 * Each expectation that is not met fails the check, with a diagnostic that names it and the rule.  A
 * macro: whose expectation is met need not set up what would be said of it.
 */
#define expect(run, met, ...)                         \
	do {                                          \
		if (!(met))                           \
			fail_check(run, __VA_ARGS__); \
	} while (0)
void fail_check(struct run *run, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));
void expect_equal(struct run *run, const char *what, uint64_t got, uint64_t wanted);

/*
 * What there is to say beside: a diagnostic; or a note, where a vCPU has notes, for the boot vCPU to
 * print.  The first few of them count.
 */
#define NOTES_MAX 6
struct notes {
	unsigned count;
	char lines[NOTES_MAX][128];
};
void say(const char *fmt, ...) __attribute__((cold, format(printf, 1, 2)));

/* Keeps what failed the check for the report, if it is the first. */
void remember(struct run *run, const char *fmt, ...) __attribute__((cold, format(printf, 2, 3)));

/* That an access or a call came back; that an access faulted with #GP(0). */
bool expect_returned(struct run *run, const char *what, const struct outcome *outcome);
void expect_gp(struct run *run, const char *what, const struct outcome *outcome);

/*
 * That the general purpose registers are after what they were before, save those in @except
 * (GPR_BITs).
 */
#define GPR_BIT(reg) (1u << (offsetof(struct gprs, reg) / 8))
void expect_gprs(struct run *run, const struct gprs *before, const struct gprs *after,
		 unsigned except);

/* The check can't be made, for this reason. */
void skip(struct run *run, const char *reason);

/* The host's answer to a registration. */
struct answer {
	struct outcome wrmsr;
	uint32_t version_sentinel, ret_sentinel;
	struct kvm_vcpu_para_state *state; /* the page afterwards */
};

/*
 * Fills the head of a state page for a registration of @site by a guest of
 * @version, with sentinels where the host is to write.
 */
void prepare_state(struct kvm_vcpu_para_state *state, uint32_t version, uint64_t hypercall_gpa,
		   struct answer *answer);
void prepare(enum para_page page, uint32_t version, uint64_t hypercall_gpa, struct answer *answer);

/* Prepares @page and registers it. */
void register_page(enum para_page page, uint32_t version, uint64_t hypercall_gpa,
		   struct answer *answer);

/* A success: ret is 0, the site is patched; a refusal: ret is -KVM2007_EINVAL, the site is not. */
void expect_success(struct run *run, const struct answer *answer, const struct site *site);
void expect_refusal(struct run *run, const struct answer *answer, const struct site *site);

/*
 * Gives a site to call through: the one that this patched last, if the pages were not reset since;
 * else it resets them and registers state page A with a site on site page A.
 */
bool register_default(struct run *run, struct site *site);

/* First contact (D2): the run's first interactions. */
void discover(struct run *run);

#endif
