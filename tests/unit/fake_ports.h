/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O ports for hosted tests, which define the devices.  Drivers are compiled with -include of this
 * file: it defines the guard of x86/insn.h, and declares functions in place of its instructions.
 */
#ifndef UNIT_FAKE_PORTS_H
#define UNIT_FAKE_PORTS_H

#define X86_INSN_H

#include <stdint.h>

uint8_t inb(uint16_t port);
void outb(uint16_t port, uint8_t value);
uint16_t inw(uint16_t port);
void outw(uint16_t port, uint16_t value);
uint32_t inl(uint16_t port);
void outl(uint16_t port, uint32_t value);
uint64_t rdtsc(void);
void interrupts_off(void);
_Noreturn void halt_for_ever(void);
_Noreturn void triple_fault(void);

static inline void cpu_relax(void)
{
}

#endif
