/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's log, on port 0xe9: one line for each event, words separated by one space.  MIB, VCPU
 * and SIZE are decimal, RET is 0 or -1, all other numbers are 0 or hexadecimal with 0x.
 *
 *   start mem=MIB personality=NAME fault=NAME vendor=NAME
 *   alone REASON                           without cpus=: why there is only one vCPU
 *   elsewhere GPA END AT                   the guest's memory from GPA to END is at AT in the
 *                                          machine's; all other is at its own addresses
 *   probe VCPU MSR = VALUE|#GP
 *   register VCPU GPA = #GP
 *   register VCPU GPA GUEST_VERSION SIZE_FIELD HYPERCALL_GPA = RET
 *   patch VCPU GPA BYTE BYTE BYTE          the call instruction, without 0x
 *   call VCPU 64|32 INDEX ARG1 ARG2 ARG3 ARG4 ARG5 ARG6 = RESULT
 *   kvm VCPU MSR VALUE                     WRMSR of one of today's ABI
 *   kvm VCPU MSR VALUE = #GP
 *   kvm-call VCPU 64|32 CPL INDEX ARG1 ARG2 ARG3 ARG4 = RESULT
 *   pageout VCPU GPA refused               the service pageout= cannot take this page away
 *   x2apic VCPU                            the guest turns on x2APIC mode
 *   init VCPU COMMAND DESTINATION          an INIT that it sends: ICR, and ICR2 or, in x2APIC
 *                                          mode, the upper half
 *   startup VCPU COMMAND DESTINATION       likewise a start-up IPI
 *   icr VCPU COMMAND DESTINATION refused   an IPI that it may not send
 *   lvt VCPU OFFSET VALUE refused          an entry of the local vector table that it may not have
 *   io VCPU in PORT SIZE = VALUE|#GP       a port that the guest does not have
 *   io VCPU out PORT SIZE VALUE|string
 *   msr VCPU rdmsr|wrmsr MSR = #GP         an MSR that it does not have
 *   forbidden VCPU RIP = #UD               an instruction that it does not have
 *   memory VCPU GPA                        memory that it does not have
 *   exit VCPU CODE INFORMATION NAME        an exit that ends the guest, by the vendor's manual
 *   verdict VCPU CODE                      what the guest wrote to isa-debug-exit
 *   end VCPU RIP REASON
 *
 * log=events leaves out the calls; log=none is silent.
 */
#ifndef HOST_LOG_H
#define HOST_LOG_H

#include <stdbool.h>

#include "host/config.h"

/* Finds out whether the port exists: without it nothing is written. */
void log_init(void);

static inline bool log_calls(void)
{
	return __builtin_expect(config.log == LOG_CALLS, 0);
}

/* Writes a line; it adds the newline. */
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
