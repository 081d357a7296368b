/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decodes the forms of MOV by which compilers access a 32-bit register of a device.  The exit says
 * which register it is, so only the length of the operand's address matters.  Other instructions
 * (clang makes TEST, BT, OR and ADD of volatile accesses) are not decoded: a guest has to avoid
 * them.
 */
#ifndef HOST_MOV_DECODE_H
#define HOST_MOV_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define MOV_DECODE_MAX 15 /* no instruction has more bytes: APM3 (24594 rev. 3.36) 1.1 */

struct mov_decoded {
	bool write;     /* to memory; else from it */
	bool immediate; /* it writes @value; else a register */
	uint8_t length; /* of the instruction, in bytes */
	uint8_t reg;    /* its number, which is its place in struct gprs; 4 is RSP */
	uint32_t value;
};

/*
 * Decodes the MOV at @code, in code of 16, 32 or 64 @bits.  False, and *mov is not valid, if it is
 * another instruction, or if its bytes are more than the @available ones.
 */
bool mov_decode(const uint8_t *code, unsigned available, unsigned bits, struct mov_decoded *mov);

#endif
