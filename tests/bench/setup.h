/* SPDX-License-Identifier: GPL-2.0-only */
/* The begin and the end of the guests that measure. */
#ifndef BENCH_SETUP_H
#define BENCH_SETUP_H

#include "guest/kvm2007/site.h"
#include "lib/tap.h"

/* Opens the console and plans one result, @name. */
void bench_boot(struct tap *tap, const char *name);

/* The same, and has the host patch a site, which it returns. */
struct site bench_start(struct tap *tap, const char *name);

/* Ends the machine with @name passed. */
_Noreturn void bench_pass(struct tap *tap, const char *name);

#endif
