/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's own log, on port 0xe9: one line an event, words separated by one space, numbers in
 * hexadecimal with 0x save vCPU ids, which are decimal.
 *
 *   start mem=MIB personality=NAME fault=NAME vendor=NAME
 *   probe VCPU MSR = VALUE|#GP
 *   register VCPU GPA = #GP
 *   register VCPU GPA GUEST_VERSION SIZE HYPERCALL_GPA = RET
 *   call VCPU 64|32 INDEX ARG1 ARG2 ARG3 ARG4 ARG5 ARG6 = RESULT
 *   io VCPU in|out PORT SIZE VALUE
 *   msr VCPU rdmsr|wrmsr MSR = #GP
 *   forbidden VCPU RIP = #UD
 *   end VCPU RIP REASON
 *
 * log=events leaves out the calls; log=none is silent.
 */
#ifndef HOST_LOG_H
#define HOST_LOG_H

#include <stdbool.h>

#include "config.h"

/* Looks whether somebody listens at the port. */
void log_init(void);

static inline bool log_calls(void)
{
	return __builtin_expect(config.log == LOG_CALLS, 0);
}

/* Writes a line, to which it adds the newline. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
